"""Points (service points, survey clusters, incidents) become figures of units; no record leaves this step."""
