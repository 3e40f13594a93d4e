"""Columns in the names of folders, as Hive and Spark write them: `log/dt=2026-11-01/hour=03/part-0.parquet`."""

from __future__ import annotations

from urllib.parse import unquote

from apps_rec.errors import DataError

# What Hive writes for a missing value, and for an empty text.
MISSING = "__HIVE_DEFAULT_PARTITION__"


def partition_values(path: str) -> dict[str, str]:
    """Returns the value of each key that the folders of a path give, "" where it is missing.

    Key and value are decoded (`%3A` is `:`). Of two folders with one key the inner one counts.

    Raises:
        DataError: a key or value is no UTF-8 text.

    Example:
        >>> partition_values("log/dt=2026-11-01/hour=03/part-0.parquet")
        {'dt': '2026-11-01', 'hour': '03'}
        >>> partition_values("log/city=K%C3%B6ln/lang=__HIVE_DEFAULT_PARTITION__/a.csv")
        {'city': 'Köln', 'lang': ''}
    """
    values = {}
    for folder in path.split("/")[:-1]:
        key, _, value = folder.partition("=")
        if key != folder and key:
            try:
                key, value = unquote(key, errors="strict"), unquote(value, errors="strict")
            except UnicodeDecodeError:
                raise DataError(f'{path}: folder "{folder}": expected UTF-8 text behind its percent signs') from None
            values[key] = "" if value == MISSING else value
    return values
