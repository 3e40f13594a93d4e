"""`make gpu-check`: whether a GPU trains as the CPU does, and how fast; says why and ends where there is none.

Example:
    python -m benchmarks.gpu_check [--devices gpu] [--steps 50] [-o results.json]

With `--devices cpu` two logical CPU devices stand in for the GPUs, so that the check itself can be tried anywhere.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.configs import Job, config_text
from benchmarks.dataset import write_dataset

# MiB of each of the two logical GPUs that one GPU is cut into, so that two replicas can be tried on it.
LOGICAL_GPU_MB = 3000
SMALL_BATCH, SMALL_IDS, EVAL_ROWS = 512, 1000, 20_000
MIXED, XLA = "train_config.mixed_precision=true", "train_config.jit_compile=true"
# Of a weight after 50 steps of Adam, whose steps are as large for a small gradient as for a large one; and of an AUC.
WEIGHTS_DIFFER_BY, AUC_DIFFERS_BY = 1e-3, 0.005


@dataclass(frozen=True)
class Line:
    """A line of the table; `limit` is what `value` may reach, None where it is only shown."""

    what: str
    devices: str
    value: float
    limit: float | None = None

    @property
    def is_right(self) -> bool:
        """Tells whether the value keeps to its limit; nan does not."""
        return self.limit is None or self.value <= self.limit


@dataclass(frozen=True)
class Trained:
    """The end of a training: weights by name, rows a second after the warm-up, AUC of clicks or nan."""

    weights: dict[str, Any]
    rows_per_second: float
    auc: float


def main() -> int:
    """Runs the checks; 0: all kept to their limits, or there is no GPU; 1: one did not."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu_check", description=__doc__.splitlines()[0])
    parser.add_argument("--devices", choices=("gpu", "cpu"), default="gpu")
    parser.add_argument("--steps", type=int, default=50, help="of the checks; default: 50")
    parser.add_argument("--bench-steps", type=int, default=150, help="measured steps of the benchmark; default: 150")
    parser.add_argument("--bench-ids", type=int, default=100_000, help="ids of a column there; default: 100000")
    parser.add_argument("--folder", type=Path, default=Path("out/gpu_check"), help="for data; default: out/gpu_check")
    parser.add_argument("-o", "--output", type=Path, help="for the results as JSON")
    options = parser.parse_args()

    # Not by apps_rec.tools.quiet, after which devices cannot be cut in two.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import apps_rec.legacy_keras  # noqa: F401

    devices = _two_devices(options.devices)
    if not devices:
        print("gpu-check: skipped, TensorFlow sees no GPU here (--devices cpu tries the check itself)")
        return 0
    lines = [*_checks(devices, options), *_benchmark(devices, options)]
    print(table(lines))
    if options.output:
        results = {"machine": _machine(), "lines": [asdict(line) | {"is_right": line.is_right} for line in lines]}
        options.output.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 0 if all(line.is_right for line in lines) else 1


def table(lines: list[Line]) -> str:
    """Lays the lines out in Markdown."""
    rows = ["| | devices | value | limit | |", "| --- | --- | --- | --- | --- |"]
    for line in lines:
        limit = "" if line.limit is None else f"{line.limit:.2g}"
        verdict = "" if line.limit is None else ("right" if line.is_right else "**too much**")
        value = f"{line.value:.2g}" if line.limit is not None else f"{line.value:,.0f}"
        rows.append(f"| {line.what} | {line.devices} | {value} | {limit} | {verdict} |")
    return "\n".join(rows)


def _two_devices(kind: str) -> list[str]:
    """Returns the names of two or more devices to try; a single one is cut into two. Empty where there is none."""
    import tensorflow as tf

    if kind == "cpu":
        tf.config.set_visible_devices([], "GPU")
    found = tf.config.list_physical_devices(kind.upper())
    if len(found) == 1:
        memory = LOGICAL_GPU_MB if kind == "gpu" else None
        half = tf.config.LogicalDeviceConfiguration(memory_limit=memory)
        tf.config.set_logical_device_configuration(found[0], [half, half])
    return [device.name for device in tf.config.list_logical_devices(kind.upper())] if found else []


def _checks(devices: list[str], options: argparse.Namespace) -> Iterator[Line]:
    """Compares the device with the CPU, all devices with one, and a step's two options with a step without them."""
    import tensorflow as tf

    from apps_rec.protos import train_pb2
    from apps_rec.training.distribute.strategies import build_strategy

    # Products of 10 bits would differ from the CPU's for a reason that is none of ours.
    was_fast = tf.config.experimental.tensor_float_32_execution_enabled()
    tf.config.experimental.enable_tensor_float_32_execution(False)
    job = Job("mmoe", vocabulary=SMALL_IDS, fm=True)
    data = _data(options.folder, SMALL_IDS, SMALL_BATCH * options.steps)

    def run(strategy: Any, *overrides: str, with_auc: bool = False) -> Trained:
        sizes = (f"data_config.batch_size={SMALL_BATCH}", f"eval_config.num_examples={EVAL_ROWS}")
        config = _config(job, data, *sizes, *overrides)
        return _train(config, strategy, options.steps, with_auc=with_auc)

    device = tf.distribute.OneDeviceStrategy(devices[0])
    one = run(device, with_auc=True)
    what = f"largest difference of a weight after {options.steps} steps"
    cpu = run(tf.distribute.OneDeviceStrategy(tf.config.list_logical_devices("CPU")[-1].name))
    yield Line(f"CPU and one device: {what}", _short(devices[:1]), _difference(cpu, one), WEIGHTS_DIFFER_BY)
    mirrored = build_strategy(train_pb2.TrainConfig(train_distribute=train_pb2.MirroredStrategy))
    yield Line(
        f"MirroredStrategy and one device: {what}", _short(devices), _difference(run(mirrored), one), WEIGHTS_DIFFER_BY
    )
    yield Line(f"jit_compile: {what}", _short(devices[:1]), _difference(run(device, XLA), one), WEIGHTS_DIFFER_BY)
    half = run(device, MIXED, with_auc=True)
    yield Line("mixed_precision: difference of the AUC", _short(devices[:1]), abs(half.auc - one.auc), AUC_DIFFERS_BY)
    tf.config.experimental.enable_tensor_float_32_execution(was_fast)


def _benchmark(devices: list[str], options: argparse.Namespace) -> Iterator[Line]:
    """Measures rows a second of the benchmark's MMOE, as `apps-rec train` runs it: from Parquet, through `fit`."""
    import tensorflow as tf

    warm_up, job = 10, Job("mmoe", vocabulary=options.bench_ids)
    steps = warm_up + options.bench_steps
    cpu = tf.config.list_logical_devices("CPU")[0].name
    entries: list[tuple[str, tuple[str, ...]]] = [(cpu, ())]
    if options.devices == "gpu":
        entries += [(devices[0], ()), (devices[0], (MIXED,)), (devices[0], (XLA,)), (devices[0], (MIXED, XLA))]
    for device, overrides in entries:
        config = _config(job, _data(options.folder, options.bench_ids, steps * 4096), *overrides)
        done = _train(config, tf.distribute.OneDeviceStrategy(device), steps, warm_up)
        names = [override.split(".")[1].split("=")[0] for override in overrides]
        yield Line(" ".join(["rows a second of MMOE", *names]), _short([device]), done.rows_per_second)


def _train(config: Any, strategy: Any, steps: int, warm_up: int = 1, with_auc: bool = False) -> Trained:
    import tensorflow as tf

    from apps_rec.evaluation.evaluator import evaluate_model
    from apps_rec.evaluation.plan import build_plan
    from apps_rec.features import Preprocessor, build_features
    from apps_rec.legacy_keras import keras
    from apps_rec.models import build_model
    from apps_rec.training.estimator import build_variables
    from apps_rec.training.input import evaluation_dataset, training_dataset, training_source
    from apps_rec.training.optimizers.build import build_optimizer

    message = config.message
    keras.utils.set_random_seed(message.train_config.seed)
    tf.config.experimental.enable_op_determinism()
    features = build_features(message)
    preprocessor = Preprocessor(features)
    with strategy.scope():
        model = build_model(message, features)
        build_variables(model, preprocessor)
        optimizer = build_optimizer(message.train_config)
        optimizer.build(model.trainable_variables)
        model.compile(optimizer=optimizer)
    times: list[float] = []
    # Keras hands the callback numbers, so the device has finished the step by then.
    clock = keras.callbacks.LambdaCallback(on_batch_end=lambda batch, logs: times.append(time.monotonic()))
    dataset, _ = training_dataset(message, preprocessor, training_source(message))
    model.fit(dataset.take(steps), verbose=0, callbacks=[clock])
    if len(times) != steps:
        raise SystemExit(f"expected {steps} steps, ran {len(times)}")
    auc = math.nan
    if with_auc:
        predict = tf.function(model.call, autograph=False)
        rows, _ = evaluation_dataset(message, preprocessor)
        measured = evaluate_model(predict, rows, build_plan(message), message.eval_config.num_examples)
        auc = float(measured.result()["auc_ctr"] or math.nan)
    rate = (steps - warm_up) * message.data_config.batch_size / (times[-1] - times[warm_up - 1])
    return Trained({f"{i} {v.name}": v.numpy() for i, v in enumerate(model.variables)}, rate, auc)


def _difference(one: Trained, other: Trained) -> float:
    return max(float(abs(one.weights[name] - other.weights[name]).max()) for name in one.weights)


def _data(folder: Path, ids: int, rows: int) -> Path:
    data = folder / f"ids_{ids}_rows_{rows}"
    write_dataset(data, rows, ids)
    return data


def _config(job: Job, data: Path, *overrides: str) -> Any:
    import apps_rec

    path = data / f"{job.model}.config"
    path.write_text(config_text(job, data.resolve() / "train.parquet", data.resolve() / "run"), encoding="utf-8")
    return apps_rec.load_config(path, overrides)


def _short(devices: list[str]) -> str:
    return " ".join(name.removeprefix("/device:") for name in devices)


def _machine() -> dict[str, Any]:
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
    return {
        "date": time.strftime("%Y-%m-%d"),
        "tensorflow": tf.__version__,
        "gpus": [detail.get("device_name", "unknown") for detail in details],
    }


if __name__ == "__main__":
    sys.exit(main())
