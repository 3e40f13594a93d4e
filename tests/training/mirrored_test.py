"""Two replicas take the step that one device takes: same batches, same weights."""

import re
from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf

import apps_rec
from apps_rec.features import Embedder
from apps_rec.features.specs import AttentionSpec, HashIds, IdFeature, ListFeature, NumberFeature, NumberIds
from apps_rec.legacy_keras import keras
from apps_rec.models import DnnSpec, FmSpec, RankModel, Task, esmm, mmoe
from apps_rec.training.estimator import load_trained
from apps_rec.training.optimizers.row_sparse import RowSparseOptimizer
from apps_rec.training.optimizers.rules import Adagrad, Adam, Ftrl, Sgd
from apps_rec.training.optimizers.schedules import Constant

FEATURES = ("user", "app", "price", "history")
OPTIMIZERS = {
    "sgd": lambda: RowSparseOptimizer(Sgd(), Constant(0.1), global_clipnorm=0.5),
    "adagrad": lambda: RowSparseOptimizer(Adagrad(0.1), Constant(0.05), global_clipnorm=0.5),
    "adam": lambda: RowSparseOptimizer(Adam(), Constant(0.01), global_clipnorm=0.5),
    "ftrl": lambda: RowSparseOptimizer(Ftrl(-0.5, 0.1, l1=0.001, l2=0.01), Constant(0.05), global_clipnorm=0.5),
}


def _embedder(attention: AttentionSpec | None) -> Embedder:
    return Embedder(
        [
            IdFeature("user", "user", HashIds(20), "user", 4),
            IdFeature("app", "app", NumberIds(9), "app", 4),
            NumberFeature("price", "price", dim=4),
            ListFeature("history", "history", NumberIds(9), "app", 4, max_length=3, attention=attention),
        ],
        first_order=FEATURES,
        seed=5,
    )


def _small_model() -> RankModel:
    """Experts, FM and funnel, without batch norm: what each optimizer is tried on."""
    tasks = [Task("ctr", "click", weight=0.95, sample_weight="weight"), Task("cvr", "download", weight=0.05)]
    fm = FmSpec(FEATURES, FEATURES)
    options = {"num_experts": 2, "expert": DnnSpec((6,)), "l2": 0.01, "embedding_l2": 0.02}
    return esmm(_embedder(None), tasks, FEATURES, fm=fm, **options)


def _model() -> RankModel:
    """Batch norm in all places, attention, weights by task space."""
    tasks = [
        Task("ctr", "click", DnnSpec((6,), use_bn=True), weight=0.95, sample_weight="weight"),
        Task("ctcvr", "download", weight=0.05, space_label="click", out_space_weight=0.0),
    ]
    embedder = _embedder(AttentionSpec("app", hidden_units=(4,), use_bn=True))
    return mmoe(embedder, tasks, FEATURES, 2, DnnSpec((6,), use_bn=True), l2=0.01, embedding_l2=0.02)


def _batches(sizes: list[int], seed: int = 0):
    random = np.random.default_rng(seed)
    for number, size in enumerate(sizes):
        click = (random.random(size) < 0.5).astype(np.float32)
        # Few ids, so that the replicas share them.
        history = random.integers(-1, 9, size=(size, 3))
        weight = random.uniform(0.5, 2.0, size).astype(np.float32)
        if number == 1:  # all that counts for the download stands in the first half, one replica's
            click[(size + 1) // 2 :] = 0.0
        if number == 2:  # and here all weight of the click in the second
            weight[: (size + 1) // 2] = 0.0
        features = {
            "ids": np.stack([random.integers(0, 6, size), random.integers(0, 9, size)], axis=1),
            "values": random.normal(size=(size, 1)).astype(np.float32),
            "list_ids/history": history,
            "list_weights/history": (history >= 0).astype(np.float32),
        }
        labels = {"click": click, "download": click * (random.random(size) < 0.5).astype(np.float32)}
        yield features, labels, {"weight": weight}


def _dataset(sizes: list[int]) -> tf.data.Dataset:
    batches = list(_batches(sizes))
    signature = tf.nest.map_structure(lambda x: tf.TensorSpec([None, *x.shape[1:]], x.dtype), batches[0])
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    return tf.data.Dataset.from_generator(lambda: iter(batches), output_signature=signature).with_options(options)


def _fit(strategy, kind: str, sizes: list[int], make: Callable[[], RankModel]):
    """Weights, slots and last losses after one pass over the batches."""
    keras.utils.set_random_seed(11)
    with strategy.scope():
        model = make()
        model(next(_batches([2]))[0])
        optimizer = OPTIMIZERS[kind]()
        optimizer.build(model.trainable_variables)
        start = {f"{i} {variable.name}": variable.numpy() for i, variable in enumerate(model.variables)}
        model.compile(optimizer=optimizer)
    logs = model.fit(_dataset(sizes), verbose=0).history
    assert int(optimizer.iterations.numpy()) == len(sizes)
    weights = {f"{i} {variable.name}": variable.numpy() for i, variable in enumerate(model.variables)}
    # Models that do not train would be equal too. (Ftrl's l1 may hold a bias at 0.)
    assert [name for name in weights if "bias" not in name and np.array_equal(weights[name], start[name])] == []
    return weights, {name: values[-1] for name, values in logs.items()}


def _assert_equal(ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray], tolerance: float = 1e-5) -> None:
    assert ours.keys() == theirs.keys()
    for name in ours:
        np.testing.assert_allclose(ours[name], theirs[name], rtol=0, atol=tolerance, err_msg=name)


def _compare(two_replicas, kind: str, sizes: list[int], make: Callable[[], RankModel]) -> None:
    alone, losses_alone = _fit(tf.distribute.get_strategy(), kind, sizes, make)
    both, losses = _fit(two_replicas, kind, sizes, make)
    _assert_equal(both, alone)
    assert losses == pytest.approx(losses_alone, abs=1e-5)


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=() if kind == "adam" else pytest.mark.slow) for kind in OPTIMIZERS]
)
def test_two_replicas_end_with_the_weights_of_one_device(two_replicas, kind):
    _compare(two_replicas, kind, [8, 9, 8, 7, 3], _small_model)


@pytest.mark.slow
def test_batch_norm_counts_the_rows_of_both_replicas(two_replicas):
    # The last replica gets no row of the batches of one.
    _compare(two_replicas, "adam", [8, 9, 8, 1, 7, 1], _model)


APART = """train_config.optimizer_config=[
  { adagrad_optimizer { learning_rate { constant_learning_rate { learning_rate: 0.05 } } } },
  { momentumw_optimizer { weight_decay: 0.001 learning_rate { constant_learning_rate { learning_rate: 0.05 } } } }]"""
FROZEN = "train_config.freeze_gradient=input_layer_1/app_,tower_ctr"


@pytest.mark.parametrize(
    ("run", "more"),
    [
        pytest.param("small", [], id="adam"),
        pytest.param("tiny", [], id="adam, every kind of feature", marks=pytest.mark.slow),
        pytest.param("tiny", [APART, FROZEN], id="two optimizers and frozen weights", marks=pytest.mark.slow),
    ],
)
def test_a_config_trains_on_two_replicas(two_replicas, request, run, more):
    run = request.getfixturevalue(run)
    run.config.write_text(re.sub(r"dropout_ratio: (\[.*?\]|[0-9.]+)", "", run.config.read_text()))
    options = ["data_config.batch_size=125", "data_config.num_epochs=1", "train_config.num_steps=0", *more]
    weights = {}
    for name in ("NoStrategy", "MirroredStrategy"):
        config = run.load(*options, f"train_config.train_distribute={name}", f"model_dir={name}")
        result = apps_rec.train(config)
        assert result.step == 5
        estimator, _, _ = load_trained(run.load(*options, f"model_dir={name}"))
        weights[name] = {f"{i} {v.name}": v.numpy() for i, v in enumerate(estimator.model.variables)}
    _assert_equal(weights["MirroredStrategy"], weights["NoStrategy"])


@pytest.mark.slow
def test_half_precision_on_two_replicas(two_replicas, tiny):
    result = apps_rec.train(
        tiny.load(
            "train_config.mixed_precision=true",
            "train_config.train_distribute=MirroredStrategy",
            "data_config.num_epochs=6",
        )
    )
    metrics = apps_rec.evaluate(tiny.load("train_config.mixed_precision=true"))
    assert metrics["step"] == result.step
    assert metrics["auc_ctr"] > 0.65
