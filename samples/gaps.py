"""What was tried at the gaps that docs/results.md knows: variants of a sample, chosen between on its training side.

    python samples/gaps.py kuairand                                 # every variant, on the choosing rows
    python samples/gaps.py kuairand clicked_loss --seeds 1 2 3      # one of them
    python samples/gaps.py kuairand clicked_loss --final            # as the sample trains, on the evaluation rows

Without --final no evaluation row is read. Rows to choose by are

* kuairand: 2 May, the day that the sample stops by; training ends with 30 April then, and 1 May stops it;
* census: every fifth row of the training file; of the others a tenth stops the training, as in the sample;
* store_mmoe, store_esmm: the last two of the training file's nine days; the seven before are trained on.

Each training becomes a line of --log (JSON), and what stands there is not trained again.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

import apps_rec
from apps_rec.errors import UserError

SAMPLES = Path(__file__).parent
CONFIGS = {
    "kuairand": SAMPLES / "kuairand" / "esmm.config",
    "census": SAMPLES / "census" / "mmoe.config",
    "store_mmoe": SAMPLES / "appstore" / "mmoe.config",
    "store_esmm": SAMPLES / "appstore" / "esmm.config",
}
# Where the evaluation rows are not the config's eval_input_path.
EVALUATION = {"kuairand": "data/kuairand/test.parquet"}
RATE = "train_config.optimizer_config.adam_optimizer.learning_rate"
CENSUS = "data/census/train.parquet"
CENSUS_FIT = "out/gaps_census/train.parquet"
CENSUS_CHOOSE = "out/gaps_census/val.parquet"
# Where the eighth day of the store's training file begins, in seconds since 1970.
EIGHTH_DAY = 19793 * 86400
STORE_CHOOSE = [
    "eval_input_path=data/appstore/train.parquet",
    'data_config.input_fields+={ input_name: "event_time" input_type: INT64 }',
    f'data_config.row_filter+={{ column: "event_time" to: "{EIGHTH_DAY}" use: TRAIN }}',
    f'data_config.row_filter+={{ column: "event_time" from: "{EIGHTH_DAY}" use: EVALUATION }}',
    # Three epochs of seven days: the rate ends at 0, as in the sample.
    f"{RATE}.cosine_decay_learning_rate.total_steps=1227",
]
# Rows to train on, to stop by and to choose by.
CHOOSE = {
    "kuairand": [
        "data_config.holdout_by=date",
        "data_config.holdout_from=20220501",
        'data_config.input_fields+={ input_name: "date" input_type: INT64 }',
    ],
    "census": [
        f"train_input_path={CENSUS_FIT}",
        f"eval_input_path={CENSUS_CHOOSE}",
        # An epoch has 141 steps in place of 176: the rate ends at 0, as in the sample.
        "train_config.save_checkpoints_steps=141",
        "export_config.max_check_steps=705",
        f"{RATE}.cosine_decay_learning_rate.total_steps=1692",
    ],
    "store_mmoe": STORE_CHOOSE,
    "store_esmm": STORE_CHOOSE,
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


STORE_NET = "use_bn: false dropout_ratio: 0.1"
STORE_EXPERT = f"hidden_units: [128, 64] {STORE_NET}"
STORE_MMOE = f"mmoe {{ num_expert: 2 expert_dnn {{ {STORE_EXPERT} }} }}"
STORE_PLE = (
    "ple { extraction_networks { expert_num_per_task: 1 share_num: 1 "
    f"task_expert_net {{ {STORE_EXPERT} }} share_expert_net {{ {STORE_EXPERT} }} }} }}"
)
CENSUS_NET = "hidden_units: [128, 64] use_bn: false"
CENSUS_MMOE = f"mmoe {{ num_expert: 4 expert_dnn {{ {CENSUS_NET} }} }}"
CENSUS_PLE = (
    "ple { extraction_networks { expert_num_per_task: 1 share_num: 2 "
    f"task_expert_net {{ {CENSUS_NET} }} share_expert_net {{ {CENSUS_NET} }} }} }}"
)


def store(body: str, fm: str = "fm { }") -> str:
    """The store's MMOE with another body, or with its FM elsewhere."""
    towers = " ".join(
        f'task_towers {{ tower_name: "{name}" label_name: "{label}" weight: {weight} '
        f"dnn {{ hidden_units: 64 {STORE_NET} }} }}"
        for name, label, weight in (("ctr", "click", 0.95), ("ctcvr", "download", 0.05))
    )
    return f"model_config.rank_model={{ body {{ {body} }} {fm} position_tower {{ }} l2_regularization: 1e-6 {towers} }}"


def census(body: str) -> str:
    """The census' MMOE with another body."""
    towers = " ".join(
        f'task_towers {{ tower_name: "{name}" label_name: "y_{name}" dnn {{ hidden_units: 32 use_bn: false }} }}'
        for name in ("income", "never_married")
    )
    return f"model_config.rank_model={{ body {{ {body} }} l2_regularization: 0 {towers} }}"


def clicked_tower(weight: float) -> str:
    """A third tower, the download on clicked rows alone, for what it teaches the layers below."""
    return (
        f'model_config.mmoe.task_towers+={{ tower_name: "cvr" label_name: "download" weight: {weight} '
        'task_space_indicator_label: "click" out_task_space_weight: 0 '
        f"dnn {{ hidden_units: 64 {STORE_NET} }} }}"
    )


def clicked_loss(weight: float) -> str:
    """A loss of pCVR on clicked rows for the store's ESMM."""
    return f"model_config.esmm.counterfactual={{ estimator: IPS weight: {weight} min_propensity: 1 }}"


TABLE_L2 = ["model_config.embedding_regularization=1e-6"]
# What differs from the sample, for `--set`.
VARIANTS: dict[str, dict[str, list[str]]] = {
    "kuairand": {
        "esmm": [esmm()],
        "one_epoch": [esmm(), *cosine(1)],
        "two_epochs": [esmm(), *cosine(2)],
        "clicked_loss": [esmm("counterfactual { estimator: IPS weight: 1 min_propensity: 1 }")],
    },
    "census": {
        "mmoe": [],
        "weight_3": ["model_config.mmoe.task_towers[1].weight=3"],
        "ple": [census(CENSUS_PLE)],
        "dim_16": ["feature_config.features[*].embedding_dim=16"],
        "stop_by_never_married": ["export_config.best_exporter_metric=auc_never_married"],
        "six_experts": ["model_config.mmoe.num_expert=6"],
        "dropout": ["model_config.mmoe.expert_dnn.dropout_ratio=0.1,0.1"],
    },
    "store_mmoe": {
        "mmoe": [],
        "even": [f"model_config.mmoe.task_towers[{task}].weight=0.5" for task in (0, 1)],
        "table_l2": TABLE_L2,
        "ple": [store(STORE_PLE)],
        "uncertainty": ["model_config.loss_weight_strategy=Uncertainty"],
        "fm_in_towers": [store(STORE_MMOE, "fm { output: TOWER_INPUT }")],
        "clicked_tower": [clicked_tower(0.5)],
    },
    "store_esmm": {
        "esmm": [],
        "table_l2": TABLE_L2,
        "clicked_loss": [clicked_loss(0.5)],
        "clicked_loss_table_l2": [clicked_loss(0.5), *TABLE_L2],
    },
}


def split_census() -> None:
    """Writes the two files that the census' variants are chosen by: every fifth training row, and the others."""
    table = pq.read_table(CENSUS)
    Path(CENSUS_FIT).parent.mkdir(parents=True, exist_ok=True)
    for path, is_choosing in ((CENSUS_FIT, False), (CENSUS_CHOOSE, True)):
        pq.write_table(table.filter(pa.array([(row % 5 == 4) == is_choosing for row in range(len(table))])), path)


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
    if options.sample == "census" and not options.final:
        split_census()
    try:
        for variant in options.variants or VARIANTS[options.sample]:
            runs = [logged(options.log, {**key, "variant": variant, "seed": seed}) for seed in options.seeds]
            print(to_row(variant, runs), flush=True)
    except UserError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
