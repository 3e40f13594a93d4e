"""How far is pCVR from the truth over ALL impressions: ESMM beside a CVR model trained on clicked rows only.

    python samples/appstore/cvr_study.py                 # the whole study, into docs/cvr_study.json
    python samples/appstore/cvr_study.py --check 0       # trains seed 0 again and holds it against the file

Both models have the same features, the same CVR tower and the same tuning budget: each learning rate of RATES once,
judged by the log loss of pCVR on clicked rows of a holdout; within a training the best of its checkpoints by the same
measure. Each seed simulates a store of its own and trains both models on it; tuning has a store of its own too.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

import apps_rec
from apps_rec.simulation.truth import load_truth, pcvr_errors

HERE = Path(__file__).parent
RESULTS = Path("docs/cvr_study.json")

# Chosen, and committed, before the first training.
CORRELATIONS = (0.2, 0.8)
SEEDS = (0, 1, 2, 3, 4)
RATES = (0.001, 0.003, 0.01)
USERS = 10000
TUNING_SEED = 99

# Name of the config, and of the metric that picks its checkpoint and its learning rate.
MODELS = {"esmm_plain": "log_loss_cvr_masked", "cvr_clicked": "log_loss_cvr"}
# Student's t for 95 % with four degrees of freedom.
T_95 = 2.776


def main() -> int:
    """Runs or checks the study."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", type=int, metavar="SEED", help="train one seed again and compare with the file")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    if options.check is not None:
        return check_seed(options.results, options.check)
    study = {"correlations": {}}
    for correlation in CORRELATIONS:
        rates = {model: tune(model, correlation) for model in MODELS}
        runs = [run_seed(correlation, seed, rates) for seed in SEEDS]
        study["correlations"][str(correlation)] = {"rates": rates, "runs": runs}
        print(json.dumps(study["correlations"][str(correlation)]), file=sys.stderr)
    options.results.write_text(json.dumps(study, indent=1) + "\n", encoding="utf-8")
    print(to_table(study))
    return 0


def check_seed(results: Path, seed: int, tolerance: float = 0.004) -> int:
    """Trains both models of one seed again at both correlations; 0 where every error is as the file has it.

    The tolerance covers another machine's rounding, which training magnifies; on one machine runs are bit-equal.
    """
    study = json.loads(results.read_text(encoding="utf-8"))
    failures = 0
    for correlation, part in study["correlations"].items():
        again = run_seed(float(correlation), seed, part["rates"])
        for model in MODELS:
            before, now = part["runs"][seed][model]["mean_absolute"], again[model]["mean_absolute"]
            is_same = abs(before - now) <= tolerance
            failures += not is_same
            verdict = "" if is_same else "  DIFFERS"
            print(f"correlation {correlation} {model}: {now:.5f}, {before:.5f} in {results}{verdict}")
    return 3 if failures else 0


def tune(model: str, correlation: float) -> float:
    """The learning rate with the lowest holdout log loss on clicked rows."""
    with tempfile.TemporaryDirectory() as scratch:
        apps_rec.simulate_store(scratch, users=USERS, seed=TUNING_SEED, correlation=correlation)
        losses = {rate: train(model, Path(scratch), TUNING_SEED, rate).best_value for rate in RATES}
    print(f"correlation {correlation} {model}: {losses}", file=sys.stderr)
    return min(losses, key=lambda rate: losses[rate])


def run_seed(correlation: float, seed: int, rates: dict[str, float]) -> dict[str, dict[str, float]]:
    """Errors of both models on one simulated store."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        apps_rec.simulate_store(scratch, users=USERS, seed=seed, correlation=correlation)
        truth = load_truth(scratch, "eval")
        errors = {}
        for model in MODELS:
            train(model, folder, seed, rates[model])
            changes = overrides(model, folder, seed, rates[model])
            export = apps_rec.export(config_of(model), str(folder / model / "export"), changes)
            apps_rec.predict(export, str(folder / "eval.parquet"), str(folder / "scores.parquet"), keep=["is_cached"])
            scores = pq.read_table(folder / "scores.parquet")
            pcvr = scores["probs_cvr"].to_numpy()[scores["is_cached"].to_numpy() == 0]
            measured = pcvr_errors(pcvr, truth)
            errors[model] = {
                "mean_absolute": measured["all"].mean_absolute,
                "mean_absolute_columns": measured["all_columns"].mean_absolute,
                "bias": measured["all"].bias,
                "relative_entropy_columns": measured["all_columns"].relative_entropy,
                "best_mean_absolute": measured["best"].mean_absolute,
            }
    return errors


def train(model: str, folder: Path, seed: int, rate: float) -> object:
    """Trains one model on a simulated store."""
    return apps_rec.train(config_of(model), overrides(model, folder, seed, rate), restart=True)


def config_of(model: str) -> str:
    """Path of a model's config."""
    return str(HERE / f"{model}.config")


def overrides(model: str, folder: Path, seed: int, rate: float) -> list[str]:
    """What the study changes in a sample config."""
    adam = "train_config.optimizer_config.adam_optimizer.learning_rate"
    is_clicked = model == "cvr_clicked"
    return [
        f"train_input_path={folder}/train.parquet",
        f"eval_input_path={folder}/eval.parquet",
        f"model_dir={folder}/{model}/run",
        f"train_config.seed={seed}",
        f"{adam}=constant_learning_rate {{ learning_rate: {rate} }}",
        "train_config.num_steps=0",
        # A clicked row stands for ten impressions: as many steps from a tenth of the rows.
        f"data_config.num_epochs={10 if is_clicked else 3}",
        f"data_config.batch_size={256 if is_clicked else 1024}",
        "data_config.holdout_fraction=0.1",
        "train_config.save_checkpoints_steps=100",
        "train_config.keep_checkpoint_max=1",
        "export_config.exporter_type=best",
        f"export_config.best_exporter_metric={MODELS[model]}",
        "export_config.metric_bigger=false",
    ]


def to_table(study: dict) -> str:
    """The study as a Markdown table: means over seeds, and the paired difference with its 95 % interval."""
    lines = [
        "| correlation | ESMM | clicked rows only | ESMM - clicked, 95 % interval | best possible from the columns |",
        "| --- | --- | --- | --- | --- |",
    ]
    for correlation, part in study["correlations"].items():
        column = {m: np.array([run[m]["mean_absolute"] for run in part["runs"]]) for m in MODELS}
        best = np.mean([run["esmm_plain"]["best_mean_absolute"] for run in part["runs"]])
        gap = column["esmm_plain"] - column["cvr_clicked"]
        half = T_95 * gap.std(ddof=1) / math.sqrt(len(gap))
        lines.append(
            f"| {correlation} | {column['esmm_plain'].mean():.4f} | {column['cvr_clicked'].mean():.4f} | "
            f"{gap.mean():+.4f} [{gap.mean() - half:+.4f}, {gap.mean() + half:+.4f}] | {best:.4f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
