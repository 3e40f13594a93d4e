"""Trains a config with several seeds and prints mean and spread of its metrics: how docs/results.md is made.

    python samples/seeds.py samples/census/mmoe.config
    python samples/seeds.py samples/kuairand/esmm.config --eval data/kuairand/test.parquet

Every seed trains in a folder of its own, which goes again when it is measured.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile

import apps_rec
from apps_rec.errors import UserError


def main() -> None:
    """Trains, evaluates and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--eval", help="files to evaluate on, where they are not those that stop the training early")
    parser.add_argument("--set", action="append", default=[], metavar="PATH=VALUE")
    options = parser.parse_args()
    try:
        print(to_text(run_seeds(options.config, options.seeds, options.eval, options.set)))
    except UserError as error:
        raise SystemExit(str(error)) from None


def run_seeds(
    config: str, seeds: list[int], eval_path: str | None = None, changes: list[str] | None = None
) -> dict[str, list[float]]:
    """Metrics of a config by name, one value for each seed."""
    metrics: dict[str, list[float]] = {}
    for seed in seeds:
        with tempfile.TemporaryDirectory() as model_dir:
            overrides = [*(changes or []), f"model_dir={model_dir}/run", f"train_config.seed={seed}"]
            apps_rec.train(config, overrides)
            if eval_path:
                overrides.append(f"eval_input_path={eval_path}")
            for name, value in apps_rec.evaluate(config, overrides).items():
                metrics.setdefault(name, []).append(value)
    return metrics


def to_text(metrics: dict[str, list[float]]) -> str:
    """One line a metric: mean, smallest, largest."""
    return "\n".join(
        f"{name:28} mean {statistics.mean(values):.4f}  from {min(values):.4f} to {max(values):.4f}"
        for name, values in metrics.items()
        if name not in ("rows", "step")
    )


if __name__ == "__main__":
    main()
