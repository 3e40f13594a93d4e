"""Every sample of the app store ranks a request as it scores the rows of it, one by one."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

import apps_rec
from apps_rec.serving.engine import Engine
from apps_rec.serving.requests import request, take
from apps_rec.serving.saved_model.export import export_model
from apps_rec.serving.schema import build_serving_schema
from apps_rec.training.estimator import Estimator

SAMPLES = Path(__file__).parents[2] / "samples" / "appstore"
NAMES = sorted(path.stem for path in SAMPLES.glob("*.config"))
ITEMS = 500


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A folder with a small store in data/appstore."""
    folder = tmp_path_factory.mktemp("store")
    apps_rec.simulate_store(str(folder / "data" / "appstore"), users=300)
    return folder


def candidates(store, schema):
    """Items of many rows, for the user and the context of the first."""
    table = pq.read_table(store / "data/appstore/eval.parquet").slice(0, ITEMS)
    rows = {}
    for column in schema.columns:
        values = table[column.name].to_pylist()
        if column.list_separator is not None:
            values = [column.list_separator.join(map(str, value or [])) for value in values]
        if column.dtype == "STRING":
            values = [column.default if value is None else str(value).encode() for value in values]
        rows[column.name] = [column.default if value is None else value for value in values]
    for column in schema.shared:
        rows[column.name] = rows[column.name][:1] * ITEMS
    return rows


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name == "esmm" else pytest.mark.slow) for name in NAMES]
)
def test_five_hundred_items_rank_as_five_hundred_rows_sorted(store, monkeypatch, tmp_path, unproven, name):
    monkeypatch.chdir(store)
    config = apps_rec.check(SAMPLES / f"{name}.config")
    estimator = Estimator(config)
    random = np.random.default_rng(3)
    for variable in estimator.model.variables:  # every part has a say, as after training
        variable.assign_add(random.normal(scale=0.1, size=variable.shape).astype(np.float32))
    version = export_model(
        config.message, config.to_text(), estimator.model, estimator.preprocessor, str(tmp_path / "export")
    )
    schema = build_serving_schema(config.message)
    assert {schema.sides[column.name] for column in schema.shared} == {"user", "context"}
    rows = candidates(store, schema)
    with Engine(version) as engine:
        one = engine.function("serving_default", list(request("serving_default", take(rows, [0]), schema)))
        singles = [one(request("serving_default", take(rows, [i]), schema)) for i in range(ITEMS)]
        for signature in ("rank", "rank_packed"):
            got = engine.run(signature, request(signature, rows, schema))
            for output in schema.rank_outputs:
                if output != "order":
                    wanted = np.concatenate([single[output] for single in singles])
                    np.testing.assert_allclose(got[output], wanted, rtol=0, atol=1e-6, err_msg=output)
            assert got["order"].tolist() == sorted(range(ITEMS), key=lambda i: (-got["score"][i], i))
            assert np.ptp(got["score"]) > 1e-3
