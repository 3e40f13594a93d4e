"""What every test may use. TensorFlow is imported by the tests that need it: the tests of config run without it."""

import contextlib
import gc
import io
import logging
import random
import shutil
import subprocess
import sys
import types
from pathlib import Path

import pytest


def split_cpu() -> None:
    """Make two logical CPU devices, while TensorFlow still allows it: before its first op."""
    import tensorflow as tf

    if len(tf.config.get_logical_device_configuration(tf.config.list_physical_devices("CPU")[0]) or []) < 2:
        tf.config.set_logical_device_configuration(
            tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
        )


def pytest_collection_finish(session: pytest.Session) -> None:
    # The first op of any test fixes the devices, so they are set up once the test modules have been imported.
    if "tensorflow" in sys.modules:
        split_cpu()
    # What the modules made stays. A traced graph is many objects, most of which live on: a look at all of them every
    # 700, Python's default, takes a sixth of the time.
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


@pytest.fixture(scope="session")
def two_replicas():
    """Return a MirroredStrategy over two logical CPU devices."""
    import apps_rec.legacy_keras  # noqa: F401  # Keras 2 is settled before TensorFlow builds tf.keras.

    split_cpu()
    from apps_rec.protos import train_pb2
    from apps_rec.training.distribute.strategies import build_strategy

    # The one that a config's training takes: a process cannot have two over the same devices.
    return build_strategy(train_pb2.TrainConfig(train_distribute=train_pb2.MirroredStrategy))


# Files whose tests take longest, the longest first: a worker that began one of them last would leave the others idle.
LONGEST = (
    "samples/appstore_test.py",
    "training/estimator_test.py",
    "serving/saved_model/export_test.py",
    "faults/kill_test.py",
    "serving/parity/verify_test.py",
    "models/combinations_test.py",
    "faults/resume_test.py",
    "faults/second_training_test.py",
    "faults/sigterm_test.py",
    "mutants/mutants_test.py",
    "training/mirrored_test.py",
    "faults/disk_test.py",
    "cli/main_test.py",
    "tools/pytest_plugin_test.py",
    "tools/regress_test.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the longest files to the front; each file's tests stay in their order."""
    folder = Path(__file__).parent
    places = {folder / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


@pytest.fixture(autouse=True, scope="module")
def nothing_left():
    """Free what the tests of a file left: graphs stand in circles that are not found by themselves for long."""
    yield
    gc.collect()


@pytest.fixture(autouse=True)
def log_as_it_was():
    """Undo what the command line does to the log: the tests behind it read the root logger's."""
    logger = logging.getLogger("apps_rec")
    handlers, level, propagate = logger.handlers[:], logger.level, logger.propagate
    yield
    logger.handlers[:] = handlers
    logger.setLevel(level)
    logger.propagate = propagate


@pytest.fixture
def seen(caplog, monkeypatch):
    """Return the log, which the command line keeps from the root logger."""
    logger = logging.getLogger("apps_rec")
    monkeypatch.setattr(logger, "propagate", False)
    logger.addHandler(caplog.handler)
    caplog.set_level(logging.INFO, logger="apps_rec")
    yield caplog
    logger.removeHandler(caplog.handler)


TINY_CONFIG = """\
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

    def __init__(self, folder: Path, rows: int = 640) -> None:
        self.folder = folder
        self.config = folder / "tiny.config"
        self.config.write_text(TINY_CONFIG, encoding="utf-8")
        (folder / "words.txt").write_text("\n".join(TINY_WORDS) + "\n", encoding="utf-8")
        self.write_csv("train.csv", tiny_rows(rows, seed=1))
        self.write_csv("eval.csv", tiny_rows(200, seed=2))

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


@pytest.fixture(scope="session")
def tiny_run():
    """Return the class TinyRun, for fixtures that need a folder of their own."""
    return TinyRun


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """Return a TinyRun in the working directory."""
    monkeypatch.chdir(tmp_path)
    return TinyRun(tmp_path)


@pytest.fixture(scope="session")
def trained_once(tmp_path_factory):
    """Return the folder of a TinyRun that is trained."""
    import apps_rec

    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("trained_once")
        patch.chdir(folder)
        apps_rec.train(TinyRun(folder).load())
        return folder


@pytest.fixture(scope="module")
def trained(trained_once, tmp_path_factory):
    """Return a TinyRun that is trained, in the working directory while the tests of a module run: for reading only."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("trained")
        patch.chdir(folder)
        run = TinyRun(folder)
        shutil.copytree(trained_once, folder, dirs_exist_ok=True)
        yield run


@pytest.fixture
def unproven(monkeypatch):
    """Leave out the proof of exports, some seconds each: for tests of something else."""
    from apps_rec.serving.saved_model import export

    monkeypatch.setattr(export, "prove_in_fresh_process", lambda folder: None)


@pytest.fixture
def proven_here(monkeypatch):
    """Prove exports in this process, which spares a start of TensorFlow: for tests of what the proof says."""
    from apps_rec.cli.main import main
    from apps_rec.serving.parity import verify

    def run(command, **options):
        assert command[1:3] == ["-m", "apps_rec"]
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
            code = main(command[3:])
        return subprocess.CompletedProcess(command, code, out.getvalue(), err.getvalue())

    monkeypatch.setattr(verify, "subprocess", types.SimpleNamespace(run=run))
