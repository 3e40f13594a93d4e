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


def make_rows(rows: int, vocabulary: int, seed: int, stream: int = 0) -> dict[str, np.ndarray]:
    """Draws rows; returns their columns by name.

    Args:
        rows: number of rows.
        vocabulary: ids of a column, each as likely as another.
        seed: seed of what the ids mean.
        stream: number of the draw: another one gives other rows.
    """
    meaning, draw = np.random.default_rng([seed, 1]), np.random.default_rng([seed, 2, stream])
    weights = meaning.normal(0, _DEVIATION, (2, _SIGNAL, vocabulary))
    columns = {name: draw.integers(0, vocabulary, rows) for name in CATEGORICAL}
    columns |= {name: draw.normal(size=rows).astype(np.float32) for name in NUMERIC}
    logits = []
    for task, bias in enumerate((-1.5, -0.5)):
        by_id = sum(weights[task, i][columns[name]] for i, name in enumerate(CATEGORICAL[:_SIGNAL]))
        logits.append(bias + by_id + 0.6 * columns["n0"] + 0.4 * (-1) ** task * columns["n1"])
    click = draw.random(rows) < 1 / (1 + np.exp(-logits[0]))
    download = click & (draw.random(rows) < 1 / (1 + np.exp(-logits[1])))
    return columns | {"click": click.astype(np.int32), "download": download.astype(np.int32)}


def write_dataset(folder: Path, rows: int, vocabulary: int, seed: int = 7) -> None:
    """Writes `train.parquet` and `eval.parquet` into a folder, aside first, where they are not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, count, stream in (("train", rows, 0), ("eval", EVAL_ROWS, 1)):
        path = folder / f"{name}.parquet"
        if path.exists() and pq.read_metadata(path).num_rows == count:
            continue
        aside = path.with_suffix(".partial")
        with pq.ParquetWriter(aside, pa.table(make_rows(1, vocabulary, seed)).schema) as writer:
            for part, start in enumerate(range(0, count, 1_000_000)):
                size = min(1_000_000, count - start)
                writer.write_table(pa.table(make_rows(size, vocabulary, seed, stream + 2 * part)), 100_000)
        aside.replace(path)
