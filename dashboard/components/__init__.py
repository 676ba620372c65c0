"""Dash components: pure functions from data and words to what stands on the page."""
