"""Gradient boosting beside our models: AUC of scikit-learn's HistGradientBoostingClassifier on a config's columns.

One model a task, on the columns that samples/census/mmoe.config or samples/kuairand/esmm.config read, as they are:
numbers as numbers, whatever has a vocabulary, and ids of up to 255 values, as categories. Ids of more values (user,
video and author) and features of many values (lists, tags) are left out, for trees of this kind take no such column;
the script names them. The booster stops by itself on a tenth of the training rows; the evaluation files are only
measured. Settings, the same for every task: learning rate 0.06, 31 leaves of at least 50 rows, l2 5.

Census: val. KuaiRand: test; the conversion over all impressions both directly, and as the product of a click model
and a model of the conversion trained on clicked rows.

Example:
    python samples/baselines.py census data/census --seeds 3 -o out/baselines_census.json
    python samples/baselines.py kuairand data/kuairand --seeds 3 -o out/baselines_kuairand.json
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from apps_rec.config import load_config
from apps_rec.protos.feature_pb2 import FeatureConfig

SAMPLES = Path(__file__).parent
CONFIGS = {"census": SAMPLES / "census" / "mmoe.config", "kuairand": SAMPLES / "kuairand" / "esmm.config"}
# The booster bins every column into at most this many values.
MAX_CATEGORIES = 255


class Columns:
    """A config's columns as the booster takes them: one float each, categories as their place in the training file."""

    def __init__(self, config: Path, train: pa.Table):
        self.names: list[str] = []
        self.left_out: list[str] = []
        self.words: dict[str, list[Any]] = {}
        for feature in load_config(config).message.feature_config.features:
            name = feature.input_names[0]
            if feature.feature_type == FeatureConfig.RawFeature:
                self.names.append(name)
                continue
            words = train[name].cast(pa.string()).unique().drop_null().to_pylist() if _single(train, name) else []
            if 0 < len(words) <= MAX_CATEGORIES:
                self.names.append(name)
                self.words[name] = sorted(words)
            else:
                self.left_out.append(name)

    def matrix(self, table: pa.Table) -> np.ndarray:
        """Rows x columns, float64; a missing or unseen category is NaN."""
        columns = []
        for name in self.names:
            values = table[name]
            if name in self.words:
                place = {word: float(i) for i, word in enumerate(self.words[name])}
                columns.append([place.get(word, np.nan) for word in values.cast(pa.string()).to_pylist()])
            else:
                columns.append(values.to_numpy().astype(np.float64))
        return np.column_stack(columns)

    @property
    def categorical(self) -> np.ndarray:
        """Which columns are categories."""
        return np.array([name in self.words for name in self.names])


def _single(table: pa.Table, name: str) -> bool:
    return not pa.types.is_list(table.schema.field(name).type)


def fit(columns: Columns, rows: np.ndarray, label: np.ndarray, seed: int) -> HistGradientBoostingClassifier:
    """One booster, stopped on a tenth of the rows it is given."""
    model = HistGradientBoostingClassifier(
        learning_rate=0.06,
        max_iter=600,
        max_leaf_nodes=31,
        min_samples_leaf=50,
        l2_regularization=5.0,
        categorical_features=columns.categorical,
        early_stopping=True,
        validation_fraction=0.1,
        random_state=seed,
    )
    return model.fit(rows, label)


def census(folder: Path, seed: int) -> dict[str, float]:
    """AUC on val for both labels."""
    columns, (train, val) = _read("census", folder, "train", "val")
    rows, held = columns.matrix(train), columns.matrix(val)
    scores = {}
    for name in ("income", "never_married"):
        label, truth = (table[f"y_{name}"].to_numpy() for table in (train, val))
        scores[f"auc_{name}"] = roc_auc_score(truth, fit(columns, rows, label, seed).predict_proba(held)[:, 1])
    return scores


def kuairand(folder: Path, seed: int) -> dict[str, float]:
    """AUC on test: click, conversion on clicked rows, conversion over all rows directly and as a product."""
    columns, (train, test) = _read("kuairand", folder, "train", "test")
    rows, held = columns.matrix(train), columns.matrix(test)
    (click, view), (true_click, true_view) = (
        [table[name].to_numpy() for name in ("y_click", "y_long_view")] for table in (train, test)
    )
    clicked = click == 1
    ctr = fit(columns, rows, click, seed).predict_proba(held)[:, 1]
    direct = fit(columns, rows, view, seed).predict_proba(held)[:, 1]
    cvr = fit(columns, rows[clicked], view[clicked], seed).predict_proba(held)[:, 1]
    return {
        "auc_ctr": roc_auc_score(true_click, ctr),
        "auc_cvr_masked": roc_auc_score(true_view[true_click == 1], cvr[true_click == 1]),
        "auc_ctcvr_direct": roc_auc_score(true_view, direct),
        "auc_ctcvr_product": roc_auc_score(true_view, ctr * cvr),
    }


def _read(sample: str, folder: Path, *names: str) -> tuple[Columns, list[pa.Table]]:
    tables = [pq.read_table(folder / f"{name}.parquet") for name in names]
    return Columns(CONFIGS[sample], tables[0]), tables


def main(argv: list[str] | None = None) -> int:
    """Trains and measures once a seed; prints mean and spread, writes JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sample", choices=tuple(CONFIGS))
    parser.add_argument("data", type=Path, help="folder that prepare.py wrote")
    parser.add_argument("--seeds", type=int, default=3, help="trainings, with seeds 0, 1, ... (%(default)s)")
    parser.add_argument("-o", "--output", type=Path, help="JSON file")
    args = parser.parse_args(argv)
    if args.seeds < 1:
        parser.error("--seeds: expected 1 or more")
    columns, _ = _read(args.sample, args.data, "train")
    print(f"{len(columns.names)} columns; left out: {', '.join(columns.left_out) or 'none'}", file=sys.stderr)
    measure = {"census": census, "kuairand": kuairand}[args.sample]
    runs = []
    for seed in range(args.seeds):
        runs.append(measure(args.data, seed))
        print(f"seed {seed}: {', '.join(f'{name} {value:.4f}' for name, value in runs[-1].items())}", file=sys.stderr)
    result = {}
    for metric in runs[0]:
        values = [float(run[metric]) for run in runs]
        result[metric] = {"mean": float(np.mean(values)), "min": min(values), "max": max(values), "values": values}
        print(f"{metric:<20} {np.mean(values):.4f}  [{min(values):.4f}, {max(values):.4f}]")
    if args.output:
        args.output.parent.mkdir(parents=True, exist_ok=True)
        report = {"columns": columns.names, "left_out": columns.left_out, "seeds": args.seeds, "metrics": result}
        args.output.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
