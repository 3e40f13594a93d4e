"""Writes the census and KuaiRand configs: boundaries and vocabularies come from the training file, and from it alone.

The package fits nothing when training starts, so what a feature needs to know of the data stands in its config. Run it
again where prepare.py has made other data.

Example:
    python samples/make_configs.py census data/census/train.parquet -o samples/census
    python samples/make_configs.py kuairand data/kuairand/train.parquet -o samples/kuairand
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

DIM = 8
# marital_stat says what y_never_married says; the labels say what they say.
CENSUS_LEFT_OUT = ("marital_stat", "y_income", "y_never_married", "y_college_degree", "y_any_college")

USER_NUMBERS = ("follow_user_num", "fans_user_num", "friend_user_num", "register_days")
VIDEO_NUMBERS = ("duration_ms", "video_age_days")
CONTEXT_NUMBERS = ("hour", "weekday", "impressions_today", "seconds_since_last")
USER_COUNTS = ("hist_len", "hist_long_watches", "hist_likes", "hist_long_share")
VIDEO_COUNTS = ("video_watches", "video_long_watches", "video_likes", "video_long_share", "video_like_share")
TAG_COUNTS = ("tag_watches", "tag_long_watches", "tag_likes", "tag_share", "tag_long_share")
AUTHOR_COUNTS = ("author_watches", "author_long_watches", "same_video_watches")
HISTORY_NUMBERS = USER_COUNTS + VIDEO_COUNTS + TAG_COUNTS + AUTHOR_COUNTS
# Small whole numbers that name something: one id each, and one more for all others and for a missing value.
SMALL_IDS = ("tab", "is_live_streamer", "is_video_author", *(f"onehot_feat{i}" for i in range(18)), "music_type")
WORDS = ("user_active_degree", "video_type", "upload_type")
# What is one for all candidates of a request; all else is asked for with each of them.
OF_THE_USER = {
    *("user_id", "is_live_streamer", "is_video_author", "user_active_degree", "watch_history", "long_watch_history"),
    *(f"onehot_feat{i}" for i in range(18)),
    *USER_NUMBERS,
    *USER_COUNTS,
}
OF_THE_CONTEXT = {"tab", *CONTEXT_NUMBERS}
SHARES = ("hist_long_share", "video_long_share", "video_like_share", "tag_share", "tag_long_share")


def boundaries(values: np.ndarray, max_distinct: int, num_buckets: int) -> list[float]:
    """Cut points that give every value an id of its own, up to max_distinct values; else quantiles.

    Zero keeps an id of its own, for quantiles are taken of the other values: where most rows are zero, plain
    quantiles would put all that is not zero into one or two ids.
    """
    distinct = np.unique(values)
    if len(distinct) <= max_distinct:
        return distinct[1:].tolist()
    rest = values[values != 0]
    cuts = np.unique(np.quantile(rest, np.arange(1, num_buckets) / num_buckets, method="higher"))
    if len(rest) == len(values):
        return cuts.tolist()
    above = distinct[distinct > 0][:1]
    return np.unique(np.concatenate([cuts, above] if distinct[0] == 0 else [cuts, above, [0]])).tolist()


def number_list(values: Iterable[float]) -> str:
    """Numbers as a config writes them, with no more digits than they have."""
    return ", ".join(f"{value:.6g}" if value != int(value) else str(int(value)) for value in values)


def side(name: str) -> str:
    """What a feature's column is about, where that is not the item."""
    return " side: USER" if name in OF_THE_USER else " side: CONTEXT" if name in OF_THE_CONTEXT else ""


def feature(name: str, what: str, embedding_dim: int = DIM) -> str:
    """One feature, on one line."""
    return f'  features {{ input_names: "{name}"{side(name)} {what} embedding_dim: {embedding_dim} }}'


def raw(name: str, cuts: list[float]) -> str:
    """A number cut into ids."""
    return feature(name, f"feature_type: RawFeature boundaries: [{number_list(cuts)}]")


def vocabulary(name: str, words: Iterable[str]) -> str:
    """An id by vocabulary."""
    # JSON's escapes for quotes and backslashes are text protobuf's too.
    return feature(name, f"vocab_list: [{', '.join(json.dumps(word, ensure_ascii=False) for word in words)}]")


def frequent(values: pa.ChunkedArray) -> list[str]:
    """Words of a column, the most frequent first."""
    counts = values.cast(pa.string()).value_counts().to_pylist()
    counts.sort(key=lambda item: (-item["counts"], item["values"] or ""))
    return [item["values"] for item in counts if item["values"]]


def field(name: str, kind: str, default: str | None = None) -> str:
    """One column."""
    missing = "" if default is None else f" default_val: {json.dumps(default)}"
    return f'  input_fields {{ input_name: "{name}" input_type: {kind}{missing} }}'


def group(names: Iterable[str]) -> str:
    """The feature group that the model reads."""
    return "\n".join(
        ["  feature_groups {", '    group_name: "all"', *(f'    feature_names: "{n}"' for n in names), "  }"]
    )


def array(table: pa.Table, name: str) -> np.ndarray:
    """A column of numbers; it has no missing values."""
    return table[name].combine_chunks().to_numpy(zero_copy_only=False)


def census(table: pa.Table) -> dict[str, str]:
    """samples/census/mmoe.config."""
    names = [name for name in table.column_names if name not in CENSUS_LEFT_OUT]
    numbers = [name for name in names if pa.types.is_integer(table.schema.field(name).type)]
    fields = [field(name, "INT32" if name in numbers else "STRING") for name in names]
    fields += [field(name, "INT32") for name in ("y_income", "y_never_married")]
    features = [
        raw(name, boundaries(array(table, name), 200, 50))
        if name in numbers
        else vocabulary(name, frequent(table[name]))
        for name in names
    ]
    return {"mmoe.config": CENSUS.format(fields="\n".join(fields), features="\n".join(features), group=group(names))}


def kuairand(table: pa.Table) -> dict[str, str]:
    """samples/kuairand/esmm.config and esmm_attention.config."""
    plain = [
        feature("user_id", "num_buckets: 27285"),
        feature("video_id", 'num_buckets: 7583 embedding_name: "video"'),
        feature("author_id", "hash_bucket_size: 20000"),
        '  features { input_names: "tags" feature_type: TagFeature combiner: "mean" hash_bucket_size: 1000 '
        f"embedding_dim: {DIM} }}",
    ]
    plain += [
        feature(name, f"num_buckets: {max(1, int(np.nanmax(array(table, name).astype(float)))) + 1}")
        for name in SMALL_IDS
    ]
    plain += [vocabulary(name, frequent(table[name])) for name in WORDS]
    plain += [
        raw(name, boundaries(array(table, name), 24, 20)) for name in USER_NUMBERS + VIDEO_NUMBERS + CONTEXT_NUMBERS
    ]
    counts = [raw(name, boundaries(array(table, name), 20, 20)) for name in HISTORY_NUMBERS]
    id_fields = [field(name, "INT64") for name in ("user_id", "video_id", "author_id")] + [field("tags", "STRING")]
    id_fields += [field(name, "INT64", "-1") for name in SMALL_IDS] + [field(name, "STRING") for name in WORDS]
    id_fields += [field(name, "INT64") for name in USER_NUMBERS + VIDEO_NUMBERS + CONTEXT_NUMBERS]
    labels = [field(name, "INT32") for name in ("y_click", "y_long_view")]
    count_fields = [field(name, "DOUBLE" if name in SHARES else "INT64") for name in HISTORY_NUMBERS]
    plain_names = ["user_id", "video_id", "author_id", "tags", *SMALL_IDS, *WORDS]
    plain_names += [*USER_NUMBERS, *VIDEO_NUMBERS, *CONTEXT_NUMBERS]
    mean = sequence("watch_history", "mean { }")
    attention = [
        sequence(name, 'target_attention { key: "video_id" dnn { hidden_units: [32] use_bn: false } }')
        for name in ("watch_history", "long_watch_history")
    ]
    return {
        "esmm.config": KUAIRAND.format(
            about=ESMM_ABOUT,
            model_dir="out/kuairand/esmm",
            fields="\n".join(id_fields + count_fields + [field("watch_history", "STRING")] + labels),
            features="\n".join(plain + counts + [mean]),
            group=group([*plain_names, *HISTORY_NUMBERS, "watch_history"]),
            clicked_loss=CLICKED_LOSS,
        ),
        "esmm_attention.config": KUAIRAND.format(
            about=ATTENTION_ABOUT,
            model_dir="out/kuairand/esmm_attention",
            fields="\n".join(
                id_fields + [field(name, "STRING") for name in ("watch_history", "long_watch_history")] + labels
            ),
            features="\n".join(plain + attention),
            group=group([*plain_names, "watch_history", "long_watch_history"]),
            clicked_loss="",
        ),
    }


def sequence(name: str, combiner: str) -> str:
    """A history of videos, in the candidate's table."""
    return (
        f'  features {{ input_names: "{name}"{side(name)} feature_type: SequenceFeature num_buckets: 7583 '
        f'embedding_name: "video" '
        f"embedding_dim: {DIM} sequence_combiner {{ {combiner} }} }}"
    )


CENSUS = """\
# Group 1 of the census-income experiments of Ma et al. 2018 (MMOE): income above 50,000 dollars, and never married.
#   python samples/census/prepare.py SOURCE -o data/census
#   apps-rec train samples/census/mmoe.config && apps-rec evaluate samples/census/mmoe.config
# Written by samples/make_configs.py from the training rows. marital_stat is no input: y_never_married is made of it.
# Early stopping looks at a tenth of the training rows; val is for the final figure alone.
train_input_path: "data/census/train.parquet"
eval_input_path: "data/census/val.parquet"
model_dir: "out/census/mmoe"

train_config {{
  optimizer_config {{
    adam_optimizer {{
      learning_rate {{
        # Down to 0 at the end of the twelve epochs of 176 steps.
        cosine_decay_learning_rate {{ learning_rate_base: 0.002 total_steps: 2112 warmup_steps: 0 }}
      }}
    }}
  }}
  save_checkpoints_steps: 176
}}

export_config {{
  exporter_type: "best"
  best_exporter_metric: "auc_income"
  enable_early_stop: true
  max_check_steps: 880
}}

data_config {{
  input_type: ParquetInput
  batch_size: 1024
  num_epochs: 12
  shuffle_buffer_size: 200000
  holdout_fraction: 0.1
  label_fields: ["y_income", "y_never_married"]
{fields}
}}

feature_config {{
{features}
}}

model_config {{
{group}
  mmoe {{
    num_expert: 4
    expert_dnn {{ hidden_units: [128, 64] use_bn: false }}
    task_towers {{
      tower_name: "income"
      label_name: "y_income"
      dnn {{ hidden_units: [32] use_bn: false }}
    }}
    task_towers {{
      tower_name: "never_married"
      label_name: "y_never_married"
      dnn {{ hidden_units: [32] use_bn: false }}
    }}
    l2_regularization: 0
  }}
}}
"""

ESMM_ABOUT = """\
# Click, then long view, on KuaiRand-Pure: counts of the histories that ended before the log began, and the latest
# videos watched, as a mean."""
ATTENTION_ABOUT = """\
# Click, then long view, on KuaiRand-Pure: no counts of histories, but the lists themselves, pooled by attention
# against the candidate video (Zhou et al. 2018)."""
# A propensity of 1 in place of pCTR: the rows that were clicked count as they are.
CLICKED_LOSS = """\
    # Beside ESMM's two losses: pCVR on the rows that were clicked, each with the weight 1 (docs/results.md).
    counterfactual { estimator: IPS weight: 1 min_propensity: 1 }
"""
KUAIRAND = """\
{about}
#   python samples/kuairand/prepare.py SOURCE -o data/kuairand
#   apps-rec train CONFIG && apps-rec evaluate CONFIG --set eval_input_path=data/kuairand/test.parquet
# Written by samples/make_configs.py from the training rows. The best checkpoint and the stop are chosen on val (2 May).
train_input_path: "data/kuairand/train.parquet"
eval_input_path: "data/kuairand/val.parquet"
model_dir: "{model_dir}"

train_config {{
  optimizer_config {{
    adam_optimizer {{ learning_rate {{ constant_learning_rate {{ learning_rate: 0.002 }} }} }}
  }}
  # A quarter of an epoch: the ids overfit in the second one.
  save_checkpoints_steps: 29
}}

export_config {{
  exporter_type: "best"
  best_exporter_metric: "auc_ctcvr"
  enable_early_stop: true
  max_check_steps: 87
}}

data_config {{
  input_type: ParquetInput
  batch_size: 1024
  num_epochs: 4
  # All training rows: the file is in order of time.
  shuffle_buffer_size: 120000
  label_fields: ["y_click", "y_long_view"]
{fields}
}}

feature_config {{
{features}
}}

model_config {{
  # Training ends within one or two epochs, before ids overfit: embeddings that start small lose less to their noise
  # (docs/results.md).
  embedding_stddev: 0.01
{group}
  esmm {{
    ctr_tower {{
      tower_name: "ctr"
      label_name: "y_click"
      dnn {{ hidden_units: [128, 64] dropout_ratio: [0.2, 0.2] use_bn: false }}
    }}
    cvr_tower {{
      tower_name: "cvr"
      label_name: "y_long_view"
      dnn {{ hidden_units: [128, 64] dropout_ratio: [0.2, 0.2] use_bn: false }}
    }}
{clicked_loss}    l2_regularization: 0
  }}
}}
"""


def main(argv: list[str] | None = None) -> int:
    """Reads the training file, writes the configs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sample", choices=("census", "kuairand"))
    parser.add_argument("train", type=Path, help="train.parquet, as prepare.py writes it")
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder of the configs")
    args = parser.parse_args(argv)
    make = {"census": census, "kuairand": kuairand}[args.sample]
    for name, text in make(pq.read_table(args.train)).items():
        (args.output / name).write_text(text, encoding="utf-8")
        print(args.output / name)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
