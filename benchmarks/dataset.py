"""The benchmark's rows: categorical features of uniform ids, two numbers, a click and a download, all with a signal."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

NUM_CATEGORICAL = 12
NUM_NUMERIC = 2
CATEGORICAL = tuple(f"c{i}" for i in range(NUM_CATEGORICAL))
NUMERIC = tuple(f"n{i}" for i in range(NUM_NUMERIC))
LABELS = ("click", "download")
BATCH_SIZE = 4096
EVAL_ROWS = 100_000
# Columns whose ids carry a signal, and its deviation in the logit; the others are noise, as most columns are.
_SIGNAL, _DEVIATION = 4, 0.7
# Items of a history, and kinds of items: a click is likelier, the more of it is of the kind of the first column.
HISTORY, _KINDS = 50, 5
# Pairs of a map.
PAIRS = 50


def make_rows(
    rows: int, vocabulary: int, seed: int, stream: int = 0, with_history: bool = False
) -> dict[str, np.ndarray]:
    """Draws rows; returns their columns by name.

    Args:
        rows: number of rows.
        vocabulary: ids of a column, each as likely as another.
        seed: seed of what the ids mean.
        stream: number of the draw: another one gives other rows.
        with_history: whether there is a column `history`, `(rows, HISTORY)`, of ids of the first column.
    """
    meaning, draw = np.random.default_rng([seed, 1]), np.random.default_rng([seed, 2, stream])
    weights = meaning.normal(0, _DEVIATION, (2, _SIGNAL, vocabulary))
    columns = {name: draw.integers(0, vocabulary, rows) for name in CATEGORICAL}
    columns |= {name: draw.normal(size=rows).astype(np.float32) for name in NUMERIC}
    logits = []
    for task, bias in enumerate((-1.5, -0.5)):
        by_id = sum(weights[task, i][columns[name]] for i, name in enumerate(CATEGORICAL[:_SIGNAL]))
        logits.append(bias + by_id + 0.6 * columns["n0"] + 0.4 * (-1) ** task * columns["n1"])
    if with_history:
        # Ids less the last, which is the unknown one of our config.
        columns["history"] = draw.integers(0, vocabulary - 1, (rows, HISTORY))
        is_alike = columns["history"] % _KINDS == columns["c0"][:, np.newaxis] % _KINDS
        logits[0] += 10 * (is_alike.mean(axis=1) - 1 / _KINDS)
    click = draw.random(rows) < 1 / (1 + np.exp(-logits[0]))
    download = click & (draw.random(rows) < 1 / (1 + np.exp(-logits[1])))
    return columns | {"click": click.astype(np.int32), "download": download.astype(np.int32)}


def make_maps(keys: np.ndarray, vocabulary: int, draw: np.random.Generator) -> np.ndarray:
    """Returns a map of each row as text, "key:value|key:value|...", `(rows,)`; its keys are some of all rows' keys."""
    shape = len(keys), PAIRS
    pairs = zip(draw.choice(keys, shape), draw.integers(0, vocabulary, shape), strict=True)
    return np.array(["|".join(f"{key}:{value}" for key, value in zip(*row, strict=True)) for row in pairs], object)


def as_table(columns: dict[str, np.ndarray]) -> pa.Table:
    """Returns columns as a table; one of two axes is a column of lists."""
    arrays = {
        name: pa.array(values)
        if values.ndim == 1
        else pa.FixedSizeListArray.from_arrays(values.ravel(), values.shape[1])
        for name, values in columns.items()
    }
    return pa.table(arrays)


def write_dataset(folder: Path, rows: int, vocabulary: int, seed: int = 7, with_history: bool = False) -> None:
    """Writes `train.parquet` and `eval.parquet` into a folder, aside first, where they are not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, count, stream in (("train", rows, 0), ("eval", EVAL_ROWS, 1)):
        path = folder / f"{name}.parquet"
        if path.exists() and pq.read_metadata(path).num_rows == count:
            continue
        aside = path.with_suffix(".partial")
        schema = as_table(make_rows(1, vocabulary, seed, with_history=with_history)).schema
        with pq.ParquetWriter(aside, schema) as writer:
            for part, start in enumerate(range(0, count, 1_000_000)):
                size = min(1_000_000, count - start)
                made = make_rows(size, vocabulary, seed, stream + 2 * part, with_history)
                writer.write_table(as_table(made), 100_000)
        aside.replace(path)
