"""The commands of `python -m etl`, one module each: NAME, add_parser and run."""
