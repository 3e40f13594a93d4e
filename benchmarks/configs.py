"""Our side of the benchmark as the text of a config, every field that is not the benchmark's own at its default."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks.dataset import BATCH_SIZE, CATEGORICAL, HISTORY, LABELS, NUMERIC

DIM = 16
OPTIMIZERS = ("sgd", "adagrad", "adam", "ftrl")
# Rows of a table move when they are in the batch only, not in the nine steps after it as under a dense Adam: the rate
# is larger for it. Ftrl as published pulls initial weights to 0 at the first touch, and needs a large rate too.
_RATES = {"adam": 0.008, "sgd": 0.05, "adagrad": 0.02, "ftrl": 0.1}

_DNN = "dnn {{ hidden_units: [{units}] use_bn: false }}"
_EXPERT = "{ hidden_units: [256] use_bn: false }"
# One layer of PLE as in the peer: an expert of each task and a shared one.
_EXTRACTION = (
    "    extraction_networks {",
    f"      expert_num_per_task: 1  task_expert_net {_EXPERT}",
    f"      share_num: 1  share_expert_net {_EXPERT}",
    "    }",
)
# The attention of the peer's defaults, with relu in place of dice, over weights that add up to 1.
_DIN = """\
  feature_groups {{
    group_name: "all" feature_names: [{names}]
    sequence_features {{
      group_name: "interest" need_key_feature: false
      seq_att_map {{ key: "{key}" hist_seq: "history" }}
      seq_dnn {{ hidden_units: [80, 40, 1] use_bn: false }}
    }}
  }}
  rank_model {{
    body {{ shared_bottom {{ }} }}
    task_towers {{
      tower_name: "ctr" label_name: "click" dnn {{ hidden_units: [256, 128, 64] use_bn: false }}
    }}
  }}
"""
_TOWER = '{{ tower_name: "{name}" label_name: "{label}" {dnn} weight: 1 }}'


@dataclass(frozen=True)
class Job:
    """The model and the columns that one of our runs trains.

    Attributes:
        model: mmoe, ple, esmm, deepfm or din.
        vocabulary: ids of a column.
        fm: true if an FM is added to MMOE's or ESMM's logits.
        shared_rows: rows of one table that all columns share; 0: a table each.
        optimizer: one of OPTIMIZERS.
        options: further lines of train_config.
        texts: true if columns of ids hold texts, which are hashed; half of them, and the first number, are the user's,
            and so are history and map.
        lookup: true if a LookupFeature takes values of the last column's id from the column `map`.
    """

    model: str = "mmoe"
    vocabulary: int = 100_000
    fm: bool = False
    shared_rows: int = 0
    optimizer: str = "adam"
    options: str = ""
    texts: bool = False
    lookup: bool = False

    @property
    def key(self) -> str:
        """Returns the column that DIN's attention compares a history with: one of the item's, where there are sides."""
        return CATEGORICAL[-1] if self.texts else CATEGORICAL[0]

    @property
    def num_labels(self) -> int:
        """Returns the number of its tasks."""
        return 1 if self.model in ("deepfm", "din") else 2


def config_text(job: Job, train: Path, model_dir: Path, input_type: str = "ParquetInput") -> str:
    """Returns the config of a job that reads `train` and, beside it, eval.parquet."""
    kind = "STRING" if job.texts else "INT64"
    ids = [f'  input_fields {{ input_name: "{name}" input_type: {kind} }}' for name in CATEGORICAL]
    numbers = [f'  input_fields {{ input_name: "{name}" input_type: FLOAT }}' for name in NUMERIC]
    labels = [f'  input_fields {{ input_name: "{name}" input_type: INT32 }}' for name in LABELS]
    label_fields = [f'  label_fields: "{name}"' for name in LABELS[: job.num_labels]]
    return "\n".join(
        [
            f'train_input_path: "{train}"',
            f'eval_input_path: "{train.with_name("eval.parquet")}"',
            f'model_dir: "{model_dir}"',
            "train_config {",
            f"  optimizer_config {{ {job.optimizer}_optimizer {{ learning_rate {{ constant_learning_rate {{",
            f"    learning_rate: {_RATES[job.optimizer]} }} }} }} }}",
            *(f"  {line}" for line in job.options.splitlines()),
            "}",
            "eval_config { metrics_set { auc { } } }",
            "data_config {",
            f"  input_type: {input_type}",
            *(["  with_header: true"] if input_type == "CSVInput" else []),
            f"  batch_size: {BATCH_SIZE}",
            "  num_epochs: 1",
            *label_fields,
            *ids,
            *numbers,
            *(['  input_fields { input_name: "history" }'] if job.model == "din" else []),
            *(['  input_fields { input_name: "map" }'] if job.lookup else []),
            *labels[: job.num_labels],
            "}",
            "feature_config {",
            *_features(job),
            "}",
            "model_config {",
            # Near the peers' own: 150 steps do not unlearn more for ids that are seen six times.
            "  embedding_stddev: 0.005",
            *_model(job),
            "}",
            "",
        ]
    )


def _features(job: Job) -> list[str]:
    # The last id of a column is past num_buckets and becomes the unknown one: as many rows as ids, as in the peers.
    shared = ' embedding_name: "all"' if job.shared_rows else ""
    table = ' embedding_name: "item"'
    buckets = (job.shared_rows or job.vocabulary) - 1
    rows = f"hash_bucket_size: {job.vocabulary}" if job.texts else f"num_buckets: {buckets}"
    users = {*CATEGORICAL[: len(CATEGORICAL) // 2], NUMERIC[0]} if job.texts else set()
    sides = {name: " side: USER" if name in users else "" for name in (*CATEGORICAL, *NUMERIC)}
    ids = [
        f'  features {{ input_names: "{name}" {rows} embedding_dim: {DIM}{shared}{sides[name]}'
        f"{table if job.model == 'din' and name == job.key else ''} }}"
        for name in CATEGORICAL
    ]
    if job.model == "din":
        ids.append(
            f'  features {{ input_names: "history" feature_type: SequenceFeature {rows} embedding_dim: {DIM}{table}'
            f" max_seq_len: {HISTORY}{' side: USER' * job.texts} }}"
        )
    if job.lookup:
        ids.append(
            f'  features {{ feature_name: "lookup" feature_type: LookupFeature {rows}'
            f' input_names: ["{CATEGORICAL[-1]}", "map"]'
            f' embedding_dim: {DIM} separator: "|" kv_separator: ":" input_sides: [ITEM, USER] }}'
        )
    return ids + [f'  features {{ input_names: "{name}" feature_type: RawFeature{sides[name]} }}' for name in NUMERIC]


def _model(job: Job) -> list[str]:
    names = ", ".join(f'"{name}"' for name in CATEGORICAL)
    every = ", ".join(f'"{name}"' for name in (*CATEGORICAL, *NUMERIC, *["lookup"] * job.lookup))
    deep = "deep" if job.model == "deepfm" else "all"
    if job.model == "din":
        return [*_DIN.format(names=every, key=job.key).splitlines()]
    groups = [f'  feature_groups {{ group_name: "{deep}" feature_names: [{every}] }}']
    with_fm = job.fm or job.model == "deepfm"
    if with_fm:
        groups.append(f'  feature_groups {{ group_name: "fm" feature_names: [{names}] }}')
    fm = ['    fm { group_name: "fm" wide_group_name: "fm" }'] if with_fm else []
    if job.model in ("mmoe", "ple"):
        dnn = _DNN.format(units=64)
        towers = [
            f"    task_towers {_TOWER.format(name=name, label=label, dnn=dnn)}"
            for name, label in (("ctr", "click"), ("ctcvr", "download"))
        ]
        if job.model == "ple":
            return [*groups, "  ple {", *_EXTRACTION * 2, *towers, "  }"]
        experts = "    num_expert: 2  expert_dnn { hidden_units: [256, 128] use_bn: false }"
        return [*groups, "  mmoe {", experts, *towers, *fm, "  }"]
    dnn = _DNN.format(units="256, 128, 64")
    if job.model == "esmm":
        ctr = f"    ctr_tower {_TOWER.format(name='ctr', label='click', dnn=dnn)}"
        cvr = f"    cvr_tower {_TOWER.format(name='cvr', label='download', dnn=dnn)}"
        return [*groups, "  esmm {", ctr, cvr, *fm, "  }"]
    return [*groups, "  deepfm {", f"    {dnn}", "  }"]
