"""Parts of `make bench-serving` that need no other package's model."""

import json

import numpy as np
import pytest

from apps_rec.config import load_config
from apps_rec.serving.requests import request
from apps_rec.serving.schema import SIGNATURES, build_serving_schema
from benchmarks.configs import Job, config_text
from benchmarks.dataset import CATEGORICAL, NUMERIC
from benchmarks.serving.plan import DEEPCTR
from benchmarks.serving.report import ratio, shortened
from benchmarks.serving.requests import deepctr_inputs, make_requests, our_inputs

LISTS = ({"model": "din"}, {"lookup": True})


@pytest.fixture
def export(tmp_path, request):
    """Return a folder with the schema.json of a benchmark's model."""
    path = tmp_path / "x.config"
    job = Job(vocabulary=50, texts=True, **request.param)
    path.write_text(config_text(job, tmp_path / "train.parquet", tmp_path / "run"))
    schema = build_serving_schema(load_config(path).message)
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets/schema.json").write_text(json.dumps(schema.to_json()))
    return tmp_path, schema


@pytest.mark.parametrize(
    ("export", "signature"),
    # Records are not measured with lists.
    [({}, name) for name in SIGNATURES]
    + [(job, name) for job in LISTS for name in SIGNATURES if name != "serving_tf_example"],
    indirect=["export"],
)
def test_requests_made_of_the_schema_are_the_packages_own(export, signature):
    folder, schema = export
    columns = make_requests(3)[1]
    columns["history"] = ["|".join(str(item) for item in row) for row in columns["history"]]
    rows = {
        column.name: [float(value) if column.name in NUMERIC else str(value).encode() for value in columns[column.name]]
        for column in schema.columns
    }
    expected = request(signature, rows, schema)
    inputs = our_inputs(make_requests(3)[1], signature, folder)
    assert set(inputs) == set(expected)
    for name, values in expected.items():
        np.testing.assert_array_equal(inputs[name], values, err_msg=name)


def test_a_request_is_of_one_user():
    columns = make_requests(5)[0]
    assert set(columns) == {*CATEGORICAL, *NUMERIC, "history", "map"}
    assert (columns["history"] == columns["history"][0]).all()
    (cells,) = set(columns["map"])
    assert {cell.split(":")[0] for cell in cells.split("|")} <= set(map(str, columns[CATEGORICAL[-1]]))
    assert [len(np.unique(columns[name])) for name in (*CATEGORICAL[:6], NUMERIC[0])] == [1] * 7
    assert all(len(np.unique(columns[name])) > 1 for name in (*CATEGORICAL[6:], NUMERIC[1]))
    ready = deepctr_inputs(columns)
    assert {(value.shape, value.dtype.name) for value in ready.values()} == {((5, 1), "int32"), ((5, 1), "float32")}
    with_history = deepctr_inputs(columns, with_history=True)
    assert with_history["hist_c11"].tolist() == columns["history"].tolist()
    assert with_history["history_length"].tolist() == [[50]] * 5


def test_a_ratio_is_the_median_of_the_rounds():
    found = {DEEPCTR: {"1": {"cpu_ms": [1.0, 2.0, 4.0]}}, "rank": {"1": {"cpu_ms": [0.5, 1.8, 1.0]}}}
    assert ratio(found, "rank", DEEPCTR, 1) == 0.5


def test_results_keep_percentiles():
    settings = {"one": {"rank": {"1": {"cpu_ms": [1.0], "wall_ms": list(range(101))}}}}
    (figures,) = shortened({"settings": settings})["settings"]["one"]["rank"].values()
    assert figures == {"cpu_ms": [1.0], "wall_ms": {"p50": 50.0, "p90": 90.0, "p99": 99.0}, "requests": 101}
