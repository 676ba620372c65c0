"""Measurements of the performance targets; `python -m benchmarks` runs them."""
