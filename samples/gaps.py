"""What was tried at the gaps that docs/results.md knows: variants of a sample, chosen between on its training side.

    python samples/gaps.py kuairand                                 # every variant, on the choosing rows
    python samples/gaps.py kuairand clicked_loss --seeds 1 2 3      # one of them
    python samples/gaps.py kuairand clicked_loss --final            # as the sample trains, on the evaluation rows

Without --final no evaluation row is read. KuaiRand is chosen on 2 May, the day that the sample stops by: training ends
with 30 April then, and 1 May stops it.

Each training becomes a line of --log (JSON), and what stands there is not trained again.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from pathlib import Path
from typing import Any

import apps_rec
from apps_rec.errors import UserError

SAMPLES = Path(__file__).parent
CONFIGS = {
    "kuairand": SAMPLES / "kuairand" / "esmm.config",
}
# Where the evaluation rows are not the config's eval_input_path.
EVALUATION = {"kuairand": "data/kuairand/test.parquet"}
RATE = "train_config.optimizer_config.adam_optimizer.learning_rate"
# Rows to train on, to stop by and to choose by.
CHOOSE = {
    "kuairand": [
        "data_config.holdout_by=date",
        "data_config.holdout_from=20220501",
        'data_config.input_fields+={ input_name: "date" input_type: INT64 }',
    ],
}


def esmm(head: str = "") -> str:
    """KuaiRand's model with another head; as it stands, ESMM of two losses."""
    dnn = "dnn { hidden_units: [128, 64] dropout_ratio: [0.2, 0.2] use_bn: false }"
    towers = " ".join(
        f'task_towers {{ tower_name: "{name}" label_name: "{label}" {dnn} }}'
        for name, label in (("ctr", "y_click"), ("cvr", "y_long_view"))
    )
    body = "body { shared_bottom { } }"
    return f"model_config.rank_model={{ {body} head {{ funnel {{ {head} }} }} {towers} l2_regularization: 0 }}"


def cosine(epochs: int) -> list[str]:
    """A rate that falls to 0 in so many epochs, of 93 steps each without the last two days."""
    return [
        f"{RATE}={{ cosine_decay_learning_rate {{ learning_rate_base: 0.002 total_steps: {93 * epochs} "
        "warmup_steps: 0 } }",
        f"data_config.num_epochs={epochs}",
        "train_config.save_checkpoints_steps=31",
    ]


# What differs from the sample, for `--set`.
VARIANTS: dict[str, dict[str, list[str]]] = {
    "kuairand": {
        "esmm": [esmm()],
        "one_epoch": [esmm(), *cosine(1)],
        "two_epochs": [esmm(), *cosine(2)],
        "clicked_loss": [esmm("counterfactual { estimator: IPS weight: 1 min_propensity: 1 }")],
    },
}


def changes_of(sample: str, variant: str, is_final: bool = False) -> list[str]:
    """All that a training of a variant changes in the sample's config."""
    return [*([] if is_final else CHOOSE[sample]), *VARIANTS[sample][variant]]


def measure(sample: str, variant: str, seed: int, is_final: bool) -> dict[str, float]:
    """Trains a variant once; its metrics on the choosing rows or, where final, on the evaluation rows."""
    config = str(CONFIGS[sample])
    with tempfile.TemporaryDirectory() as folder:
        changes = [*changes_of(sample, variant, is_final), f"model_dir={folder}/run", f"train_config.seed={seed}"]
        apps_rec.train(config, changes)
        if is_final and sample in EVALUATION:
            changes.append(f"eval_input_path={EVALUATION[sample]}")
        return dict(apps_rec.evaluate(config, changes))


def logged(log: Path, key: dict[str, Any]) -> dict[str, float]:
    """Metrics of a training that the log holds; else they are measured, and appended to it."""
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    for run in map(json.loads, lines):
        if key.items() <= run.items():
            return run["metrics"]
    metrics = measure(key["sample"], key["variant"], key["seed"], key["final"])
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as file:
        file.write(json.dumps({**key, "metrics": metrics}) + "\n")
    return metrics


def to_row(variant: str, runs: list[dict[str, float]]) -> str:
    """A row of the table: each AUC with its mean, smallest and largest."""
    cells = [f"{variant:24}"]
    for metric in runs[0]:
        if metric.startswith("auc_"):
            values = [run[metric] for run in runs]
            cells.append(f"{metric} {statistics.mean(values):.4f} [{min(values):.4f}, {max(values):.4f}]")
    return "  ".join(cells)


def main() -> None:
    """Trains what the log does not have, and prints a row a variant."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sample", choices=tuple(VARIANTS))
    parser.add_argument("variants", nargs="*", help="default: all")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--final", action="store_true", help="on the evaluation rows; the variants are named then")
    parser.add_argument("--log", type=Path, default=Path("out/gaps.jsonl"), help="%(default)s")
    options = parser.parse_args()
    if options.final and not options.variants:
        parser.error("--final: name the variant that was chosen")
    unknown = [name for name in options.variants if name not in VARIANTS[options.sample]]
    if unknown:
        parser.error(f"no variant {', '.join(unknown)}; {options.sample} has {', '.join(VARIANTS[options.sample])}")
    key = {"sample": options.sample, "final": options.final}
    try:
        for variant in options.variants or VARIANTS[options.sample]:
            runs = [logged(options.log, {**key, "variant": variant, "seed": seed}) for seed in options.seeds]
            print(to_row(variant, runs), flush=True)
    except UserError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
