"""Columns, features, tables and groups of any name, from the log to the answer of a server."""

import json

import numpy as np
import pyarrow.csv
import pyarrow.parquet
import pytest
import tensorflow as tf
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

import apps_rec
from apps_rec.names import argument_names
from apps_rec.serving.batch import predict
from apps_rec.serving.export_folder import open_export
from apps_rec.serving.parity.golden import Golden
from apps_rec.serving.requests import request
from apps_rec.serving.saved_model import export
from apps_rec.serving.schema import build_serving_schema
from tests.serving.engines import kept_engine, lent_engine
from tests.serving.named import KINDS, write_run

# Spaces, dots, slashes, words of Python and of ours, letters of others, and some that are alike to a file system, to a
# graph or to Python.
NAMES = ["size mb", "size-mb", "a/b", "A", "a", "用户编号", "self", "../../up", "class", "1st", " b ", "x" * 1000]
PRICE = {NAMES[6]: "Preis (EUR)"}


class Named:
    """A model, trained and exported."""

    def __init__(self, folder, names, **others):
        folder.mkdir()
        config = write_run(folder, names, **others)
        self.folder, self.names = folder, names
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            # Some seconds: the tests below hold all signatures against each other.
            patch.setattr(export, "prove_in_fresh_process", lambda folder: None)
            apps_rec.train(str(config))
            self.version = folder / apps_rec.export(str(config), "export")
        self.schema = build_serving_schema(open_export(self.version)[1])

    def predict(self, output, **options):
        """The columns of a file of scores."""
        path = self.folder / output
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(predict, "Engine", lent_engine)
            apps_rec.predict(str(self.version), str(self.folder / "log.parquet"), str(path), **options)
        return pyarrow.csv.read_csv(path).to_pydict()


@pytest.fixture(scope="module")
def named(tmp_path_factory):
    """Return the model with the names."""
    return Named(tmp_path_factory.mktemp("named") / "odd", NAMES, group="组/1 ../x", column_names=PRICE)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Return the same model with other names."""
    return Named(tmp_path_factory.mktemp("plain") / "plain", [f"n{place}" for place in range(len(NAMES))])


@pytest.mark.slow
def test_scores_do_not_depend_on_names(named, plain):
    ours, theirs = named.predict("scores.csv"), plain.predict("scores.csv")
    for output in named.schema.outputs:
        np.testing.assert_allclose(ours[output], theirs[output], rtol=0, atol=1e-6, err_msg=output)
    assert np.ptp(ours["score"]) > 0.001


@pytest.mark.slow
def test_rankings_do_not_depend_on_names(named, plain):
    def ranked(model):
        shared = [column.name for column in model.schema.shared]
        return model.predict("ranked.csv", signature="rank", group_by=shared, keep=["click"])

    ours, theirs = ranked(named), ranked(plain)
    assert ours["rank"] == theirs["rank"]
    assert ours["click"] == theirs["click"]
    np.testing.assert_allclose(ours["score"], theirs["score"], rtol=0, atol=1e-6)


@pytest.fixture(scope="module")
def engine(named):
    return kept_engine(named.version)


KEPT = [name for place, name in enumerate(NAMES) if place % KINDS == 0]


@pytest.fixture(scope="module")
def kept(named):
    """Return the scores of the log, with the columns of KEPT."""
    return named.predict("kept.csv", keep=KEPT)


def test_kept_columns_have_their_names(kept):
    assert list(kept)[: len(KEPT)] == KEPT


def test_a_server_asks_for_the_columns_by_their_names(named):
    graph = SavedModel.FromString((named.version / "saved_model.pb").read_bytes()).meta_graphs[0]
    columns = {"user", *NAMES}
    assert set(graph.signature_def["serving_default"].inputs) == columns
    assert set(graph.signature_def["rank"].inputs) == {*columns, "weights"}
    described = json.loads((named.version / "assets/schema.json").read_text(encoding="utf-8"))
    assert {column["name"] for column in described["columns"]} == columns


def test_python_calls_by_column_and_by_argument(named, engine):
    rows = Golden.read(named.version, named.schema).rows
    inputs = {name: tf.constant(array) for name, array in request("rank", rows, named.schema).items()}
    expected = engine.run("rank", request("rank", rows, named.schema))["score"]
    function = tf.saved_model.load(str(named.version)).signatures["rank"]
    arguments = argument_names(["weights", *inputs])
    by_argument = function(**{arguments[name]: value for name, value in inputs.items()})["score"]
    np.testing.assert_allclose(by_argument, expected, rtol=0, atol=1e-6)


def test_no_file_is_written_outside_the_run(named):
    assert sorted(path.name for path in named.folder.parent.iterdir()) == [named.folder.name]
    # Columns 2, 8 have a list of words and 4, 10 a file, of which the run keeps a copy.
    assert len(list((named.folder / "run/vocabularies").iterdir())) == 2
    assert len(list((named.version / "assets").glob("vocabulary_*.txt"))) == 4


def test_the_client_sends_columns_of_any_name(named, engine):
    from apps_rec_client import read_schema
    from apps_rec_client.requests import rank_inputs, score_inputs

    rows = Golden.read(named.version, named.schema).rows
    schema = read_schema(str(named.version / "assets/schema.json"))
    first = {column.name: rows[column.name][0] for column in named.schema.shared}
    items = {column.name: rows[column.name] for column in named.schema.items}
    for signature in ("serving_default", "rank", "rank_packed"):
        expected = engine.run(signature, request(signature, rows, named.schema))["score"]
        given = (
            score_inputs(rows, schema)
            if signature == "serving_default"
            else rank_inputs(signature, first, items, None, schema)
        )
        np.testing.assert_array_equal(engine.run(signature, given)["score"], expected)


def test_an_alias_is_what_requests_say(named, engine, kept):
    assert kept["self"] == pyarrow.parquet.read_table(named.folder / "log.parquet")["Preis (EUR)"].to_pylist()
    described = json.loads((named.version / "assets/schema.json").read_text(encoding="utf-8"))
    assert [(c["name"], c["column_name"]) for c in described["columns"] if "column_name" in c] == list(PRICE.items())
    rows = Golden.read(named.version, named.schema).rows
    examples = request("serving_tf_example", rows, named.schema)
    # The records of training: they have the names of files.
    features = tf.train.Example.FromString(examples["examples"][0]).features.feature
    assert set(features) == {"user", *NAMES, "Preis (EUR)"} - {"self"}
    expected = engine.run("serving_default", request("serving_default", rows, named.schema))["score"]
    np.testing.assert_allclose(engine.run("serving_tf_example", examples)["score"], expected, rtol=0, atol=1e-6)
