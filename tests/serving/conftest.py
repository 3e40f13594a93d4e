"""A trained model whose request has all sides and kinds of columns, exported once for the tests of a session."""

import random
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

SIDES = (
    ('{ input_names: "user" ', '{ input_names: "user" side: USER '),
    ('{ input_names: "word" ', '{ input_names: "word" side: CONTEXT '),
    (
        '  features { input_names: "slot"',
        '  features { input_names: "seen" feature_type: SequenceFeature num_buckets: 30 embedding_name: "app"\n'
        '    embedding_dim: 4 max_seq_len: 5 side: USER sequence_combiner { target_attention { key: "app" } } }\n'
        '  features { feature_name: "user_x_app" input_names: ["user", "app"] feature_type: ComboFeature\n'
        "    hash_bucket_size: 60 embedding_dim: 4 }\n"
        '  features { input_names: "age" feature_type: RawFeature side: USER boundaries: [20, 30] embedding_dim: 4 }\n'
        '  features { input_names: "is_new" num_buckets: 2 side: CONTEXT embedding_dim: 4 }\n'
        '  features { input_names: "size" feature_type: RawFeature normalizer_fn: "log1p" embedding_dim: 4 }\n'
        '  features { input_names: "slot"',
    ),
    (
        '  input_fields { input_name: "slot"',
        '  input_fields { input_name: "seen" default_val: "3|1" }\n'
        '  input_fields { input_name: "age" input_type: INT32 default_val: "-1" }\n'
        '  input_fields { input_name: "is_new" input_type: INT64 default_val: "-1" }\n'
        '  input_fields { input_name: "size" input_type: DOUBLE default_val: "7.5" }\n'
        '  input_fields { input_name: "slot"',
    ),
    ('"word", "tags"]', '"word", "tags", "seen", "user_x_app", "age", "is_new", "size"]'),
)


# All sides, and two numbers of an item: what a request to rank takes apart, and little else.
SMALL_RANKED = """\
feature_config {
  features { input_names: "user" embedding_dim: 4 hash_bucket_size: 100 side: USER }
  features { input_names: "app" embedding_dim: 4 num_buckets: 30 }
  features { input_names: "price" feature_type: RawFeature embedding_dim: 4 }
  features { input_names: "size" feature_type: RawFeature normalizer_fn: "log1p" embedding_dim: 4 }
  features { input_names: "word" embedding_dim: 4 vocab_file: "words.txt" side: CONTEXT }
}
model_config {
  feature_groups { group_name: "all" feature_names: ["user", "app", "price", "size", "word"] }
  esmm {
    groups { input: "all" dnn { hidden_units: 8 } }
    ctr_tower { tower_name: "ctr" label_name: "click" weight: 0.95 }
    cvr_tower { tower_name: "cvr" label_name: "download" weight: 0.05 }
  }
}
"""


@dataclass
class Ranked:
    """A TinyRun, its folder, the version exported from it and the schema of that."""

    run: object
    folder: Path
    version: Path
    schema: object

    def rows(self):
        """The rows that the export was proven on."""
        from apps_rec.serving.parity.golden import Golden

        return Golden.read(self.version, self.schema).rows

    @property
    def engine(self):
        """The export in a session, the same one for all tests."""
        from tests.serving.engines import kept_engine

        return kept_engine(self.version)


@pytest.fixture(scope="session")
def make_ranked(tiny_run):
    """Return what writes a TinyRun with sides into a folder."""

    def make(folder, sides=SIDES, **options):
        run = tiny_run(folder, **options)
        text = run.config.read_text(encoding="utf-8")
        for old, new in sides:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        run.config.write_text(text, encoding="utf-8")
        draw = random.Random(5)
        for name in ("train.csv", "eval.csv"):
            path = folder / name
            header, *lines = path.read_text(encoding="utf-8").splitlines()
            more = [
                ",".join(
                    [
                        "|".join(str(draw.randrange(32)) for _ in range(draw.randrange(6))),
                        str(draw.randrange(60)) if draw.random() < 0.9 else "",
                        str(draw.randrange(3)),
                        f"{draw.random() * 100:.3f}" if draw.random() < 0.9 else "",
                    ]
                )
                for _ in lines
            ]
            joined = [f"{line},{extra}" for line, extra in zip(lines, more, strict=True)]
            path.write_text("\n".join([f"{header},seen,age,is_new,size", *joined]) + "\n", encoding="utf-8")
        return run

    return make


@pytest.fixture(scope="session")
def ranked_once(make_ranked, made_once, tiny_run):
    """Return a trained and exported model; for reading only."""
    import apps_rec
    from apps_rec.serving.saved_model import export
    from apps_rec.serving.schema import build_serving_schema

    def train_and_export(folder):
        run = make_ranked(folder)
        apps_rec.train(run.load())
        apps_rec.evaluate(run.load())
        with pytest.MonkeyPatch.context() as unproven:
            # Some seconds: parity/verify_test.py repeats the proof.
            unproven.setattr(export, "prove_in_fresh_process", lambda folder: None)
            apps_rec.export(run.load(), "export")

    folder = made_once("ranked", train_and_export)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        run = tiny_run.of(folder)
        (version,) = (folder / "export").iterdir()
        schema = build_serving_schema(run.load().message)
    return Ranked(run, folder, version, schema)


@pytest.fixture(scope="module")
def small_ranked_once(make_ranked, made_once, tiny_run):
    """Return a small model with sides, trained: for tests that export it each in a way of its own."""
    import apps_rec
    from apps_rec.serving.schema import build_serving_schema

    def train(folder):
        columns = [(old, new) for old, new in SIDES if "input_fields" in old]
        run = make_ranked(folder, columns, model=SMALL_RANKED)
        apps_rec.train(run.load("train_config.save_checkpoints_steps=100"))

    folder = made_once("small_ranked", train)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        run = tiny_run.of(folder)
        schema = build_serving_schema(run.load().message)
    return Ranked(run, folder, None, schema)


@pytest.fixture
def small_ranked(small_ranked_once, monkeypatch):
    """Return the small model, in whose folder the test runs."""
    monkeypatch.chdir(small_ranked_once.folder)
    return small_ranked_once


@pytest.fixture
def ranked(ranked_once, monkeypatch):
    """Return the model, in whose folder the test runs: the paths of its config are relative."""
    monkeypatch.chdir(ranked_once.folder)
    return ranked_once


@pytest.fixture(scope="module")
def exported(trained, made_once):
    """Return the folder of the version that `trained` exported, proven in a fresh process."""
    import apps_rec

    def export(folder):
        shutil.copytree(trained.folder, folder, dirs_exist_ok=True)
        apps_rec.export(trained.of(folder).load(), "export")

    (version,) = (made_once("exported", export) / "export").iterdir()
    return Path(shutil.copytree(version, trained.folder / "export" / version.name))


@pytest.fixture
def loaded_once(monkeypatch):
    """Have `predict` and `explain` load an export once for all tests: for those of files, columns and messages."""
    from apps_rec.serving.batch import explain, predict
    from tests.serving.engines import lent_engine

    for module in (explain, predict):
        monkeypatch.setattr(module, "Engine", lent_engine)


@pytest.fixture(scope="session")
def scorer(tmp_path_factory):
    """Return the C++ program that scores with an export."""
    from tests.serving.cpp import build

    return build(tmp_path_factory.mktemp("native"))
