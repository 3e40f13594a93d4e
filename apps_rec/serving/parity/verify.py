"""Proves an export: it is loaded as a server loads it, and every signature is compared with the live model."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import tensorflow as tf

from apps_rec.data import RowFilter, RowStream, build_schema, data_files
from apps_rec.data.csv_header import schema_for_rows
from apps_rec.data.rows.counts import RowCounts
from apps_rec.errors import CheckFailedError, RunError
from apps_rec.evaluation import MetricCollector, to_table
from apps_rec.evaluation.plan import build_plan
from apps_rec.protos.pipeline_pb2 import PipelineConfig
from apps_rec.serving.engine import Engine
from apps_rec.serving.export_folder import open_export
from apps_rec.serving.parity.golden import Golden, first_rows, score_tolerance
from apps_rec.serving.requests import Arrays, request, take
from apps_rec.serving.schema import (
    DEFAULT,
    EXAMPLE,
    RANK,
    RANK_PACKED,
    SCHEMA_ASSET,
    SIGNATURES,
    ServingSchema,
    build_serving_schema,
)
from apps_rec.serving.schema_file import check_schema_file

LATENCY_ROWS = (1, 100)
WARM_UP, REPEATS = 20, 300


@dataclass
class Verification:
    """The result of a proof.

    Attributes:
        folder: folder of the version.
        tolerance: allowed difference of every output, absolute and relative.
        worst: largest difference from the live model, by signature.
        failures: a line for each output that differs.
        latency: signature, rows, median and 99th percentile of a request in milliseconds.
        metrics: metrics of a labelled file, if one was given.
        missing: reasons that a task's metrics are None.
        rows_read: number of rows of the labelled file.
        left_out: what of it was left out and by what, in words; "": nothing.
    """

    folder: str
    tolerance: float
    worst: dict[str, float] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    latency: list[tuple[str, int, float, float]] = field(default_factory=list)
    metrics: dict[str, float | int | None] | None = None
    missing: dict[str, str] = field(default_factory=dict)
    rows_read: int | None = None
    left_out: str = ""

    def __str__(self) -> str:
        lines = [f"{self.folder}: {'differs from' if self.failures else 'scores like'} the model it was exported from"]
        lines += [f"  {name}: largest difference {worst:.1e}" for name, worst in self.worst.items()]
        lines += self.failures
        if self.latency:
            lines += ["", f"{'signature':<20}{'rows':>6}{'p50 ms':>10}{'p99 ms':>10}"]
            lines += [f"{name:<20}{rows:>6}{p50:>10.3f}{p99:>10.3f}" for name, rows, p50, p99 in self.latency]
        if self.metrics is not None:
            lines += ["", to_table(self.metrics, self.missing, rows_read=self.rows_read) + self.left_out]
        return "\n".join(lines)


def verify_export(
    export: str | Path, rows: str | None = None, latency: bool = True, trust: bool = False
) -> Verification:
    """Repeats the proof of an export, times its signatures, and measures it on a labelled file.

    Args:
        export: folder of a version.
        rows: path or glob of files with the config's labels, or several separated by commas; None: no metrics.
        latency: true measures the latency.
        trust: true runs the export even if it holds operations that are in no export of apps_rec.

    Raises:
        RunError: there is no export; it cannot or must not be loaded; one of its assets is wrong.
        DataError: the rows have a mistake.
    """
    folder, config = open_export(export)
    schema = build_serving_schema(config)
    evidence = Golden.read(folder, schema, score_tolerance(config))
    check_schema_file(folder / SCHEMA_ASSET, schema)
    with Engine(folder, trust=trust) as engine:
        result = Verification(str(export), evidence.tolerance)
        _prove(engine, schema, evidence, result)
        if latency:
            result.latency = list(_time(engine, schema, evidence))
        if rows is not None:
            collector, counts, filters = _measure(engine, config, schema, rows)
            result.rows_read, result.left_out = counts.read, counts.left_out(filters)
            result.metrics, result.missing = collector.result(), collector.missing()
    return result


def prove_in_fresh_process(folder: Path, trust: bool = False) -> None:
    """Runs the proof in a Python process of its own, which never saw the live model.

    Args:
        folder: folder of a version.
        trust: see `verify_export`.

    Raises:
        CheckFailedError: the export differs from the live model.
        RunError: the proof could not be carried out.
    """
    package = str(Path(__file__).parents[3])
    path = os.pathsep.join(part for part in (package, os.environ.get("PYTHONPATH")) if part)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "apps_rec", "verify-export", str(folder), "--proof-only", "--json"),
            *(["--trust"] if trust else []),
        ],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, CheckFailedError.exit_code):
        raise RunError(f"the proof of the export could not be carried out: {done.stderr.strip()[-2000:]}")
    failures = json.loads(done.stdout.splitlines()[-1])["failures"]
    if failures:
        raise CheckFailedError("the export differs from the model:\n" + "\n".join(failures))


def _prove(engine: Engine, schema: ServingSchema, evidence: Golden, result: Verification) -> None:
    for signature in SIGNATURES:
        result.worst[signature] = 0.0
    for signature in (DEFAULT, EXAMPLE):
        outputs = _answer(engine, signature, request(signature, evidence.rows, schema), result)
        _compare(signature, outputs, evidence.outputs, result)
    for user, expected in zip(evidence.users, evidence.ranked, strict=True):
        once = take(evidence.rows, [user])
        count = len(next(iter(evidence.rows.values())))
        rows = {**evidence.rows, **{column.name: once[column.name] * count for column in schema.shared}}
        for signature in (RANK, RANK_PACKED):
            outputs = _answer(engine, signature, request(signature, rows, schema, evidence.weights), result)
            order = None if outputs is None else outputs.pop("order", None)
            if not _compare(signature, outputs, expected, result) or outputs is None:
                continue
            if order is None or not np.array_equal(order, np.argsort(-outputs["score"], kind="stable")):
                result.failures.append(f"{signature}: order is not that of its score")


def _answer(engine: Engine, signature: str, inputs: Arrays, result: Verification) -> Arrays | None:
    """Returns the engine's outputs. If it refuses the rows, notes a failure and returns None."""
    try:
        return engine.run(signature, inputs)
    except (tf.errors.OpError, ValueError, TypeError) as error:
        reason = error.message if isinstance(error, tf.errors.OpError) else str(error)
        result.failures.append(f"{signature}: it refuses rows that the model takes: {' '.join(reason.split())[:500]}")
        return None


def _compare(signature: str, outputs: Arrays | None, expected: dict[str, list[float]], result: Verification) -> bool:
    """Notes a failure for each output that differs. Tells whether all are numbers as expected."""
    if outputs is None:
        return False
    if set(outputs) != set(expected):
        result.failures.append(f"{signature}: it gives {sorted(outputs)}, expected {sorted(expected)}")
        return False
    are_numbers = True
    for name, values in expected.items():
        given, wanted = np.asarray(outputs[name]), np.array(values)
        is_float = np.issubdtype(given.dtype, np.floating)
        if not is_float or given.shape != wanted.shape or not np.all(np.isfinite(given)):
            result.failures.append(f"{signature}: {name} is not {len(values)} finite numbers")
            are_numbers = False
            continue
        got = given.astype(np.float64)
        result.worst[signature] = max(result.worst[signature], float(np.max(np.abs(got - wanted), initial=0)))
        wrong = ~np.isclose(got, wanted, rtol=result.tolerance, atol=result.tolerance)
        if wrong.any():
            at = np.unravel_index(np.argmax(np.abs(got - wanted)), got.shape)
            rows = int(wrong.reshape(len(values), -1).any(axis=1).sum())
            result.failures.append(
                f"{signature}: {name} is {got[at]:.6g} for row {at[0] + 1}, the model says {wanted[at]:.6g}; "
                f"{rows} of {len(values)} rows differ by more than {result.tolerance:g}"
            )
    return are_numbers


def _time(engine: Engine, schema: ServingSchema, evidence: Golden) -> Iterator[tuple[str, int, float, float]]:
    for signature in SIGNATURES:
        for count in LATENCY_ROWS:
            inputs = request(signature, first_rows(evidence, count), schema)
            call = engine.function(signature, list(inputs))
            took = []
            for _ in range(WARM_UP + REPEATS):
                started = time.perf_counter()
                call(inputs)
                took.append(1000 * (time.perf_counter() - started))
            p50, p99 = np.percentile(took[WARM_UP:], [50, 99])
            yield signature, count, float(p50), float(p99)


def _measure(
    engine: Engine, config: PipelineConfig, schema: ServingSchema, rows: str
) -> tuple[MetricCollector, RowCounts, Sequence[RowFilter]]:
    """Measures the metrics of `evaluate` on the export's own scores."""
    files = data_files(rows, "rows", config.data_config.input_timeout_seconds)
    labelled = schema_for_rows(build_schema(config, "evaluate"), files[0])
    # Position columns are not asked for; users of GAUC and columns of task spaces are.
    filled = {column.name for column in schema.filled} - labelled.unread
    asked = [column for column in labelled.columns if column.name not in filled]
    asked += [column for column in schema.columns if column not in asked]
    plan = build_plan(config)
    collector = MetricCollector(plan)
    needed = {task.score_output for task in plan}
    stream = RowStream(files, replace(labelled, columns=tuple(asked)), config.data_config.eval_batch_size)
    for batch in stream.batches():
        outputs = engine.run(DEFAULT, request(DEFAULT, batch.columns, schema))
        collector.update(
            {name: batch.columns[name] for name in labelled.labels}
            | {space.name: batch.columns[space.column.name] == space.value for space in labelled.spaces},
            {name: outputs[name] for name in needed},
            {name: batch.columns[name] for name in labelled.users},
        )
    return collector, stream.counts, labelled.filters
