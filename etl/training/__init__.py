"""Generates the training country: an invented country with invented figures, for workshops and tests."""
