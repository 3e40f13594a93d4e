"""The SavedModels that are compared, of one size: ours in float32 and half precision, DeepCTR's, the least of ours."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.configs import Job, config_text
from benchmarks.dataset import BATCH_SIZE, CATEGORICAL, make_rows
from benchmarks.plan import PARAMETERS_DIFFER_BY
from benchmarks.serving.plan import STEPS, VOCABULARY
from benchmarks.workspace import Workspace


def make_models(workspace: Workspace, folder: Path) -> dict[str, str]:
    """Makes the SavedModels; returns their folders by name.

    Raises:
        ValueError: they are not of one size.
    """
    config = _config(folder)
    ours = workspace.run_ours("benchmarks.serving.ours_export", str(config), str(folder / "ours"))
    deepctr = workspace.run_peer(
        "benchmarks.peers.deepctr_export", str(folder / "deepctr"), "--vocabulary", str(VOCABULARY)
    )
    if abs(ours["parameters"] - deepctr["parameters"]) > PARAMETERS_DIFFER_BY * deepctr["parameters"]:
        raise ValueError(f"{ours['parameters']} parameters are compared with {deepctr['parameters']}; mend the configs")
    least = workspace.run_ours("benchmarks.serving.least_export", ours["float32"], str(folder / "least"))
    return {
        "ours": ours["float32"],
        "ours_half": ours["half"],
        "deepctr": str(folder / "deepctr"),
        "least": least["folder"],
    }


def _config(folder: Path) -> Path:
    """Writes the benchmark's MMOE over texts: six columns of the user, six of the item; with its rows."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows, stream in (("train", STEPS * BATCH_SIZE, 0), ("eval", BATCH_SIZE, 1)):
        columns = make_rows(rows, VOCABULARY, seed=7, stream=stream)
        texts = {key: columns[key].astype(str) for key in CATEGORICAL}
        pq.write_table(pa.table({**columns, **texts}), folder / f"{name}.parquet")
    path = folder / "mmoe.config"
    job = Job(vocabulary=VOCABULARY, texts=True)
    path.write_text(config_text(job, folder / "train.parquet", folder / "run"), encoding="utf-8")
    return path
