"""What can be known of a TPU without one: XLA compiles the whole step of every model, and no shape in it is dynamic."""

import re

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.errors import RunError
from apps_rec.features import Embedder
from apps_rec.features.specs import AttentionSpec, HashIds, IdFeature, ListFeature, NumberFeature, NumberIds
from apps_rec.models import (
    DnnSpec,
    FmSpec,
    FunnelHead,
    IndependentHead,
    PositionSpec,
    RankModel,
    Task,
    deepfm,
    esmm,
    fm,
    mmoe,
    shared_bottom,
)
from apps_rec.protos import train_pb2
from apps_rec.training.distribute import tpu
from apps_rec.training.distribute.strategies import build_strategy
from apps_rec.training.optimizers.build import build_optimizer
from apps_rec.training.optimizers.row_sparse import RowSparseOptimizer
from apps_rec.training.optimizers.rules import Adagrad, Adam, Ftrl, Sgd
from apps_rec.training.optimizers.schedules import Constant, CosineDecay

ROWS, STEPS = 12, 3
NAMES = ("user", "app", "price", "tags", "history")
DNN = DnnSpec((6,), use_bn=True, dropout=(0.25,))
WEIGHTED = Task("ctr", "click", DNN, weight=0.9, sample_weight="weight", space_label="download", in_space_weight=2.0)
TASKS = (WEIGHTED, Task("cvr", "download", DNN, weight=0.1))
PLAIN = (Task("ctr", "click"), Task("ctcvr", "download", DnnSpec((4,), dropout=(0.25,))))
OPTIONS = {"position": PositionSpec(("slot",), DnnSpec((4,))), "l2": 0.01, "embedding_l2": 0.02, "seed": 3}
MODELS = {
    "fm": lambda embedder: fm(embedder, IndependentHead([Task("ctr", "click")]), NAMES),
    "deepfm": lambda embedder: deepfm(embedder, IndependentHead(TASKS), NAMES, **OPTIONS),
    "shared_bottom": lambda embedder: shared_bottom(embedder, IndependentHead(TASKS), NAMES, DNN, **OPTIONS),
    "mmoe": lambda embedder: mmoe(embedder, TASKS, NAMES, 2, DNN, fm=FmSpec(NAMES, NAMES), **OPTIONS),
    "plain mmoe": lambda embedder: mmoe(embedder, PLAIN, NAMES, 2, DnnSpec((4,)), seed=3),
    "mmoe of bfloat16": lambda embedder: mmoe(embedder, TASKS, NAMES, 2, DNN, dtype="mixed_bfloat16", **OPTIONS),
    "esmm": lambda embedder: esmm(embedder, TASKS, NAMES, **OPTIONS),
    "esmm with experts": lambda embedder: esmm(
        embedder, TASKS, NAMES, 2, DNN, fm=FmSpec(NAMES, NAMES, into_tower_input=True), **OPTIONS
    ),
    "fm before towers": lambda embedder: RankModel(
        embedder, FunnelHead(TASKS), fm=FmSpec(NAMES, NAMES, into_tower_input=True), **OPTIONS
    ),
}
WITHOUT_FM = ("shared_bottom", "plain mmoe", "mmoe of bfloat16", "esmm")
# Their lists are pooled by a mean.
WITHOUT_ATTENTION = ("fm", "plain mmoe", "shared_bottom")
WITHOUT_POSITION = ("fm", "plain mmoe")
OPTIMIZERS = {
    "sgd": lambda clip: RowSparseOptimizer(Sgd(), Constant(0.1), global_clipnorm=clip),
    "adagrad": lambda clip: RowSparseOptimizer(Adagrad(0.1), Constant(0.05), global_clipnorm=clip),
    "adam": lambda clip: RowSparseOptimizer(
        Adam(), CosineDecay(0.01, 100, warmup_rate=0.001, warmup_steps=2), global_clipnorm=clip
    ),
    "ftrl": lambda clip: RowSparseOptimizer(Ftrl(-0.5, 0.1, l1=0.001, l2=0.01), Constant(0.05), global_clipnorm=clip),
}


def _embedder(has_attention: bool, with_first_order: bool) -> Embedder:
    """Tables of one feature and of several, two lengths, lists pooled in both ways, a table shared with a list."""
    attention = AttentionSpec("app", hidden_units=(4,), use_bn=True, dropout=(0.2,)) if has_attention else None
    return Embedder(
        [
            IdFeature("user", "user", HashIds(20), "user", 4),
            IdFeature("app", "app", NumberIds(9), "app", 4),
            IdFeature("slot", "slot", NumberIds(3), "slot", 2, is_position=True),
            NumberFeature("price", "price", dim=4),
            ListFeature("tags", "tags", HashIds(7), "tags", 4, max_length=2, combiner="sqrtn"),
            ListFeature("history", "history", NumberIds(9), "app", 4, max_length=3, attention=attention),
        ],
        first_order=NAMES if with_first_order else (),
        seed=5,
    )


def _batch(seed: int):
    random = np.random.default_rng(seed)
    tags, history = random.integers(-1, 7, (ROWS, 2)), random.integers(-1, 9, (ROWS, 3))
    history[0] = -1  # nobody's
    click = (random.random(ROWS) < 0.5).astype(np.float32)
    features = {
        # Few ids, so that most stand in several rows.
        "ids": np.stack([random.integers(0, size, ROWS) for size in (6, 9, 3)], axis=1),
        "values": random.normal(size=(ROWS, 1)).astype(np.float32),
        "list_ids/tags": tags,
        "list_weights/tags": np.where(tags >= 0, random.uniform(0.5, 2.0, tags.shape), 0.0).astype(np.float32),
        "list_ids/history": history,
        "list_weights/history": (history >= 0).astype(np.float32),
    }
    labels = {"click": click, "download": click * (random.random(ROWS) < 0.5).astype(np.float32)}
    weights = {"weight": random.uniform(0.5, 2.0, ROWS).astype(np.float32)}
    return tf.nest.map_structure(tf.constant, (features, labels, weights))


def _prepare(model_name: str, kind: str, clip: float | None, static_shapes: bool) -> RankModel:
    model = MODELS[model_name](_embedder(model_name not in WITHOUT_ATTENTION, model_name not in WITHOUT_FM))
    model(_batch(0)[0])
    random = np.random.default_rng(7)
    for variable in model.variables:
        if "moving_variance" not in variable.name:
            variable.assign(random.normal(scale=0.5, size=variable.shape))
    optimizer = OPTIMIZERS[kind](clip)
    optimizer.static_shapes = static_shapes
    optimizer.build(model.trainable_variables)
    model.compile(optimizer=optimizer)
    return model


def _dynamic(step, batch) -> list[str]:
    """Shapes in what XLA was given to compile that have a bound in place of a size."""
    text = step.experimental_get_compiler_ir(batch)(stage="hlo")
    assert "scatter" in text  # it is the whole step: tables are written
    return sorted(set(re.findall(r"\w+\[[^\]]*<=[^\]]*\]", text)))


def _state(model: RankModel) -> dict[str, np.ndarray]:
    slots = [slot for slots in model.optimizer._slot_variables for slot in slots]
    return {f"{i} {variable.name}": variable.numpy() for i, variable in enumerate([*model.variables, *slots])}


def _check(model_name: str, kind: str, clip: float | None, tolerance: float = 1e-5) -> None:
    plain = _prepare(model_name, kind, clip, static_shapes=False)
    compiled = _prepare(model_name, kind, clip, static_shapes=True)
    start = _state(compiled)
    step = tf.function(compiled.train_step, jit_compile=True)
    assert _dynamic(step, _batch(0)) == []
    plain_step = tf.function(plain.train_step)
    for seed in range(STEPS):
        logs, expected = (
            {name: float(value) for name, value in run(_batch(seed)).items()} for run in (step, plain_step)
        )
        assert logs == pytest.approx(expected, abs=tolerance)
    assert int(compiled.optimizer.iterations) == STEPS
    end, expected_end = _state(compiled), _state(plain)
    for name, value in expected_end.items():
        np.testing.assert_allclose(end[name], value, rtol=0, atol=tolerance, err_msg=name)
    # Two models that do not train would be equal too. Without a position tower nothing reads the table of length 2.
    still = [name for name in end if np.array_equal(end[name], start[name])]
    assert [name for name in still if model_name not in WITHOUT_POSITION or "tables_2" not in name] == []


def test_the_whole_step_of_an_fm_compiles_without_a_dynamic_shape():
    _check("fm", "ftrl", None)


def test_tf_unique_would_be_found_out():
    table = tf.Variable(tf.zeros([9, 2]))

    @tf.function(jit_compile=True)
    def step(ids):
        rows, _ = tf.unique(ids)
        table.scatter_update(tf.IndexedSlices(tf.ones([tf.size(rows), 2]), rows))

    assert _dynamic(step, tf.constant([1, 1, 4])) != []


def test_the_step_of_other_devices_would_be_found_out():
    model = _prepare("fm", "sgd", None, static_shapes=False)
    with pytest.raises(ValueError, match="unsupported operations"):
        _dynamic(tf.function(model.train_step, jit_compile=True), _batch(0))


@pytest.mark.slow
@pytest.mark.parametrize("model_name", MODELS)
def test_every_model_compiles_without_a_dynamic_shape(model_name):
    # Half precision rounds other sums than XLA's, which keeps more bits between two operations.
    _check(model_name, "adam", 0.5, tolerance=0.02 if "bfloat16" in model_name else 1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_every_optimizer_compiles_without_a_dynamic_shape(kind):
    _check("fm", kind, 0.5)


def test_a_config_of_a_tpu_gets_static_shapes_and_no_other_does():
    for name, value in train_pb2.DistributionStrategy.items():
        config = train_pb2.TrainConfig(train_distribute=value)
        config.optimizer_config.add().adagrad_optimizer.learning_rate.constant_learning_rate.learning_rate = 0.1
        assert build_optimizer(config).static_shapes == (name == "TPUStrategy")


@pytest.fixture
def no_tpu(monkeypatch):
    """Leave no name of a TPU in the environment, and no strategy of an earlier test."""
    for name in ("TPU_NAME", "KUBE_GOOGLE_CLOUD_TPU_ENDPOINTS", "TPU_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    tpu.connect_tpu.cache_clear()
    yield monkeypatch
    tpu.connect_tpu.cache_clear()


def test_without_a_name_the_error_says_what_to_set(no_tpu):
    with pytest.raises(RunError) as caught:
        build_strategy(train_pb2.TrainConfig(train_distribute=train_pb2.TPUStrategy))
    text = str(caught.value)
    assert "train_distribute is TPUStrategy: looked for a TPU, and TPU_NAME is not set, and found none" in text
    assert "Set TPU_NAME: to local on a TPU VM" in text


def test_a_machine_without_a_tpu_is_said_to_have_none(no_tpu):
    no_tpu.setenv("TPU_NAME", "local")
    with pytest.raises(RunError, match='the TPU that TPU_NAME names, "local", and found none'):
        tpu.connect_tpu()


@pytest.mark.parametrize(("name", "argument"), [("local", "local"), ("grpc://10.0.0.2:8470", ""), ("my-tpu", "")])
def test_a_tpu_is_connected_to_as_tensorflow_documents_it_and_once(no_tpu, name, argument):
    no_tpu.setenv("TPU_NAME", name)
    calls = []

    def record(what, returned):
        return lambda *args, **kwargs: calls.append((what, args, kwargs)) or returned

    no_tpu.setattr(tf.distribute.cluster_resolver, "TPUClusterResolver", record("resolve", "resolver"))
    no_tpu.setattr(tf.config, "experimental_connect_to_cluster", record("connect", None))
    no_tpu.setattr(tf.tpu.experimental, "initialize_tpu_system", record("initialize", "topology"))
    no_tpu.setattr(tf.distribute, "TPUStrategy", record("strategy", "the strategy"))
    assert tpu.connect_tpu() == "the strategy"
    assert tpu.connect_tpu() == "the strategy"
    assert calls == [
        ("resolve", (), {"tpu": argument}),
        ("connect", ("resolver",), {}),
        ("initialize", ("resolver",), {}),
        ("strategy", ("resolver",), {}),
    ]


def _batches() -> tf.data.Dataset:
    """Batches of 4 as the training input has them: of a size that TensorFlow does not know."""
    rows = ({"ids": tf.range(24)[:, tf.newaxis]}, {"click": tf.zeros([24])}, {})
    dataset = tf.data.Dataset.from_tensor_slices(rows).batch(4)
    assert dataset.element_spec[0]["ids"].shape.as_list() == [None, 1]
    return dataset


def test_batches_of_a_known_size():
    dataset = tpu.static_batches(_batches(), 8, 2)
    assert dataset.element_spec[0]["ids"].shape.as_list() == [4, 1]
    assert dataset.element_spec[1]["click"].shape.as_list() == [4]
    assert [x[0]["ids"].numpy()[:, 0].tolist() for x in dataset][:2] == [[0, 1, 2, 3], [4, 5, 6, 7]]
    with pytest.raises(tf.errors.InvalidArgumentError):
        list(tpu.static_batches(_batches(), 5, 1))


@pytest.mark.parametrize(("rows", "near"), [(100, "such as 96 or 104"), (5, "such as 8")])
def test_rows_that_cannot_be_dealt_out_evenly(rows, near):
    with pytest.raises(RunError, match=f"batch_size: {rows} rows cannot be dealt out evenly to 8 TPU cores; .*{near}"):
        tpu.static_batches(_batches(), rows, 8)
