"""Cuts and normalised numbers are the same bits in files of every format, in `predict` and in every signature.

Each tower's logit is one feature: its tables hold the numbers of their rows, its kernel a single 1.
"""

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
import tensorflow as tf

import apps_rec
from apps_rec.config import load_config
from apps_rec.serving.requests import request
from apps_rec.serving.saved_model import export
from apps_rec.serving.schema import SIGNATURES, build_serving_schema
from apps_rec.training.estimator import Estimator
from apps_rec.training.input import evaluation_dataset
from tests.serving.engines import kept_engine

pytestmark = pytest.mark.usefixtures("loaded_once")

NOW = 1_764_547_200  # 2025-12-01, in seconds since 1970
PRICES = (-0.5, 0.01, 4.99, 5.0, 1e6)
TYPES = {"FLOAT": np.float32, "DOUBLE": np.float64, "INT32": np.int32, "INT64": np.int64}
CUTS = {
    "FLOAT": PRICES,
    "DOUBLE": (*PRICES, NOW + 0.1, NOW + 0.2),
    "INT32": (-7.0, -0.5, 1.0, 4.99, NOW, NOW + 0.5, NOW + 2),
    "INT64": (-(2.0**62), -0.5, 4.99, NOW, NOW + 1, 2.0**53, 2.0**62),
}
# shift and scale; those of whole seconds are a day before now and a minute.
MIN_MAX = {"FLOAT": (0.01, 4.99), **dict.fromkeys(("DOUBLE", "INT32", "INT64"), (NOW - 86_400, NOW - 86_340))}
MEAN_STDDEV = {"FLOAT": (4.99, 0.1), **dict.fromkeys(("DOUBLE", "INT32", "INT64"), (NOW + 0.3, 7.7))}
NAMES = [f"{kind}_{dtype}" for kind in ("cut", "span", "standard") for dtype in TYPES]


def values_of(dtype, count):
    """Values at and beside each cut, and seconds of today."""
    kind = TYPES[dtype]
    if dtype in ("FLOAT", "DOUBLE"):
        cuts = np.array(CUTS[dtype], kind)
        found = [cuts, np.nextafter(cuts, kind(-np.inf)), np.nextafter(cuts, kind(np.inf)), [0.0, -1e3, 3e5]]
        found += [NOW + np.arange(70) / 8] if dtype == "DOUBLE" else [np.arange(70) / 7]
        values = np.concatenate([np.array(part, kind) for part in found])
    else:
        near = [int(np.floor(cut)) + step for cut in CUTS[dtype] for step in (-1, 0, 1)]
        values = np.array([*near, *range(NOW, NOW + 70), 0, np.iinfo(kind).max, np.iinfo(kind).min + 1], kind)
    return np.resize(values, count)


ROWS = {dtype: values_of(dtype, 100) for dtype in TYPES}


def expected_of(name):
    """A feature worked out by comparing whole numbers with cuts exactly, and by numpy in 64 bits."""
    kind, dtype = name.split("_")
    values = ROWS[dtype]
    if kind == "cut":
        like = [np.float32(cut).item() for cut in CUTS[dtype]] if dtype == "FLOAT" else CUTS[dtype]
        # Python compares a whole number with a float exactly.
        return np.array([sum(cut <= value for cut in like) for value in values.tolist()], np.float32)
    low, second = (MIN_MAX if kind == "span" else MEAN_STDDEV)[dtype]
    width = second - low if kind == "span" else second
    return np.clip((values.astype(np.float64) - low) / width, -1e15, 1e15).astype(np.float32)


def config_text():
    fields = "".join(f'input_fields {{ input_name: "{name}" input_type: {name} }}\n' for name in TYPES)
    features = ""
    for name in NAMES:
        kind, dtype = name.split("_")
        if kind == "cut":
            what = f"boundaries: {[float(cut) for cut in CUTS[dtype]]} embedding_dim: 1"
        elif kind == "span":
            what = "min_val: {!r} max_val: {!r}".format(*MIN_MAX[dtype])
        else:
            what = "mean: {!r} stddev: {!r}".format(*MEAN_STDDEV[dtype])
        features += f'features {{ feature_name: "{name}" input_names: "{dtype}" feature_type: RawFeature {what} }}\n'
    towers = "".join(f'task_towers {{ tower_name: "{name}" label_name: "click" }}\n' for name in NAMES)
    return f"""
train_input_path: "rows.parquet"
eval_input_path: "rows.parquet"
model_dir: "run"
data_config {{
  input_type: ParquetInput label_fields: "click"
  input_fields {{ input_name: "click" input_type: INT32 }}
  {fields} }}
feature_config {{ {features} }}
model_config {{
  feature_groups {{ group_name: "all" feature_names: {NAMES} }}
  rank_model {{ body {{ shared_bottom {{ groups {{ input: "all" }} }} }} {towers} }}
}}
train_config {{ num_steps: 1 }}
""".replace("'", '"')


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Return the version, the estimator and the config, in the working directory of the module's tests."""
    folder = tmp_path_factory.mktemp("precision")
    table = pa.table({"click": np.arange(100, dtype=np.int32) % 2, **ROWS})
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(export, "prove_in_fresh_process", lambda folder: None)
        pq.write_table(table, "rows.parquet")
        pyarrow.csv.write_csv(
            table.set_column(1, "FLOAT", pa.array([repr(value.item()) for value in ROWS["FLOAT"]])), "rows.csv"
        )
        (folder / "p.config").write_text(config_text())
        config = load_config("p.config", [])
        apps_rec.convert(config, "rows", rows_per_file=100)
        estimator = Estimator(config)
        model = estimator.model
        for name, place in model.embedder.table_places().items():
            table = model.embedder.tables[place.key]
            numbers = np.arange(place.rows, dtype=np.float32)[:, np.newaxis]
            table.scatter_update(tf.IndexedSlices(numbers, place.offset + np.arange(place.rows)))
            assert name in NAMES
        for at, name in enumerate(NAMES):
            (kernel,) = (v for v in model.variables if f"{name}" in v.name and v.name.endswith("logit/kernel:0"))
            kernel.assign(np.eye(len(NAMES), dtype=np.float32)[:, at : at + 1])
        version = export.export_model(
            config.message, config.to_text(), model, estimator.preprocessor, str(folder / "export")
        )
        yield version, estimator, config


def test_the_config_is_as_fine_as_it_should_be(exported):
    """Each second, and each side of a cut, is told apart, so that what follows says something."""
    for name in NAMES:
        kind, dtype = name.split("_")
        if kind == "cut":
            assert len(set(expected_of(name).tolist())) == len(CUTS[dtype]) + 1
        elif dtype != "FLOAT":
            assert len(set(expected_of(name).tolist())) >= 70


@pytest.mark.parametrize("path", ["rows.parquet", "rows.csv", "rows/*.tfrecord"])
def test_predict_and_evaluation_read_the_same_bits_from_every_format(exported, path):
    version, estimator, _ = exported
    apps_rec.predict(version, path, "scores.parquet", keep=[])
    scores = pq.read_table("scores.parquet")
    kind = {"parquet": "ParquetInput", "csv": "CSVInput", "tfrecord": "TFRecordInput"}[path.rsplit(".", 1)[1]]
    header = ["data_config.with_header=true"] if kind == "CSVInput" else []
    config = load_config("p.config", [f"eval_input_path={path}", f"data_config.input_type={kind}", *header])
    features, _, _ = next(iter(evaluation_dataset(config.message, estimator.preprocessor)[0]))
    evaluated = np.concatenate([features["ids"].numpy().astype(np.float32), features["values"].numpy()], axis=1)
    for at, name in enumerate(NAMES):
        expected = expected_of(name)
        np.testing.assert_array_equal(scores[f"logits_{name}"].to_numpy(), expected, err_msg=name)
        np.testing.assert_array_equal(evaluated[:, at], expected, err_msg=name)


@pytest.mark.parametrize("signature", SIGNATURES)
def test_every_signature_reads_the_same_bits(exported, signature):
    version, _, config = exported
    schema = build_serving_schema(config.message)
    outputs = kept_engine(version).run(signature, request(signature, ROWS, schema))
    for name in NAMES:
        logits = expected_of(name)
        if f"logits_{name}" in outputs:
            np.testing.assert_array_equal(outputs[f"logits_{name}"], logits, err_msg=name)
        np.testing.assert_array_equal(outputs[f"probs_{name}"], tf.sigmoid(logits), err_msg=name)
