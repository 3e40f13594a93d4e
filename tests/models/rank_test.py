"""A request says what its rows say with the user in each, whatever layers the model is made of."""

import functools
import itertools

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.features import Embedder
from apps_rec.features.columns.preprocessor import Preprocessor
from apps_rec.features.specs import (
    AttentionSpec,
    BucketFeature,
    CrossFeature,
    HashIds,
    IdFeature,
    ListFeature,
    NumberFeature,
    NumberIds,
)
from apps_rec.layers.request import KeptKernels
from apps_rec.legacy_keras import keras
from apps_rec.models.bodies import (
    DeepAndCross,
    InformationTransfer,
    Interaction,
    MixtureOfExperts,
    ProgressiveExtraction,
    SharedBottom,
)
from apps_rec.models.heads import FunnelHead, IndependentHead
from apps_rec.models.rank_model import RankModel
from apps_rec.models.specs import DnnSpec, ExtractionSpec, FmSpec, Group, PositionSpec, Task

APPS = NumberIds(9)
SPECS = [
    IdFeature("user", "user", HashIds(50), "user", 4),
    NumberFeature("age", "age", dim=4),
    NumberFeature("plain", "plain"),
    BucketFeature("hour", "hour", (6.0, 12.0), "hour", 4),
    IdFeature("app", "app", APPS, "app", 4),
    NumberFeature("price", "price", dim=4, log1p=True),
    NumberFeature("size", "size"),
    CrossFeature("user_x_app", ("user", "app"), "_", HashIds(40), "cross", 4),
    CrossFeature("user_x_hour", ("user", "hour_text"), "_", HashIds(40), "cross2", 4),
    ListFeature("installed", "installed", APPS, "app", 4, max_length=5, attention=AttentionSpec("app", (3,))),
    ListFeature("alike", "alike", APPS, "app", 4, max_length=3, attention=AttentionSpec("last", (3,))),
    ListFeature("viewed", "viewed", APPS, "app", 4, max_length=5, attention=AttentionSpec("last", (3,))),
    ListFeature("tags", "tags", HashIds(20), "tags", 4, max_length=4, combiner="sqrtn"),
    IdFeature("last", "last", APPS, "app", 4),
    IdFeature("slot", "slot", NumberIds(4), "slot", 2, is_position=True),
]
NAMES = tuple(spec.name for spec in SPECS if spec.name != "slot")
WITH_VECTOR = tuple(name for name in NAMES if name not in ("plain", "size"))
USER = ("user", "age", "plain", "hour", "hour_text", "installed", "viewed", "last", "slot")
SHARED = ("user", "age", "plain", "hour", "user_x_hour", "installed", "viewed", "last", "slot")
SIDES = {"user first": NAMES, "mixed": NAMES[::2] + NAMES[1::2]}
ROWS = 6


def columns(rows=ROWS, seed=0):
    random = np.random.default_rng(seed)

    def lists():
        return tf.constant(
            ["|".join(str(i) for i in random.integers(0, 11, random.integers(0, 6))) for _ in range(rows)]
        )

    return {
        "user": tf.constant([f"u{i}" for i in random.integers(0, 99, rows)]),
        "age": tf.constant(random.normal(size=rows), tf.float32),
        "plain": tf.constant(random.normal(size=rows), tf.float32),
        "hour": tf.constant(random.integers(0, 24, rows)),
        "hour_text": tf.constant([str(i) for i in random.integers(0, 24, rows)]),
        "app": tf.constant(random.integers(-1, 12, rows)),
        "last": tf.constant(random.integers(-1, 12, rows)),
        "price": tf.constant(random.normal(size=rows), tf.float32),
        "size": tf.constant(random.normal(size=rows), tf.float32),
        "installed": lists(),
        "alike": lists(),
        "viewed": lists(),
        "tags": lists(),
        "slot": tf.constant(random.integers(0, 4, rows)),
    }


def make(body, fm, head, names):
    tasks = [Task("ctr", "click", DnnSpec((5,), "tanh")), Task("cvr", "download")]
    if body == "dbmtl":
        tasks[1] = Task("cvr", "download", relations=("ctr",), relation_dnn=DnnSpec((3,), "tanh"))
    dnn = DnnSpec((6, 4), "gelu", use_bn=True)
    user = tuple(name for name in names if name in SHARED)
    item = tuple(name for name in names if name not in SHARED)
    groups = [
        Group("user", user, DnnSpec((5,), "tanh")),
        Group("some", names[3:8]),
        Group("item", item, DnnSpec((4,), "tanh")),
    ]
    bodies = {
        "none": lambda: None,
        "embeddings": lambda: SharedBottom([Group("all", names)], 2),
        "bottom": lambda: SharedBottom([Group("all", names)], 2, dnn=dnn),
        "groups": lambda: SharedBottom(groups, 2),
        "users": lambda: SharedBottom(groups[:1], 2, dnn=dnn),
        "mmoe": lambda: MixtureOfExperts([Group("all", names)], 2, 3, dnn),
        "mmoe of groups": lambda: MixtureOfExperts(groups, 2, 2, dnn),
        "ple": lambda: ProgressiveExtraction(
            [Group("all", names)], 2, [ExtractionSpec("one", 1, 1, dnn, dnn), ExtractionSpec("two", 1, 1, dnn, dnn)]
        ),
        "aitm": lambda: InformationTransfer(groups, 2, dnn, DnnSpec((4,), "dice")),
        "dbmtl": lambda: SharedBottom([Group("all", names)], 2, dnn=dnn),
        "cross": lambda: DeepAndCross([Group("all", names)], 2, 2, dnn=DnnSpec((5,), "prelu")),
        "interaction": lambda: Interaction(
            [groups[2], Group("vectors", tuple(name for name in names if name in WITH_VECTOR))], 2, with_dense=True
        ),
    }
    wide = tuple(name for name in names if name in WITH_VECTOR)
    fms = {
        "off": None,
        "LOGIT": FmSpec(wide, wide[:5]),
        "TOWER_INPUT": FmSpec(wide[::2], wide, into_tower_input=True),
        "users": FmSpec((*user[:1], "last"), user[:1]),
    }
    heads = {"independent": IndependentHead, "funnel": FunnelHead}
    if body == "none" and fm in ("LOGIT", "users"):
        tasks = [Task("ctr", "click"), Task("cvr", "download")]
    return RankModel(
        Embedder(SPECS, first_order=WITH_VECTOR, seed=2, wide_dim=3 if fm == "TOWER_INPUT" else 1),
        heads[head](tasks),
        body=bodies[body](),
        fm=fms[fm],
        position=PositionSpec(("slot",)),
    )


OF_NAMES = ("ple", "aitm", "dbmtl", "cross", "interaction")
CASES = [
    (body, fm, head, sides)
    for body, fm, head, sides in itertools.product(
        ("none", "embeddings", "bottom", "groups", "users", "mmoe", "mmoe of groups"),
        ("off", "LOGIT", "TOWER_INPUT", "users"),
        ("independent", "funnel"),
        SIDES,
    )
    if (body, fm) != ("none", "off")
]
CASES += itertools.product(OF_NAMES, ("off", "TOWER_INPUT"), ("independent", "funnel"), SIDES)


# One case of each body, in which every other part has its turns.
QUICK = [
    ("none", "LOGIT", "independent", "user first"),
    ("embeddings", "TOWER_INPUT", "funnel", "mixed"),
    ("bottom", "users", "funnel", "user first"),
    ("groups", "LOGIT", "independent", "mixed"),
    ("users", "TOWER_INPUT", "funnel", "user first"),
    ("mmoe", "LOGIT", "funnel", "mixed"),
    ("mmoe of groups", "users", "independent", "mixed"),
    *((body, "off", "independent", "user first") for body in OF_NAMES),
]


@pytest.mark.parametrize(
    ("body", "fm", "head", "sides"),
    [pytest.param(*case, marks=() if case in QUICK else pytest.mark.slow) for case in CASES],
)
def test_a_request_is_the_rows_with_the_user_in_each(body, fm, head, sides):
    expected = compared_with_rows(make(body, fm, head, SIDES[sides]))
    assert np.ptp(expected["probs_ctr"].numpy()) > 0 or (body, fm) in {
        ("users", "off"),
        ("users", "users"),
        ("none", "users"),
    }


@functools.cache
def inputs():
    """Features of rows that hold the user, and those of the same rows as a request: of the user once, of the rows."""
    preprocessor, rows = Preprocessor(SPECS), columns()
    repeated = {name: tf.repeat(value[:1], ROWS) if name in USER else value for name, value in rows.items()}
    of_user, of_rows = preprocessor.part(SHARED), preprocessor.part([s.name for s in SPECS if s.name not in SHARED])
    shared = of_user({name: rows[name][:1] for name in USER})
    # Crosses of the user's column with an item's are made by row.
    return preprocessor(repeated), shared, of_rows({name: repeated[name] for name in of_rows.columns})


def compared_with_rows(model, tolerance=1e-6, make_kernels=KeptKernels):
    """Compares `rank`, with and without kept kernels, with the model on rows that hold the user; returns the latter."""
    features, shared, by_row = inputs()
    model(features)
    random = np.random.default_rng(7)
    for variable in model.variables:
        if "moving_variance" not in variable.name:
            variable.assign(random.normal(scale=0.5, size=variable.shape))
    expected = model(features)
    for kernels in (None, make_kernels()):
        got = model.rank(shared, by_row, SHARED, kernels=kernels)
        assert got.keys() == expected.keys()
        for name, value in expected.items():
            assert got[name].shape == (ROWS,)
            np.testing.assert_allclose(
                got[name], value, rtol=0, atol=tolerance if "logits" not in name else 10 * tolerance, err_msg=name
            )
    return expected


class PlainBody(keras.layers.Layer):
    """A body of Keras' own layers, as somebody writes it who has read nothing of requests."""

    def __init__(self, group, first, dtype=None):
        super().__init__(name="plain", dtype=dtype)
        self.groups = (group,)
        self.first = first
        self.dense = keras.layers.Dense(5, activation="tanh", dtype=dtype)
        self.wide = keras.layers.Dense(1, dtype=dtype)

    def build(self, shapes):
        self.scale = self.add_weight(name="scale", shape=shapes[0][-1:], initializer="ones")

    def call(self, inputs, training=False, seed=None):
        (x,) = inputs
        if self.first == "dense":
            return [self.dense(x), tf.concat([self.dense(x), self.wide(x)], axis=1)]
        crossed = x * self.scale * self.wide(x) + x
        return [self.dense(tf.nn.relu(crossed)), tf.concat([crossed, x], axis=1)]


@pytest.mark.parametrize(("dtype", "tolerance"), [(None, 1e-6), ("mixed_bfloat16", 0.05)])
@pytest.mark.parametrize("first", ["dense", "cross"])
@pytest.mark.parametrize("sides", SIDES)
def test_a_body_of_plain_keras_layers_ranks_unchanged(sides, first, dtype, tolerance):
    names = SIDES[sides]
    body, kernels = PlainBody(Group("all", names), first, dtype), KeptKernels()
    model = RankModel(
        Embedder(SPECS, seed=2), IndependentHead([Task("ctr", "click"), Task("cvr", "download")]), body=body
    )
    found = compared_with_rows(model, tolerance, lambda: kernels)
    assert np.ptp(found["probs_ctr"].numpy()) > 0
    if first == "dense":
        # 6 features of the user with 4 columns and one with 1, multiplied once and for both layers together; as many of
        # the item. The user's "installed" is compared with each item.
        assert [tuple(copy.shape) for copy in kernels.copies] == [(25, 5 + 1), (25, 5), (25, 1)]


def test_the_weights_of_a_request_are_the_scores():
    model, (features, shared, by_row) = make("mmoe", "LOGIT", "funnel", NAMES), inputs()
    model(features)
    got = model.rank(shared, by_row, SHARED, weights=tf.constant([0.0, 7.0]))
    np.testing.assert_allclose(got["score"], 7 * got["probs_ctcvr"].numpy(), rtol=1e-6)
