"""Values of filters that no row has: words misspelt, or of other data."""

import pyarrow as pa
import pyarrow.compute as pc

from apps_rec.data.schema import RowFilter, Value

_SHOWN = 5


def not_among(array: pa.Array, values: tuple[Value, ...]) -> tuple[Value, ...]:
    """Those of some values that a column without nulls does not hold."""
    found = pc.unique(array.filter(pc.is_in(array, pa.array(values, array.type)))).to_pylist()
    return tuple(value for value in values if value not in found)


def unseen_told(row_filter: RowFilter, values: tuple[Value, ...]) -> str:
    """A sentence about values of a filter that no row had."""
    shown = ", ".join(f'"{_text(value)}"' for value in values[:_SHOWN])
    more = f" and {len(values) - _SHOWN:,} more" if len(values) > _SHOWN else ""
    name = "keep" if row_filter.keep else "drop"
    return f'row_filter of "{row_filter.column.name}": no row that it looked at had {shown}{more} of {name}'


def _text(value: Value) -> str:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return str(value).lower() if isinstance(value, bool) else str(value)
