"""`make scaling`: one config under every strategy, against NoStrategy: the table in docs/scaling.md.

Example:
    python -m benchmarks.scaling [--steps 50] [--async-steps 400] [--document docs/scaling.md]
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import apps_rec
from benchmarks.configs import Job, config_text
from benchmarks.dataset import BATCH_SIZE
from benchmarks.report import write_block
from benchmarks.workspace import Workspace

APPS_REC = (sys.executable, "-m", "apps_rec")
VOCABULARY = 2000
# Where the run stands that is as long as that of the parameter servers, and those of SGD.
_LONG, _SGD = "long", "sgd"


@dataclass(frozen=True)
class Run:
    """One line of the table.

    Attributes:
        strategy: value of train_distribute.
        processes: number of processes, in words.
        command: words before `train`.
        is_asynchronous: true if its steps are not those of NoStrategy.
    """

    strategy: str
    processes: str
    command: tuple[str, ...] = APPS_REC
    is_asynchronous: bool = False


RUNS = (
    Run("NoStrategy", "1"),
    Run("OneDeviceStrategy", "1"),
    Run("MirroredStrategy", "1, two replicas", (sys.executable, "-m", "benchmarks.split_cpu")),
    Run("MultiWorkerMirroredStrategy", "2 workers", (*APPS_REC, "launch", "--workers", "2", "--")),
    Run(
        "ParameterServerStrategy",
        "chief, 1 ps, 2 workers",
        (*APPS_REC, "launch", "--workers", "2", "--ps", "1", "--"),
        is_asynchronous=True,
    ),
)


def main() -> int:
    """Trains under every strategy and writes the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description=__doc__)
    parser.add_argument("--steps", type=int, default=50, help="default: 50")
    parser.add_argument("--async-steps", type=int, default=400, help="of parameter servers; default: 400")
    parser.add_argument("--folder", type=Path, default=Path("out/bench"), help="for data and runs; default: out/bench")
    parser.add_argument("--document", type=Path, default=Path("docs/scaling.md"))
    options = parser.parse_args()
    steps, many = options.steps, max(options.steps, options.async_steps)
    config, with_sgd = (_prepare(options.folder, many, optimizer) for optimizer in ("adam", "sgd"))
    rates = {}
    for run in RUNS:
        rates[run.strategy] = _train(run, config, options.folder, many if run.is_asynchronous else steps)
        print(f"{run.strategy}: {rates[run.strategy]:,.0f} rows/s", flush=True)
        if not run.is_asynchronous:
            _train(run, with_sgd, options.folder / _SGD, steps)
    _train(RUNS[0], config, options.folder / _LONG, many)
    table = _table(config, options.folder, rates, many)
    write_block(options.document, "strategies", table)
    print(table)
    return 0


def _prepare(folder: Path, steps: int, optimizer: str) -> Path:
    """Makes TFRecord files, which every strategy reads, and the config."""
    source = Workspace(folder, Path(sys.executable)).data(VOCABULARY, steps * BATCH_SIZE)
    path = folder / "configs" / f"scaling_{optimizer}.config"
    path.parent.mkdir(parents=True, exist_ok=True)
    job = Job(vocabulary=VOCABULARY, optimizer=optimizer)
    path.write_text(config_text(job, source / "train.parquet", folder / "runs" / "scaling"), encoding="utf-8")
    for name, flags in (("train", ()), ("eval", ("--eval",))):
        if not (source / f"{name}_tfrecord").exists():
            command = [*APPS_REC, "convert", str(path), *flags, "-o", str(source / f"{name}_tfrecord"), "--shards", "8"]
            subprocess.run(command, check=True)
    text = path.read_text(encoding="utf-8").replace("ParquetInput", "TFRecordInput")
    for name in ("train", "eval"):
        text = text.replace(str(source / f"{name}.parquet"), f"{source / f'{name}_tfrecord'}/*.tfrecord")
    path.write_text(text, encoding="utf-8")
    return path


def _sets(run: Run, folder: Path) -> list[str]:
    return [f"train_config.train_distribute={run.strategy}", f"model_dir={folder / 'runs' / f'scaling_{run.strategy}'}"]


def _train(run: Run, config: Path, folder: Path, steps: int) -> float:
    """Trains; returns rows per second of the second half of the steps, as the log says."""
    sets = [
        *_sets(run, folder),
        f"train_config.num_steps={steps}",
        f"train_config.log_step_count_steps={steps // 2}",
    ]
    flags = [word for item in sets for word in ("--set", item)]
    command = [*run.command, "train", str(config), "--restart", *flags]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=1800)
    found = re.findall(rf"step {steps:,}[/,].* ([0-9,]+) rows/s", done.stderr + done.stdout)
    if done.returncode or not found:
        raise SystemExit(f"{' '.join(command)} failed with {done.returncode}:\n{done.stderr[-3000:]}")
    return float(found[-1].replace(",", ""))


def _table(config: Path, folder: Path, rates: dict[str, float], many: int) -> str:
    lines = [
        "| strategy | processes | rows/s | largest weight difference from NoStrategy, Adam | the same, SGD |",
        "| --- | --- | --- | --- | --- |",
    ]
    references = {where: _weights(config, _sets(RUNS[0], where)) for where in (folder, folder / _SGD)}
    for run in RUNS:
        if run.is_asynchronous:
            aucs = (_aucs(config, _sets(*of)) for of in ((run, folder), (RUNS[0], folder / _LONG)))
            apart = max(abs(a - b) for a, b in zip(*aucs, strict=True))
            differences = f"asynchronous: AUC after {many} steps differs by {apart:.4f} | "
        else:
            differences = " | ".join(
                f"{_apart(_weights(config, _sets(run, where)), reference):.1e}"
                for where, reference in references.items()
            )
        lines.append(f"| {run.strategy} | {run.processes} | {rates[run.strategy]:,.0f} | {differences} |")
    return "\n".join([*lines, "| TPUStrategy | | | compiled with XLA, not run on a TPU | |"])


def _apart(weights: dict, reference: dict) -> float:
    """Returns the largest difference of any weight."""
    return max(abs(weights[name] - reference[name]).max() for name in reference)


def _aucs(config: Path, sets: list[str]) -> list[float]:
    metrics = apps_rec.evaluate(apps_rec.check(config, sets))
    return [float(value) for name, value in metrics.items() if name.startswith("auc_") and value is not None]


def _weights(config: Path, sets: list[str]) -> dict:
    from apps_rec.training.estimator import load_trained

    estimator, _, _ = load_trained(apps_rec.check(config, sets))
    return {f"{i} {variable.name}": variable.numpy() for i, variable in enumerate(estimator.model.variables)}


if __name__ == "__main__":
    sys.exit(main())
