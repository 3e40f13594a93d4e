"""Runs configs as regression tests: trains each, and checks its metrics, its repeatability and its export.

Beside `<name>.config` stands `<name>.expected.json`:

    {"num_steps": 2000, "metrics": {"auc_ctr": [0.74, 0.76]},
     "quick": {"num_steps": 100, "metrics": {"auc_ctr": [0.6, 0.7]}}}

`regress(folder, write=True)` makes the first one. `num_steps` 0 leaves the end to the config. `quick` has the
expectations of a shortened run. Either may have a list `set` of further changes to the config, `path=value` each.
"""

from __future__ import annotations

import json
import logging
import math
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apps_rec.atomic_file import replace_text
from apps_rec.config import Config
from apps_rec.config.outputs import metrics_by_name
from apps_rec.errors import ArgumentError, ConfigError
from apps_rec.json_text import read_json
from apps_rec.tools import commands

log = logging.getLogger("apps_rec")
SUFFIX = ".expected.json"
# Width of a band that --update or --write makes where there was none.
NEW_BAND = 0.02

Band = tuple[float, float]


@dataclass(frozen=True)
class Expectation:
    """The expectation of a run of a config: steps to train, changes to the config, and the range of each metric."""

    num_steps: int
    changes: tuple[str, ...]
    bands: dict[str, Band]


@dataclass
class Regression:
    """The result of one config: the metrics, and a line for each failure."""

    config: Path
    metrics: dict[str, Any]
    failures: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Tells whether everything holds."""
        return not self.failures

    def __str__(self) -> str:
        head = f"{'passed' if self.passed else 'FAILED'}  {self.config}"
        return "\n".join([head, *(f"  {line}" for line in self.failures)])


def find_expectations(folder: str | Path, or_none: bool = False) -> list[Path]:
    """Returns the expected.json files of a folder, sorted.

    Args:
        folder: folder of configs.
        or_none: true allows that there are none.

    Raises:
        ConfigError: there is no such folder, it holds none of them, or one has no config beside it.
    """
    path = Path(folder)
    if not path.is_dir():
        raise ConfigError(f"{folder}: expected a folder of configs")
    found = sorted(path.glob(f"*{SUFFIX}"))
    if not found and not or_none:
        raise ConfigError(
            f"{folder}: no <name>{SUFFIX} beside a <name>.config; regress has nothing to hold configs against. "
            "apps-rec regress FOLDER --write makes them"
        )
    for expected in found:
        _config_of(expected)
    return found


def find_configs_without(folder: str | Path) -> list[Path]:
    """Returns the configs of a folder that have no expected.json, sorted.

    Raises:
        ConfigError: there is no such folder, or it holds no config.
    """
    path = Path(folder)
    if not path.is_dir():
        raise ConfigError(f"{folder}: expected a folder of configs")
    configs = sorted(path.glob("*.config"))
    if not configs:
        raise ConfigError(f"{folder}: no <name>.config, for which regress could write a <name>{SUFFIX}")
    return [config for config in configs if not _expected_of(config).exists()]


def regress(folder: str | Path, quick: bool = False, update: bool = False, write: bool = False) -> list[Regression]:
    """Trains each config of a folder twice and compares.

    Every metric must lie in its band. The second training must give the same numbers. The export must score like the
    model on rows with missing, unseen and non-ASCII values.

    Args:
        folder: folder of configs with their expected.json.
        quick: true makes the shortened run.
        update: true logs and writes new bands, of the old width, around the measured metrics that missed theirs.
        write: true makes the expected.json of each config that has none, with bands around what was measured. Those
            that are there are held against as ever. `quick` is written by hand.
    """
    if write and quick:
        raise ArgumentError("{write}, {quick}: exclude each other; write quick into a file by hand", "write", "quick")
    new = find_configs_without(folder) if write else []
    results = []
    for expected in find_expectations(folder, or_none=write):
        result = regress_one(expected, quick)
        if update:
            _update(expected, quick, result)
        results.append(result)
        log.info("%s", result)
    for config in new:
        results.append(write_expectation(config))
        log.info("%s", results[-1])
    return results


def regress_one(expected: Path, quick: bool = False) -> Regression:
    """Trains the config beside an expected.json twice and compares."""
    return _compare(_config_of(expected), read_expectation(expected, quick))


def write_expectation(config: Path) -> Regression:
    """Trains a config twice, and writes an expected.json beside it if nothing but bands was missing."""
    result = _compare(config, Expectation(0, (), {}))
    if result.passed:
        names = metrics_by_name(commands.check(config).message)
        bands = {name: _moved((0, 0), value) for name in names if (value := result.metrics[name]) is not None}
        replace_text(_expected_of(config), json.dumps({"num_steps": 0, "metrics": bands}, indent=2) + "\n")
        log.info("%s: written, with bands of %g around %d metrics", _expected_of(config), NEW_BAND, len(bands))
    return result


def _compare(config: Path, expectation: Expectation) -> Regression:
    with tempfile.TemporaryDirectory() as scratch:
        first, model_dir = _train_and_measure(config, expectation, Path(scratch) / "first")
        second, _ = _train_and_measure(config, expectation, Path(scratch) / "second")
        result = Regression(config, first, _outside_bands(first, expectation))
        result.failures += _differences(first, second)
        result.failures += _export_differences(model_dir, Path(scratch))
    return result


def read_expectation(path: Path, quick: bool) -> Expectation:
    """Reads the full or the quick part of an expected.json.

    Raises:
        ConfigError: the file has a mistake.
    """
    whole = _read_json(path)
    part = whole.get("quick") if quick else whole
    where = f"{path}: quick" if quick else str(path)
    if not isinstance(part, dict) or not isinstance(part.get("metrics"), dict):
        raise ConfigError(f'{where}: expected {{"num_steps": N, "metrics": {{name: [low, high]}}}}, got {part!r}')
    known = ["num_steps", "set", "metrics"] + ([] if quick else ["quick"])
    unknown = sorted(set(part) - set(known))
    if unknown:
        raise ConfigError(f"{where}: unknown name {unknown[0]}; expected {', '.join(known)}")
    steps, changes, bands = part.get("num_steps", 0), part.get("set", []), {}
    if not (isinstance(changes, list) and all(isinstance(change, str) for change in changes)):
        raise ConfigError(f'{where}: set: expected a list of "path=value", got {changes!r}')
    if not isinstance(steps, int) or steps < 0:
        raise ConfigError(f"{where}: num_steps: expected a whole number, 0 or more, got {steps!r}")
    for name, band in part["metrics"].items():
        if not (
            isinstance(band, list) and len(band) == 2 and all(_is_number(end) for end in band) and band[0] <= band[1]
        ):
            raise ConfigError(f"{where}: metrics.{name}: expected [low, high], got {band!r}")
        bands[name] = (float(band[0]), float(band[1]))
    return Expectation(steps, tuple(changes), bands)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        whole = read_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: cannot be read as JSON: {error}") from error
    if not isinstance(whole, dict):
        raise ConfigError(f"{path}: expected a JSON object, got {whole!r}")
    return whole


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _config_of(expected: Path) -> Path:
    config = expected.with_name(expected.name.removesuffix(SUFFIX) + ".config")
    if not config.exists():
        raise ConfigError(f"{expected}: there is no {config.name} beside it")
    return config


def _expected_of(config: Path) -> Path:
    return config.with_name(config.name.removesuffix(".config") + SUFFIX)


def _train_and_measure(config: Path, expectation: Expectation, folder: Path) -> tuple[dict[str, Any], Config]:
    overrides = [f"model_dir={json.dumps(str(folder))}", *expectation.changes]
    if expectation.num_steps:
        overrides.append(f"train_config.num_steps={expectation.num_steps}")
    checked = commands.check(config, overrides)
    commands.train(checked)
    return dict(commands.evaluate(checked)), checked


def _outside_bands(metrics: dict[str, Any], expectation: Expectation) -> list[str]:
    failures = []
    for name, (low, high) in expectation.bands.items():
        if name not in metrics:
            failures.append(f"{name}: no such metric; there are {', '.join(metrics)}")
        elif metrics[name] is None:
            failures.append(f"{name}: undefined, the data holds one class only; expected {low} to {high}")
        elif not low <= metrics[name] <= high:
            failures.append(f"{name}: {metrics[name]:.5f}, expected {low} to {high}")
    return failures


def _differences(first: dict[str, Any], second: dict[str, Any]) -> list[str]:
    return [
        f"{name}: a second training gave {second[name]!r}, the first {first[name]!r}"
        for name in first
        if first[name] != second[name]
    ]


def _export_differences(config: Config, scratch: Path) -> list[str]:
    """Lists the differences of the export's outputs from the model's, on rows as a server may get them."""
    import numpy as np
    import pyarrow.parquet

    from apps_rec.serving.parity.golden import score_tolerance
    from apps_rec.tools.awkward_rows import awkward_rows, score_with_model
    from apps_rec.training.estimator import load_trained

    estimator, _, _ = load_trained(config)
    rows = str(scratch / "rows.parquet")
    pyarrow.parquet.write_table(awkward_rows(config.message, estimator.features), rows)
    expected = score_with_model(config.message, estimator.model, estimator.preprocessor, rows)
    export = commands.export(config, str(scratch / "export"))
    commands.predict(export, rows, str(scratch / "scores.parquet"), keep=[])
    scores = pyarrow.parquet.read_table(scratch / "scores.parquet")
    failures = []
    for name, values in expected.items():
        worst = float(np.max(np.abs(scores[name].to_numpy() - values)))
        if not worst <= score_tolerance(config.message):
            failures.append(f"{name}: the export differs from the model by {worst:.2g} on awkward rows")
    return failures


def _update(path: Path, quick: bool, result: Regression) -> None:
    """Moves each band that was missed to the measured metric, and reports it."""
    whole = _read_json(path)
    part = whole["quick"] if quick else whole
    for name, line in _changes(part["metrics"], result.metrics):
        log.info("%s: %s", path.name, line)
        part["metrics"][name] = _moved(part["metrics"][name], result.metrics[name])
    replace_text(path, json.dumps(whole, indent=2) + "\n")
    kept = _outside_bands(result.metrics, read_expectation(path, quick))
    result.failures[:] = [line for line in result.failures if "expected" not in line] + kept


def _changes(bands: dict[str, Any], metrics: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, band in bands.items():
        value = metrics.get(name)
        if value is not None and not band[0] <= value <= band[1]:
            yield name, f"{name}: {band} becomes {_moved(band, value)}, measured {value:.5f}"


def _moved(band: Sequence[float], value: float) -> list[float]:
    half = (band[1] - band[0]) / 2 or NEW_BAND / 2
    return [round(value - half, 5), round(value + half, 5)]
