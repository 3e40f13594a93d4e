"""Gathers the bad rows of all passes, and writes them as a Parquet file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from apps_rec.data.formats.bad_rows import too_many
from apps_rec.profile.engine import Engine, text
from apps_rec.profile.findings.finding import ERROR, WARNING, Finding, Part

_SCHEMA = pa.schema(
    [
        ("file", pa.string()),
        ("row", pa.int64()),
        ("column", pa.string()),
        ("reason", pa.string()),
        ("text", pa.string()),
        ("pass", pa.string()),
    ]
)
_ROWS_AT_ONCE = 50_000


class BadRows:
    """The bad rows of all passes: their numbers by reason and column, an example of each, and each of them if asked.

    Args:
        path: temporary Parquet file for each bad row; None: only numbers and examples.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._writer: pq.ParquetWriter | None = None
        self._waiting: list[tuple[str, int, str, str, str, str]] = []
        self._part = ""
        self.counts: dict[str, Counter[tuple[str, str]]] = {}
        self._examples: dict[tuple[str, str, str], str] = {}

    def begin(self, part: str) -> None:
        """Notes that a pass begins."""
        self._part = part
        self.counts[part] = Counter()

    def add(self, path: str, reason: str, column: str, rows: np.ndarray, describe: Callable[[int], str]) -> None:
        """Takes the bad rows of a chunk that have one reason, see `apps_rec.data.rows.validate.OnBad`."""
        self.counts[self._part][reason, column] += len(rows)
        key = (self._part, reason, column)
        if key not in self._examples:
            self._examples[key] = f"{path}: row {rows[0]}: {describe(0)}"
        if self._path is None:
            return
        for at, row in enumerate(rows.tolist()):
            self._waiting.append((path, row, column, reason, describe(at), self._part))
        if len(self._waiting) >= _ROWS_AT_ONCE:
            self._flush()

    def findings(self, part: Part, may_skip: bool, most_share: float) -> list[Finding]:
        """Returns one finding a reason and column of a pass.

        Args:
            part: rows of the pass.
            may_skip: whether bad rows are skipped.
            most_share: share of bad rows that ends a run.
        """
        fails = not may_skip or too_many(part.bad, part.read, most_share, at_end=True)
        made = []
        for (reason, column), rows in self.counts[part.name].most_common():
            example = self._examples[part.name, reason, column]
            what = (
                "data_config.bad_rows: FAIL ends a run at the first"
                if not may_skip
                else f"more than data_config.max_bad_row_share: {most_share:g} are bad, which ends a run"
                if fails
                else "they are skipped"
            )
            place = f'{part.name}, column "{column}"' if column else part.name
            told = f"{rows:,} rows: {reason}; {what}. The first: {example}"
            made.append(Finding(ERROR if fails else WARNING, "bad rows", place, told))
        return made

    def write(self, engine: Engine, output: Path) -> int:
        """Writes each bad row once, sorted by file and row, and returns their number.

        A row that is bad in several passes stands under the first of them.
        """
        self._flush()
        assert self._writer is not None
        self._writer.close()
        source = f"read_parquet({text(str(self._path))}, file_row_number=true)"
        engine.run(
            f"COPY (SELECT * EXCLUDE file_row_number FROM {source} QUALIFY row_number() OVER "
            f'(PARTITION BY file, "row" ORDER BY file_row_number) = 1 ORDER BY file, "row") '
            f"TO {text(str(output))} (FORMAT parquet)"
        )
        (rows,) = engine.row(f"SELECT count(*) FROM read_parquet({text(str(output))})")
        return int(rows)

    def _flush(self) -> None:
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, _SCHEMA)
        columns = zip(*self._waiting, strict=True) if self._waiting else [[] for _ in _SCHEMA]
        arrays = [pa.array(list(c), f.type) for c, f in zip(columns, _SCHEMA, strict=True)]
        self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=_SCHEMA))
        self._waiting = []
