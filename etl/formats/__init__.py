"""Readers, one per file format: what users really have becomes tables of text and layers of features."""

from __future__ import annotations

from etl.formats.bounds import LIMITS, Limits
from etl.formats.model import LayerReader, RawLayer, RawTable, TableReader
from etl.formats.registry import LAYER_FORMATS, TABLE_FORMATS, read_layers, read_tables, sniff

__all__ = [
    "LAYER_FORMATS",
    "LIMITS",
    "TABLE_FORMATS",
    "LayerReader",
    "Limits",
    "RawLayer",
    "RawTable",
    "TableReader",
    "read_layers",
    "read_tables",
    "sniff",
]
