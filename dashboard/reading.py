"""In which language a reader reads, where the address does not say it."""

from __future__ import annotations

from flask import Request

from layers.words import languages


def reader_language(request: Request, default: str) -> str:
    """Return the first of our languages that the reader's browser asks for, or else the default."""
    return request.accept_languages.best_match(languages()) or default
