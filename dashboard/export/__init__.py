"""Drawings of the scene outside the browser."""
