"""The quality report of a snapshot: coverage, matching, freshness, and figures that are worth a look."""
