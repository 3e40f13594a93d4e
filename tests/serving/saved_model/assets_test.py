"""Assets of an export are a stranger's: every wrong one is a message that names file and field."""

import json
import math
import os
import random
import shutil

import pytest

import apps_rec
from apps_rec.cli.main import main
from apps_rec.errors import RunError
from apps_rec.serving.json_asset import read_json_object
from apps_rec.serving.parity import verify
from apps_rec.serving.parity.golden import Golden
from apps_rec.serving.schema_file import check_schema_file
from tests.serving.engines import lent_engine

NUMBERS = ("rows.price", "outputs.score")


@pytest.fixture
def version(ranked, tmp_path):
    """Return a folder with the assets of an export, and without its graph."""
    shutil.copytree(ranked.version / "assets", tmp_path / "1/assets")
    return tmp_path / "1"


def change(path, way, value):
    """Writes another value into a JSON file, at a way such as ["rows", "app", 0]; ... takes the field away."""
    described = json.loads(path.read_text(encoding="utf-8"))
    *steps, last = way
    at = described
    for step in steps:
        at = at[step]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    path.write_text(json.dumps(described), encoding="utf-8")


WRONG_PROOFS = [
    (["rows"], ..., "the file: has no 'rows'"),
    (["more"], 1, "the file: has 'more', expected no more than rows, source"),
    (["rows"], 3, "rows: expected an object, got 3"),
    (["rows"], [], "rows: expected an object, got []"),
    (["rows", "user"], ..., "rows: has no 'user'"),
    (["rows", "stranger"], [1], "rows: has 'stranger', expected no more than"),
    (["rows", "user"], "ab", "rows.user: expected a list of 1 to 10000 values, got 'ab'"),
    (["rows", "user"], [], "rows.user: expected a list of 1 to 10000 values, got 0"),
    (["rows", "app"], [1, 2], "rows.app: expected a list of 65 values, got 2"),
    (["rows", "user", 0], 5, "rows.user[0]: expected a text, got 5"),
    (["rows", "app", 1], 2**63, "rows.app[1]: expected a whole number from -9223372036854775808 to"),
    (["rows", "app", 1], 1.5, "rows.app[1]: expected a whole number from"),
    (["rows", "app", 1], True, "rows.app[1]: expected a whole number from"),
    (["rows", "age", 1], 2**31, "rows.age[1]: expected a whole number from -2147483648 to 2147483647"),
    (["rows", "price", 1], 1e39, "rows.price[1]: expected a number from -3.40282e+38 to 3.40282e+38, got 1e+39"),
    (["rows", "price", 1], None, "rows.price[1]: expected a number"),
    (["rows", "size", 1], [1], "rows.size[1]: expected a number"),
    (["source"], 3, "source: expected a text, got 3"),
    (["outputs"], "x", "outputs: expected an object, got 'x'"),
    (["outputs", "score"], ..., "outputs: has no 'score'"),
    (["outputs", "score"], [0.5], "outputs.score: expected a list of 65 values, got 1"),
    (["outputs", "score", 3], "0.5", "outputs.score[3]: expected a number from"),
    (["users"], [], "users: expected a list of 1 to 65 values, got 0"),
    (["users", 0], 65, "users[0]: expected a whole number from 0 to 64, got 65"),
    (["users", 0], -1, "users[0]: expected a whole number from 0 to 64, got -1"),
    (["users", 0], 0.0, "users[0]: expected a whole number"),
    (["weights"], [1], "weights: expected a list of 2 values, got 1"),
    (["weights", 0], 1e39, "weights[0]: expected a number from"),
    (["ranked"], {}, "ranked: expected a list of 3 values, got {}"),
    (["ranked", 1], 3, "ranked[1]: expected an object, got 3"),
    (["ranked", 1, "order"], [0], "ranked[1]: has 'order'"),
    (["ranked", 1, "score"], [0], "ranked[1].score: expected a list of 65 values, got 1"),
    (["tolerance"], 1e9, "tolerance: expected a number from 0 to 1e-05, got 1000000000.0"),
    (["tolerance"], 0.03, "tolerance: expected a number from 0 to 1e-05, got 0.03"),
    (["tolerance"], -1, "tolerance: expected a number from 0 to 1e-05, got -1"),
    (["tolerance"], "1e-5", "tolerance: expected a number from 0 to 1e-05, got '1e-5'"),
    (["score_difference"], 3, "score_difference: expected a list of 2 values, got 3"),
    (["score_difference"], [1, -1], "score_difference[1]: expected a number from 0"),
]


@pytest.mark.parametrize(("way", "value", "text"), WRONG_PROOFS, ids=lambda value: str(value)[:40])
def test_a_proof_with_a_wrong_field(ranked, version, way, value, text):
    path = version / "assets/proof.json"
    change(path, way, value)
    with pytest.raises(RunError) as caught:
        Golden.read(version, ranked.schema, 1e-5)
    assert str(caught.value).startswith(f"{path}: {text}"), caught.value
    assert str(caught.value).endswith("Export again")


WRONG_FILES = {
    "nothing": (b"", "expected JSON: Expecting value"),
    "no JSON": (b"{", "expected JSON: Expecting property name"),
    "no UTF-8": (b'{"rows": "\xff"}', "expected JSON: 'utf-8' codec can't decode"),
    "a list": (b"[1]", "expected an object, got [1]"),
    "a text": (b'"x"', "expected an object, got 'x'"),
    "null": (b"null", "expected an object, got None"),
    "NaN": (b'{"tolerance": NaN}', "expected JSON: NaN is no number of JSON"),
    "Infinity": (b'{"tolerance": -Infinity}', "expected JSON: -Infinity is no number of JSON"),
    "half a pair": (b'{"rows": {"user": ["\\ud800"]}}', "expected JSON: a text holds half of a UTF-16 pair, '\\ud800'"),
    "a name twice": (b'{"a": 1, "a": 2}', "expected JSON: 'a' stands there twice"),
    "too deep": (b"[" * 100_000, "expected JSON: its brackets are too deep to read"),
    "a number of 5,000 digits": (b'{"tolerance": %s}' % (b"1" * 5000), "expected JSON: a number is too large: 111"),
}


@pytest.mark.parametrize(("data", "text"), WRONG_FILES.values(), ids=WRONG_FILES)
@pytest.mark.parametrize("name", ["proof.json", "schema.json"])
def test_a_file_that_is_none(ranked, version, name, data, text):
    path = version / "assets" / name
    path.write_bytes(data)
    with pytest.raises(RunError) as caught:
        read(ranked, version, name)
    assert str(caught.value).startswith(f"{path}: {text}"), caught.value


def read(ranked, version, name):
    if name == "proof.json":
        Golden.read(version, ranked.schema)
    else:
        check_schema_file(version / "assets/schema.json", ranked.schema)


@pytest.mark.parametrize("name", ["proof.json", "schema.json"])
def test_a_file_that_is_not_there_or_no_file(ranked, version, monkeypatch, name):
    path = version / "assets" / name
    monkeypatch.setattr("apps_rec.serving.json_asset.MOST_BYTES", 1000)
    path.write_bytes(b" " * 1001)
    with pytest.raises(RunError, match=r"expected at most 1,000 bytes, got 1,001"):
        read_json_object(path)
    path.unlink()
    with pytest.raises(RunError, match=rf"{name}, .* is not there\. Export again"):
        read(ranked, version, name)
    os.mkfifo(path)  # which nobody writes: whoever opens it waits for ever
    with pytest.raises(RunError, match="expected a regular file"):
        read(ranked, version, name)


def test_the_assets_of_an_export_are_as_they_should_be(ranked):
    evidence = Golden.read(ranked.version, ranked.schema, 1e-5)
    assert len(evidence.rows["user"]) == 65
    check_schema_file(ranked.version / "assets/schema.json", ranked.schema)


@pytest.mark.parametrize(
    ("way", "value", "text"),
    [
        (["columns", 0, "dtype"], "DT_HALF", "columns[0].dtype: expected 'DT_"),
        (["columns", 0], ..., "columns: expected ["),
        (["columns", 1, "side"], "moon", "columns[1].side: expected "),
        (["columns"], 3, "columns: expected ["),
        (["score", "terms", 0, "weight"], 2.0, "score.terms[0].weight: expected 0.9"),
        (["score", "terms", 0, "weight"], True, "score.terms[0].weight: expected 0.9"),
        (["score", "value_field"], "price", "score.value_field: expected None, as the config of the export has it"),
        (["score", "formula"], ..., "score.formula: expected 'weighted_sum', got nothing"),
        (["signatures", "rank", "inputs", 2, "name"], "x", "signatures.rank.inputs[2].name: expected "),
        (["signatures", "more"], {}, "signatures.more: is no field of a schema"),
    ],
)
def test_a_schema_that_says_otherwise_than_the_config(ranked, version, way, value, text):
    path = version / "assets/schema.json"
    change(path, way, value)
    with pytest.raises(RunError) as caught:
        check_schema_file(path, ranked.schema)
    assert str(caught.value).startswith(f"{path}: {text}"), caught.value


def test_a_schema_of_before_may_lack_what_is_not_set(ranked, version):
    change(version / "assets/schema.json", ["score", "value_field"], ...)
    check_schema_file(version / "assets/schema.json", ranked.schema)


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ('input_name: "price"', 'input_name: "prize"', "pipeline.config:"),
        ("num_buckets: 30", "num_buckets: -30", "num_buckets"),
        ("model_config {", "model_config { nobody: 1", "nobody"),
        ('output: "probs_ctr"', 'output: "probs_nobody"', "probs_nobody"),
        ("data_config {", "data_config", "pipeline.config:"),
    ],
)
def test_the_config_of_an_export_is_checked_as_any(ranked, version, tmp_path, capsys, old, new, text):
    path = version / "assets/pipeline.config"
    whole = path.read_text(encoding="utf-8")
    assert old in whole
    path.write_text(whole.replace(old, new, 1), encoding="utf-8")
    (version / "saved_model.pb").write_bytes(b"")
    for command in (
        ["predict", str(version), "eval.csv", "-o", str(tmp_path / "x.csv")],
        ["verify-export", str(version)],
    ):
        assert main(command) == 2
        error = capsys.readouterr().err
        assert str(path) in error
        assert text in error
        assert error.endswith(f"That is the config of the export {version}. Export again\n")


def test_random_proofs_are_refused_or_read(ranked, version):
    """Values of a proof that are changed to anything: a message, or evidence."""
    path = version / "assets/proof.json"
    whole = json.loads(path.read_text(encoding="utf-8"))
    refused = []
    for seed in range(300):
        draw = random.Random(seed)
        spoiled = json.loads(json.dumps(whole))
        at, step = spoiled, draw.choice(list(spoiled))
        while isinstance(at[step], dict | list) and at[step] and draw.random() < 0.8:
            at = at[step]
            step = draw.choice(list(at)) if isinstance(at, dict) else draw.randrange(len(at))
        at[step] = draw.choice([None, True, -1, 0, 1e300, 2**70, "", "x", [], {}, [[]], {"a": 1}, [None], "\x1b[2J"])
        path.write_text(json.dumps(spoiled), encoding="utf-8")
        try:
            evidence = Golden.read(version, ranked.schema, 1e-5)
        except RunError as error:
            refused.append(str(error))
            continue
        assert all(math.isfinite(value) for value in evidence.outputs["score"])
    assert 100 < len(refused) < 300
    assert all(text.startswith(f"{path}: ") and text.isprintable() for text in refused)


def test_a_proof_whose_rows_the_export_refuses_does_not_hold(ranked, tmp_path, monkeypatch):
    monkeypatch.setattr(verify, "Engine", lambda folder, **options: lent_engine(ranked.version))
    shutil.copytree(ranked.version, tmp_path / "1")
    change(tmp_path / "1/assets/proof.json", ["rows", "tags", 0], "t1:many")
    result = apps_rec.verify_export(tmp_path / "1", latency=False)
    assert any("it refuses rows that the model takes: " in line and "many" in line for line in result.failures)
