"""Turns data files into batches of raw columns: formats, order, checks, `tf.data`."""

from apps_rec.data.files import data_files, guess_input_type, schema_for_file
from apps_rec.data.rows.open import open_stream
from apps_rec.data.rows.stream import Batch, RowStream, column_names
from apps_rec.data.schema import Column, RowFilter, Schema, with_slices
from apps_rec.data.schema_of_config import build_schema

__all__ = [
    "Batch",
    "Column",
    "RowFilter",
    "RowStream",
    "Schema",
    "build_schema",
    "column_names",
    "data_files",
    "guess_input_type",
    "open_stream",
    "schema_for_file",
    "with_slices",
]
