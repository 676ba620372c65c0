"""What a layer is: catalog, classification, periods, words, and the pure result that a renderer draws."""
