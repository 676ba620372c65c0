"""Plotly figures: pure functions that know no component ids."""
