"""`dtype="mixed_bfloat16"`: DNNs multiply in bfloat16 with float32 weights, and nothing else does."""

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.models import DnnSpec, FmSpec, FunnelHead, PositionSpec, RankModel, Task, esmm, mmoe
from apps_rec.models.bodies import (
    DeepAndCross,
    InformationTransfer,
    Interaction,
    MixtureOfExperts,
    ProgressiveExtraction,
    SharedBottom,
)
from apps_rec.models.specs import ExtractionSpec, Group

BFLOAT16 = "mixed_bfloat16"
FEATURES = ("user", "app", "price")
CTR, CVR = Task("ctr", "click"), Task("cvr", "download")
GROUPS = [Group("user", ("user",), DnnSpec((6,), use_bn=True)), Group("item", ("app", "price"))]
BODIES = {
    "experts": lambda dtype: MixtureOfExperts(GROUPS, 2, 2, DnnSpec((8, 6), use_bn=True), dtype=dtype),
    "bottom": lambda dtype: SharedBottom(GROUPS, 2, DnnSpec((8,)), dtype=dtype),
}


def _model(make_embedder, body: str, dtype: str | None = None) -> RankModel:
    """DNNs wherever there may be one, beside parts without."""
    return RankModel(
        make_embedder(),
        FunnelHead([Task("ctr", "click", DnnSpec((6, 4))), CVR]),
        body=(BODIES | OTHERS)[body](dtype),
        fm=FmSpec(FEATURES, FEATURES, into_tower_input=True),
        position=PositionSpec(("slot",), DnnSpec((4,))),
        dtype=dtype,
    )


@pytest.mark.parametrize("body", BODIES)
def test_products_of_dnns_are_bfloat16_and_all_else_float32(body, make_embedder, make_batch, prepare):
    model = prepare(_model(make_embedder, body, BFLOAT16))
    assert {variable.dtype for variable in model.variables} == {tf.float32}
    features = make_batch()[0]
    graph = tf.function(model.call).get_concrete_function(features).graph
    products = {op.name: op.outputs[0].dtype for op in graph.get_operations() if op.type == "MatMul"}
    dense = {name for name in products if "/dense_" in name}
    assert {products[name] for name in dense} == {tf.bfloat16}
    assert {products[name] for name in products.keys() - dense} == {tf.float32}
    # One product a kernel: two of the group or the bottom, four of experts, two of a tower, one of the position's.
    assert len(dense) == {"experts": 1 + 4, "bottom": 1 + 1}[body] + 2 + 1
    # The gates, two towers, the position tower.
    assert len(products) - len(dense) == {"experts": 1, "bottom": 0}[body] + 3
    assert {value.dtype for value in model(features).values()} == {tf.float32}


ALL = [Group("all", FEATURES)]
NET = DnnSpec((8, 6), use_bn=True)
# Bodies of models with a name, and activations with weights of their own.
OTHERS = {
    "ple": lambda dtype: ProgressiveExtraction(ALL, 2, [ExtractionSpec("one", 1, 1, NET, NET)], dtype=dtype),
    "aitm": lambda dtype: InformationTransfer(GROUPS, 2, NET, DnnSpec((6,)), dtype=dtype),
    "cross": lambda dtype: DeepAndCross(ALL, 2, 2, dnn=DnnSpec((8,), "prelu"), dtype=dtype),
    "interaction": lambda dtype: Interaction(
        [Group("user", ("user",), DnnSpec((4,), "dice")), GROUPS[1]], 2, dtype=dtype
    ),
}


@pytest.mark.parametrize("body", OTHERS)
def test_weights_and_outputs_of_models_with_a_name_are_float32(body, make_embedder, make_batch, prepare):
    model = prepare(_model(make_embedder, body, BFLOAT16))
    assert {variable.dtype for variable in model.variables} == {tf.float32}
    graph = tf.function(model.call).get_concrete_function(make_batch()[0]).graph
    products = {op.name: op.outputs[0].dtype for op in graph.get_operations() if op.type == "MatMul"}
    assert {dtype for name, dtype in products.items() if "/dense_" in name} == {tf.bfloat16}
    assert {value.dtype for value in model(make_batch()[0]).values()} == {tf.float32}


def test_towers_that_read_others_hand_on_half_precision(make_embedder, make_batch, prepare):
    found = []
    for dtype in (BFLOAT16, None):
        tasks = [
            Task("ctr", "click", NET),
            Task("cvr", "download", NET, relations=("ctr",), relation_dnn=DnnSpec((4,))),
        ]
        found.append(prepare(mmoe(make_embedder(()), tasks, FEATURES, 2, NET, dtype=dtype))(make_batch(200)[0]))
    half, single = found
    for name in ("logits_ctr", "logits_cvr"):
        assert 0 < np.abs(half[name] - single[name]).max() < 0.05 * np.abs(single[name]).max(), name


@pytest.mark.parametrize("body", [*BODIES, *OTHERS])
def test_predictions_are_near_those_of_float32(body, make_embedder, make_batch, prepare):
    features = make_batch(200)[0]
    half, single = (prepare(_model(make_embedder, body, dtype))(features) for dtype in (BFLOAT16, None))
    for name in ("logits_ctr", "logits_cvr"):
        difference = np.abs(half[name] - single[name])
        # A bfloat16 is right to 2^-9 of its size; a logit is a sum of a few dozen terms, three roundings deep.
        assert 0 < difference.max() < 0.05 * np.abs(single[name]).max(), name


def test_what_has_no_dnn_is_not_rounded(make_embedder, make_batch, prepare):
    features = make_batch()[0]
    options = {"fm": FmSpec(FEATURES, FEATURES), "position": PositionSpec(("slot",))}
    half, single = (
        prepare(esmm(make_embedder(), [CTR, CVR], FEATURES, dtype=dtype, **options))(features)
        for dtype in (BFLOAT16, None)
    )
    for name, value in single.items():
        np.testing.assert_array_equal(half[name], value, err_msg=name)


def test_gates_are_not_rounded(make_embedder, make_batch, prepare):
    vectors = []
    for dtype in (BFLOAT16, None):
        body = MixtureOfExperts([Group("all", FEATURES)], 2, 2, DnnSpec((4,)), dtype=dtype)
        model = prepare(RankModel(make_embedder(), FunnelHead([CTR, CVR]), body=body, dtype=dtype))
        # Experts that say 1 and 2, whatever the input: numbers that bfloat16 holds, so that only the shares can differ.
        for variable in body.experts.variables:
            is_bias = "bias" in variable.name
            variable.assign(tf.fill(variable.shape, (2.0 if "expert_1" in variable.name else 1.0) * is_bias))
        vectors.append(body([model.embedder(make_batch()[0]).flat(FEATURES)]))
    for half, single in zip(*vectors, strict=True):
        np.testing.assert_array_equal(half, single)
        assert np.ptp(single) > 0.1
