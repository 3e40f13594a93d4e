"""A small log and configs for it: what tests train that need no data of their own."""

import random
from pathlib import Path

TINY_DATA = """\
train_input_path: "train.csv"
eval_input_path: "eval.csv"
model_dir: "run"
data_config {
  input_type: CSVInput with_header: true batch_size: 32 num_epochs: 3 shuffle_buffer_size: 100
  label_fields: ["click", "download"] key_fields: "request"
  input_fields { input_name: "request" }
  input_fields { input_name: "user" default_val: "nobody" }
  input_fields { input_name: "app" input_type: INT64 default_val: "-1" }
  input_fields { input_name: "price" input_type: FLOAT default_val: "0.5" }
  input_fields { input_name: "word" }
  input_fields { input_name: "tags" }
  input_fields { input_name: "slot" input_type: INT32 default_val: "2" }
  input_fields { input_name: "source" }
  input_fields { input_name: "click" input_type: INT32 }
  input_fields { input_name: "download" input_type: INT32 }
  row_filter { column: "source" drop: "cache" }
}
"""
TINY_MODEL = """\
feature_config {
  features { input_names: "user" embedding_dim: 4 hash_bucket_size: 100 }
  features { input_names: "app" embedding_dim: 4 num_buckets: 30 }
  features { input_names: "price" feature_type: RawFeature embedding_dim: 4 }
  features { input_names: "word" embedding_dim: 4 vocab_file: "words.txt" }
  features {
    input_names: "tags" feature_type: TagFeature embedding_dim: 4 hash_bucket_size: 50 kv_separator: ":" max_seq_len: 4
  }
  features { input_names: "slot" embedding_dim: 2 num_buckets: 5 position: true }
}
model_config {
  feature_groups { group_name: "all" feature_names: ["user", "app", "price", "word", "tags"] }
  feature_groups { group_name: "position" feature_names: "slot" }
  esmm {
    num_expert: 2
    expert_dnn { hidden_units: [16, 8] use_bn: true dropout_ratio: [0.2, 0.1] }
    fm { }
    position_tower { }
    ctr_tower { tower_name: "ctr" label_name: "click" weight: 0.95 }
    cvr_tower { tower_name: "cvr" label_name: "download" weight: 0.05 dnn { hidden_units: 8 dropout_ratio: 0.1 } }
  }
}
"""
# A third of the other one's time to train, to measure and to export, which is that of its graphs.
SMALL_MODEL = """\
feature_config {
  features { input_names: "user" embedding_dim: 4 hash_bucket_size: 100 }
  features { input_names: "app" embedding_dim: 4 num_buckets: 30 }
  features { input_names: "word" embedding_dim: 4 vocab_file: "words.txt" }
  features { input_names: "slot" embedding_dim: 2 num_buckets: 5 position: true }
}
model_config {
  feature_groups { group_name: "all" feature_names: ["user", "app", "word"] }
  feature_groups { group_name: "position" feature_names: "slot" }
  esmm {
    num_expert: 2
    expert_dnn { hidden_units: 8 use_bn: true dropout_ratio: 0.1 }
    position_tower { }
    ctr_tower { tower_name: "ctr" label_name: "click" weight: 0.95 }
    cvr_tower { tower_name: "cvr" label_name: "download" weight: 0.05 }
  }
}
"""
TINY_TRAINING = """\
train_config {
  save_checkpoints_steps: 10 log_step_count_steps: 10 save_summary_steps: 10
  optimizer_config { adam_optimizer { learning_rate { constant_learning_rate { learning_rate: 0.02 } } } }
}
"""
TINY_HEADER = ("request", "user", "app", "price", "word", "tags", "slot", "source", "click", "download")
TINY_WORDS = ("fun", "spiele", "игры", "工具")


def tiny_rows(count: int, seed: int) -> list[list[str]]:
    """Rows of a log in which an app decides over click and download; some cells are empty, some are not ASCII."""
    draw = random.Random(seed)
    rows = []
    for i in range(count):
        app = draw.randrange(30)
        click = draw.random() < (0.2, 0.5, 0.8)[app % 3]
        download = click and draw.random() < (0.3, 0.7)[app % 2]
        rows.append(
            [
                f"r{i}",
                f"ü{draw.randrange(80)}" if draw.random() < 0.9 else "",
                str(app),
                f"{draw.random():.3f}" if draw.random() < 0.9 else "",
                draw.choice((*TINY_WORDS, "unheard-of")),
                "|".join(f"t{draw.randrange(20)}:{draw.random():.2f}" for _ in range(draw.randrange(4))),
                str(draw.randrange(5)),
                "cache" if draw.random() < 0.1 else "live",
                str(int(click)),
                str(int(download)),
            ]
        )
    return rows


class TinyRun:
    """A folder with a small log, a vocabulary and `tiny.config`, whose paths are relative to it."""

    def __init__(self, folder: Path, rows: int = 640, model: str = TINY_MODEL) -> None:
        self.folder = folder
        self.config = folder / "tiny.config"
        self.config.write_text(TINY_DATA + model + TINY_TRAINING, encoding="utf-8")
        (folder / "words.txt").write_text("\n".join(TINY_WORDS) + "\n", encoding="utf-8")
        self.write_csv("train.csv", tiny_rows(rows, seed=1))
        self.write_csv("eval.csv", tiny_rows(200, seed=2))

    @classmethod
    def of(cls, folder: Path) -> "TinyRun":
        """The one that stands in a folder."""
        run = cls.__new__(cls)
        run.folder, run.config = folder, folder / "tiny.config"
        return run

    def write_csv(self, name: str, rows: list[list[str]]) -> Path:
        """Writes rows below the header."""
        path = self.folder / name
        path.write_text("".join(",".join(row) + "\n" for row in (TINY_HEADER, *rows)), encoding="utf-8")
        return path

    def rows(self, name: str) -> list[dict[str, str]]:
        """The rows of a CSV file in the folder."""
        lines = (self.folder / name).read_text(encoding="utf-8").splitlines()
        return [dict(zip(TINY_HEADER, line.split(","), strict=True)) for line in lines[1:]]

    def load(self, *overrides: str):
        """The config with overrides."""
        from apps_rec.config import load_config

        return load_config(self.config, overrides)
