"""Mutants of configs: `check` reads each in a moment, and what it takes trains, exports and scores, or says why not.

What names of columns, features and towers may be is tested elsewhere.
"""

import random
import time
from pathlib import Path

import pytest
from google.protobuf import text_format

from apps_rec.config import parse_text
from apps_rec.errors import ConfigError
from apps_rec.protos import train_pb2
from apps_rec.protos.pipeline_pb2 import PipelineConfig
from tests.mutants.generate import mutants, mutate_fields
from tests.mutants.run import follow, is_small

SAMPLES = Path(__file__).parents[2] / "samples"
ONE_PROCESS = (train_pb2.NoStrategy, train_pb2.OneDeviceStrategy)
# Every kind of column, and little else: what a training costs is its graph.
SMALL = """\
train_input_path: "train.csv"
eval_input_path: "eval.csv"
model_dir: "run"
train_config { num_steps: 20 }
data_config {
  input_type: CSVInput
  with_header: true
  label_fields: ["click", "download"]
  input_fields { input_name: "click" input_type: INT32 }
  input_fields { input_name: "download" input_type: INT32 }
  input_fields { input_name: "user" }
  input_fields { input_name: "hour" input_type: INT32 default_val: "-1" }
  input_fields { input_name: "age" input_type: FLOAT }
  input_fields { input_name: "tags" }
}
feature_config {
  features { feature_name: "user" input_names: "user" embedding_dim: 4 hash_bucket_size: 100 }
  features { feature_name: "hour" input_names: "hour" embedding_dim: 4 num_buckets: 24 }
  features { feature_name: "age" input_names: "age" feature_type: RawFeature embedding_dim: 4 }
  features { feature_name: "tags" input_names: "tags" feature_type: TagFeature embedding_dim: 4 hash_bucket_size: 20 }
}
model_config {
  feature_groups { group_name: "all" feature_names: ["user", "hour", "age", "tags"] }
  rank_model {
    body { shared_bottom { dnn { hidden_units: 8 } } }
    fm { }
    task_towers { tower_name: "ctr" label_name: "click" }
    task_towers { tower_name: "ctcvr" label_name: "download" dnn { hidden_units: 4 } }
  }
}
"""


@pytest.fixture(scope="module")
def samples():
    """Texts of all samples."""
    return [path.read_text(encoding="utf-8") for path in sorted(SAMPLES.glob("*/*.config"))]


def check_all(texts):
    """How many `check` takes; none may end otherwise than by one readable report, or take more than 2 s."""
    taken = 0
    for text in texts:
        started = time.process_time()
        try:
            parse_text(text, "mutant.config")
            taken += 1
        except ConfigError as error:
            lines = str(error).split("\n")
            assert 0 < len(lines) <= 101
            assert all(line.isprintable() and len(line) < 1100 for line in lines)
        assert time.process_time() - started < 2
    return taken


def test_100_mutants_are_taken_or_refused(samples):
    assert 10 < check_all(mutants(samples, 100, seed=3)) < 90


@pytest.mark.slow
def test_2000_mutants_are_taken_or_refused(samples):
    assert 200 < check_all(mutants(samples, 2000, seed=4)) < 1800


def taken_mutant(text, draw, changes):
    """A mutant that `check` takes, that one process trains and that fits a test's memory, after so many changes."""
    made = 0
    for _ in range(60 * changes):
        mutant = mutate_fields(text_format.Parse(text, PipelineConfig()), draw)
        try:
            message = parse_text(mutant).message
        except ConfigError:
            continue
        if is_small(message) and message.train_config.train_distribute in ONE_PROCESS:
            text, made = mutant, made + 1
        if made == changes:
            break
    return text


def end_of(text, folder):
    folder.mkdir()
    told = follow(text, folder)
    # Whatever says no is a message for the config's owner, and most say nothing.
    assert told == "done" or "Traceback" not in told, told
    return told


def test_a_mutant_trains_exports_and_scores(tmp_path, unproven):
    assert end_of(taken_mutant(SMALL, random.Random(5), 10), tmp_path / "mutant") == "done"


@pytest.mark.slow
def test_100_mutants_of_samples_train_export_and_score(samples, tmp_path, unproven):
    draw = random.Random(6)
    told = [end_of(taken_mutant(draw.choice(samples), draw, 5), tmp_path / str(at)) for at in range(100)]
    assert told.count("done") > 60, told
