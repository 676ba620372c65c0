"""From data packages to immutable snapshots: read, validate, harmonise, match, join, protect, publish."""
