"""Scores rows one by one, each to the same last digit whatever rows stand beside it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from apps_rec.data import Batch
from apps_rec.serving.batch.columns import output_column
from apps_rec.serving.engine import check_numbers
from apps_rec.serving.requests import Arrays, request
from apps_rec.serving.schema import DEFAULT, ServingSchema

# Operations take several rows at once, and compute those of an incomplete group by other instructions, whose last
# digit differs. The largest group has 16 rows of 32 bits.
_GROUP = 64


def score_rows(call: Callable[[Arrays], Arrays], rows: Batch, served: ServingSchema) -> pa.Table:
    """Returns the columns kept, and the outputs in the order of their names.

    Args:
        call: function of the signature serving_default.
        rows: rows to score, one or more.
        served: schema of the export.

    Raises:
        RunError: an output is absent, or holds something else than finite numbers.
        tf.errors.OpError: a cell cannot be scored.
    """
    outputs = score_arrays(call, request(DEFAULT, rows.columns, served), rows.size, served)
    kept = {} if rows.kept is None else {name: rows.kept[name] for name in rows.kept.column_names}
    return pa.table({**kept, **{name: output_column(outputs[name]) for name in sorted(outputs)}})


def score_arrays(call: Callable[[Arrays], Arrays], arrays: Arrays, rows: int, served: ServingSchema) -> Arrays:
    """Returns the outputs of a request by name.

    Args:
        call: function of the signature serving_default.
        arrays: inputs of the signature, `[rows]` each.
        rows: number of rows, one or more.
        served: schema of the export.

    Raises:
        RunError: an output is absent, or holds something else than finite numbers.
        tf.errors.OpError: a cell cannot be scored.
    """
    if more := -rows % _GROUP:
        arrays = {name: np.concatenate([array, np.repeat(array[-1:], more)]) for name, array in arrays.items()}
    outputs = {name: values[:rows] for name, values in call(arrays).items()}
    check_numbers(outputs, served.outputs, rows, served.widths)
    return outputs
