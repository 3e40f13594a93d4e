"""A small world for models: two users' columns of ids, a number, and the labels of a funnel."""

from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.features import Embedder
from apps_rec.features.specs import HashIds, IdFeature, NumberFeature
from apps_rec.legacy_keras import keras
from apps_rec.models import RankModel

FEATURES = ("user", "app", "price")


@pytest.fixture
def make_embedder() -> Callable[..., Embedder]:
    """Return what makes an embedder of user, app, price and slot, with first-order weights for the first three."""

    def make(first_order=FEATURES) -> Embedder:
        specs = [
            IdFeature("user", "user", HashIds(6), "user", 4),
            IdFeature("app", "app", HashIds(5), "app", 4),
            NumberFeature("price", "price", dim=4),
            IdFeature("slot", "slot", HashIds(3), "slot", 2, is_position=True),
        ]
        return Embedder(specs, first_order=first_order, seed=2)

    return make


@pytest.fixture
def make_batch() -> Callable[..., tuple]:
    """Return what makes features, labels and weights of some rows."""

    def make(rows: int = 12, seed: int = 0) -> tuple[dict, dict, dict]:
        random = np.random.default_rng(seed)
        ids = np.stack([random.integers(0, size, rows) for size in (6, 5, 3)], axis=1)
        click = (random.random(rows) < 0.5).astype(np.float32)
        labels = {"click": click, "download": click * (random.random(rows) < 0.6).astype(np.float32)}
        features = {"ids": ids, "values": random.normal(size=(rows, 1)).astype(np.float32)}
        weights = {"weight": random.uniform(0.2, 3.0, rows).astype(np.float32)}
        return tf.nest.map_structure(tf.constant, (features, labels, weights))

    return make


@pytest.fixture
def prepare(make_batch) -> Callable[..., RankModel]:
    """Return what builds a model, gives every weight a value of its own, and compiles it."""

    def prepare_model(model: RankModel, optimizer=None) -> RankModel:
        model(make_batch()[0])
        random = np.random.default_rng(7)
        for variable in model.variables:
            if "moving_variance" not in variable.name:
                variable.assign(random.normal(scale=0.5, size=variable.shape))
        model.compile(optimizer=optimizer or keras.optimizers.SGD(0.0))
        return model

    return prepare_model
