"""The columns of scored rows: those that are kept of the input, and the outputs of the export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from apps_rec.data import Schema
from apps_rec.data.files import check_columns
from apps_rec.errors import DataError
from apps_rec.protos.data_pb2 import DataConfig

# Column of the place within a request.
PLACE = "rank"


def kept_columns(
    source: str,
    present: Sequence[str],
    keep: Sequence[str] | None,
    outputs: Sequence[str],
    data: DataConfig,
    schema: Schema,
    group_by: Sequence[str] = (),
) -> list[str]:
    """Returns the names of the columns to copy, each once, those of groups first.

    Args:
        source: path of a file, or what stands for one in messages.
        present: names of all columns of the input.
        keep: names that are asked for; None: those of key_fields and label_fields that are present.
        outputs: names of the columns that are added.
        data: data_config of the export.
        schema: schema of the input.
        group_by: names of columns in which the rows of a group agree.

    Raises:
        DataError: a column is absent, or is called like an output.
    """
    if keep is None:
        keep = [name for name in (*data.key_fields, *data.label_fields) if name in present]
    kept = list(dict.fromkeys([*group_by, *keep]))
    check_columns(source, present, kept, schema)
    clash = [name for name in kept if name in outputs]
    if clash:
        raise DataError(f"column {clash[0]} of {source} is called like an output; choose others to keep")
    return kept


def output_types(names: Sequence[str], widths: Mapping[str, int]) -> dict[str, pa.DataType]:
    """Returns the types of outputs; those with several numbers a row are lists of `widths[name]` numbers."""
    types: dict[str, pa.DataType] = {name: pa.int64() if name == PLACE else pa.float32() for name in names}
    return types | {name: pa.list_(pa.float32(), width) for name, width in widths.items() if name in types}


def output_column(values: np.ndarray) -> pa.Array | np.ndarray:
    """Returns an output as a column; one with several numbers a row is a column of lists."""
    if values.ndim == 1:
        return values
    return pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), values.shape[1])
