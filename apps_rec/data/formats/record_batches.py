"""Arrow's record batches as chunks of rows: those of a Parquet file, and those that another program hands over."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from apps_rec.data.formats.source import Chunk
from apps_rec.data.values.kinds import without_views


def chunk_of(batch: pa.RecordBatch, first_row: int, names: Sequence[str], absent: Sequence[str]) -> Chunk:
    """Returns the rows of a record batch, with its columns as they are, but for views.

    Args:
        batch: record batch with all of these columns but the absent ones.
        first_row: number of its first row, from 1.
        names: names of the columns of the chunk, in order.
        absent: names of those that are null in every row.

    Raises:
        UnreadableColumnError: a column has views that cannot be read.
    """
    # The first column tells the number of rows, if none of them is asked for.
    present = [name for name in names if name not in absent] or batch.schema.names[:1]
    data = pa.RecordBatch.from_arrays([without_views(batch.column(name)) for name in present], present)
    return Chunk(data, np.arange(first_row, first_row + batch.num_rows)).with_columns(names, absent)
