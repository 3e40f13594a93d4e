"""The SavedModels that are compared, of one size: ours in float32 and half precision, DeepCTR's, the least of ours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.configs import Job, config_text
from benchmarks.dataset import BATCH_SIZE, CATEGORICAL, as_table, make_maps, make_rows
from benchmarks.plan import PARAMETERS_DIFFER_BY
from benchmarks.serving.plan import STEPS, VOCABULARY
from benchmarks.workspace import Workspace

_MMOE = Job(vocabulary=VOCABULARY, texts=True)
_JOBS = {
    "ours": _MMOE,
    "ours_din": Job("din", vocabulary=VOCABULARY, texts=True),
    "ours_lookup": Job(vocabulary=VOCABULARY, texts=True, lookup=True),
}


def make_models(workspace: Workspace, folder: Path, names: frozenset[str]) -> dict[str, str]:
    """Makes the SavedModels of these names; returns their folders by name.

    Raises:
        ValueError: a model of ours and DeepCTR's are not of one size.
    """
    _write_rows(folder)
    made, parameters = {}, {}
    for name in sorted(names & set(_JOBS)):
        config = _config(folder, name)
        half = ["half"] if f"{name}_half" in names else []
        exports = workspace.run_ours("benchmarks.serving.ours_export", str(config), str(folder / name), *half)
        made[name], made[f"{name}_half"] = exports["float32"], exports.get("half", "")
        parameters[name] = exports["parameters"]
    for name, kind, ours in (("deepctr", "mmoe", "ours"), ("deepctr_din", "din", "ours_din")):
        if name in names:
            arguments = (kind, str(folder / name), "--vocabulary", str(VOCABULARY))
            found = workspace.run_peer("benchmarks.peers.deepctr_export", *arguments)["parameters"]
            if abs(parameters[ours] - found) > PARAMETERS_DIFFER_BY * found:
                raise ValueError(f"{parameters[ours]} parameters are compared with {found}; mend the configs")
            made[name] = str(folder / name)
    if "least" in names:
        made["least"] = workspace.run_ours("benchmarks.serving.least_export", made["ours"], str(folder / "least"))[
            "folder"
        ]
    return {name: made[name] for name in names}


def _write_rows(folder: Path) -> None:
    """Writes rows with ids as texts, a history and a map."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows, stream in (("train", STEPS * BATCH_SIZE, 0), ("eval", BATCH_SIZE, 1)):
        columns = make_rows(rows, VOCABULARY, seed=7, stream=stream, with_history=True)
        maps = make_maps(columns[CATEGORICAL[-1]], VOCABULARY, np.random.default_rng(stream))
        texts = {key: columns[key].astype(str) for key in CATEGORICAL}
        table = as_table(columns | texts).append_column("map", pa.array(maps, pa.string()))
        pq.write_table(table, folder / f"{name}.parquet")


def _config(folder: Path, name: str) -> Path:
    """Writes the config of a model: six columns of the user, six of the item, and the user's lists."""
    path = folder / f"{name}.config"
    path.write_text(config_text(_JOBS[name], folder / "train.parquet", folder / f"run_{name}"), encoding="utf-8")
    return path
