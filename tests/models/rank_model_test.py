import numpy as np
import pytest
import tensorflow as tf

from apps_rec.evaluation.metrics import auc
from apps_rec.legacy_keras import keras
from apps_rec.models import (
    DnnSpec,
    FmSpec,
    FunnelHead,
    IndependentHead,
    PositionSpec,
    RankModel,
    ScoreTerm,
    Task,
    deepfm,
    esmm,
    fm,
    mmoe,
    shared_bottom,
)
from apps_rec.models.heads import AllRows
from apps_rec.models.specs import TaskLoss
from apps_rec.training.optimizers.row_sparse import RowSparseOptimizer
from apps_rec.training.optimizers.rules import Adam
from apps_rec.training.optimizers.schedules import Constant

FEATURES = ("user", "app", "price")
CTR = Task("ctr", "click", DnnSpec((16,)), weight=0.95)
CVR = Task("cvr", "download", DnnSpec((16,)), weight=0.05)
EXPERTS = {"num_experts": 2, "expert": DnnSpec((6, 4))}
FM = FmSpec(FEATURES, FEATURES)

MODELS = {
    "Fm": lambda e, **o: fm(e(), IndependentHead([Task("ctr", "click")]), FEATURES, **o),
    "DeepFm": lambda e, **o: deepfm(e(), IndependentHead([CTR]), FEATURES, **o),
    "SharedBottom": lambda e, **o: shared_bottom(e(), IndependentHead([CTR, CVR]), FEATURES, DnnSpec((8,)), **o),
    "Mmoe": lambda e, **o: mmoe(e(), [CTR, CVR], FEATURES, **EXPERTS, fm=FM, **o),
    "Mmoe, bfloat16": lambda e, **o: mmoe(e(), [CTR, CVR], FEATURES, **EXPERTS, fm=FM, dtype="mixed_bfloat16", **o),
    "Mmoe, one task": lambda e, **o: mmoe(e(), [CTR], FEATURES, **EXPERTS, **o),
    "Esmm": lambda e, **o: esmm(e(), [CTR, CVR], FEATURES, **EXPERTS, fm=FM, **o),
    "Esmm of the paper": lambda e, **o: esmm(e(), [CTR, CVR], FEATURES, **o),
}


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def _numpy(tensors) -> dict[str, np.ndarray]:
    return {name: np.asarray(value, np.float64) for name, value in tensors.items()}


@pytest.mark.parametrize("name", MODELS)
def test_outputs(name, make_embedder, make_batch, prepare):
    model = prepare(MODELS[name](make_embedder))
    towers = [task.name for task in model.tasks]
    outputs = model(make_batch(7)[0])
    funnel = ["probs_ctcvr"] if name.startswith("Esmm") else []
    expected = {*(f"{kind}_{tower}" for tower in towers for kind in ("probs", "logits")), *funnel, "score"}
    assert set(outputs) == expected
    for key, value in outputs.items():
        assert value.shape == (7,)
        assert value.dtype == tf.float32
        if key.startswith("probs_"):
            assert ((value.numpy() > 0) & (value.numpy() < 1)).all()
    for tower in towers:
        np.testing.assert_allclose(outputs[f"probs_{tower}"], _sigmoid(outputs[f"logits_{tower}"].numpy()), rtol=1e-5)
    if funnel:
        product = outputs["probs_ctr"].numpy() * outputs["probs_cvr"].numpy()
        np.testing.assert_array_equal(outputs["probs_ctcvr"], product)


def _esmm_by_hand(model: RankModel, features) -> tuple[np.ndarray, np.ndarray]:
    """Both logits of experts, gates, towers and FM, a row at a time."""
    w = {variable.name.removeprefix("rank_model/"): variable.numpy().astype(np.float64) for variable in model.variables}
    table, price = w["embedder/tables_4_first_order:0"], w["embedder/vectors_price:0"][0]

    def dense(x, name):
        return x @ w[f"{name}/kernel:0"] + w[f"{name}/bias:0"]

    def relu(x):
        return np.maximum(x, 0)

    logits = []
    for ids, (value,) in zip(features["ids"].numpy(), features["values"].numpy(), strict=True):
        fields = np.stack([table[ids[0]], table[6 + ids[1]], value * price])  # [F, D + 1]
        x, first_order = fields[:, :4].ravel(), fields[:, 4].sum()
        pairs = [(0, 1), (0, 2), (1, 2)]
        fm = first_order + sum(fields[i, :4] @ fields[j, :4] for i, j in pairs)
        experts = []
        for k in range(2):
            name = f"mmoe/mmoe_experts/mmoe_experts/expert_{k}"
            experts.append(relu(dense(relu(dense(x, f"{name}/dense_0")), f"{name}/dense_1")))
        row = []
        for t, tower in enumerate(("ctr", "cvr")):
            gate = np.exp(dense(x, "mmoe/mmoe_gates/logits"))[2 * t : 2 * t + 2]
            mixed = (gate / gate.sum()) @ np.stack(experts)
            hidden = relu(dense(mixed, f"tower_{tower}/tower_{tower}/dnn/dense_0"))
            row.append(dense(hidden, f"tower_{tower}/logit")[0] + fm)
        logits.append(row)
    return tuple(np.array(logits).T)


def test_experts_fm_and_funnel_are_what_numpy_makes_of_the_weights(make_embedder, make_batch, prepare):
    model = prepare(esmm(make_embedder(), [CTR, CVR], FEATURES, **EXPERTS, fm=FM))
    features = make_batch()[0]
    ctr, cvr = _esmm_by_hand(model, features)
    outputs = _numpy(model(features))
    np.testing.assert_allclose(outputs["logits_ctr"], ctr, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(outputs["logits_cvr"], cvr, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(outputs["probs_ctcvr"], _sigmoid(ctr) * _sigmoid(cvr), rtol=1e-4)
    score = 0.95 * _sigmoid(ctr) + 0.05 * _sigmoid(ctr) * _sigmoid(cvr)
    np.testing.assert_allclose(outputs["score"], score, rtol=1e-4)


def _cross_entropy(y: np.ndarray, p: np.ndarray) -> np.ndarray:
    return -(y * np.log(p) + (1 - y) * np.log(1 - p))


@pytest.mark.parametrize("funnel", [True, False])
def test_loss_is_the_weighted_mean_over_the_batch(funnel, make_embedder, make_batch, prepare):
    tasks = [
        Task("ctr", "click", weight=0.95, sample_weight="weight"),
        Task("cvr", "download", weight=0.05, space_label="click", in_space_weight=2.0, out_space_weight=0.5),
    ]
    head = FunnelHead(tasks) if funnel else IndependentHead(tasks)
    model = prepare(shared_bottom(make_embedder(), head, FEATURES, DnnSpec((6,)), l2=0.3, embedding_l2=0.2))
    features, labels, weights = make_batch()
    outputs, y = _numpy(model(features)), _numpy(labels)
    click_weight, space = _numpy(weights)["weight"], np.where(y["click"] > 0, 2.0, 0.5)
    click = (click_weight * _cross_entropy(y["click"], outputs["probs_ctr"])).sum() / click_weight.sum()
    second = outputs["probs_ctcvr"] if funnel else outputs["probs_cvr"]
    download = (space * _cross_entropy(y["download"], second)).sum() / space.sum()
    kernels = sum((v.numpy() ** 2).sum() for v in model.trainable_variables if "kernel" in v.name)
    squares = model.embedder(features).squared_length().numpy().mean()
    expected = 0.95 * click + 0.05 * download + 0.3 / 2 * kernels + 0.2 / 2 * squares
    logs = _numpy(model.train_step((features, labels, weights)))
    assert logs["loss"] == pytest.approx(expected, rel=1e-5)
    assert logs["loss_ctr"] == pytest.approx(0.95 * click, rel=1e-5)
    assert logs["loss_ctcvr" if funnel else "loss_cvr"] == pytest.approx(0.05 * download, rel=1e-5)
    assert logs["loss_l2"] == pytest.approx(0.15 * kernels, rel=1e-5)
    assert logs["loss_embedding_l2"] == pytest.approx(0.1 * squares, rel=1e-5)
    assert float(model.compute_loss((features, labels, weights))) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("funnel", [True, False])
def test_rows_that_were_not_observed_leave_their_task_alone(funnel, make_embedder, make_batch, prepare):
    tasks = [
        Task("ctr", "click", weight=0.95, observed=("click",)),
        Task("cvr", "download", weight=0.05, observed=("click", "download") if funnel else ("download",)),
    ]
    head = FunnelHead(tasks) if funnel else IndependentHead(tasks)
    model = prepare(shared_bottom(make_embedder(), head, FEATURES, DnnSpec((6,))))
    features, labels, weights = make_batch(rows=16)
    outputs, y = _numpy(model(features)), _numpy(labels)
    seen = {"click": np.arange(16) % 5 != 0, "download": np.arange(16) % 3 != 1}
    counted = {"ctr": seen["click"], "cvr": seen["click"] & seen["download"] if funnel else seen["download"]}
    second = outputs["probs_ctcvr"] if funnel else outputs["probs_cvr"]
    click = _cross_entropy(y["click"], outputs["probs_ctr"])[counted["ctr"]].mean()
    download = _cross_entropy(y["download"], second)[counted["cvr"]].mean()
    given = {name: tf.constant(np.where(seen[name], y[name], -1), tf.float32) for name in y}
    logs = _numpy(model.train_step((features, given, weights)))
    assert logs["loss_ctr"] == pytest.approx(0.95 * click, rel=1e-5)
    assert logs["loss_ctcvr" if funnel else "loss_cvr"] == pytest.approx(0.05 * download, rel=1e-5)
    assert logs["is_finite"] == 1


def test_a_batch_without_weight_has_no_loss_and_finite_gradients(make_embedder, make_batch, prepare):
    tasks = [Task("ctr", "click", sample_weight="weight"), Task("cvr", "download", sample_weight="weight")]
    model = prepare(esmm(make_embedder(), tasks, FEATURES, fm=FM))
    features, labels, weights = make_batch()
    with tf.GradientTape() as tape:
        loss = model.compute_loss((features, labels, {"weight": 0 * weights["weight"]}), training=True)
    assert float(loss) == 0.0
    for gradient in tape.gradient(loss, model.trainable_variables):
        assert gradient is None or (np.asarray(tf.convert_to_tensor(gradient)) == 0).all()


@pytest.mark.parametrize("logit", [-80.0, -13.8, 13.8, 80.0])
def test_gradients_of_the_funnel_are_finite_at_extreme_logits(logit):
    head = FunnelHead([CTR, CVR])
    labels = {"click": tf.constant([0.0, 1.0, 1.0]), "download": tf.constant([0.0, 0.0, 1.0])}
    logits = {name: tf.Variable([logit] * 3) for name in ("ctr", "cvr")}
    with tf.GradientTape() as tape:
        losses = head.losses(logits, labels, AllRows(dict.fromkeys(logits, tf.ones([3]))))
        total = tf.add_n([tf.reduce_sum(terms.values) for ((terms,),) in losses.values()])
    assert np.isfinite(total.numpy())
    for gradient in tape.gradient(total, list(logits.values())):
        assert np.isfinite(gradient.numpy()).all()


def test_gradient_of_ctcvr_at_a_millionth_is_that_of_float64():
    head = FunnelHead([CTR, CVR])
    logit = float(np.log(1e-3 / (1 - 1e-3)))  # p q = 1e-6
    for label in (0.0, 1.0):
        logits = {name: tf.Variable([logit]) for name in ("ctr", "cvr")}
        with tf.GradientTape() as tape:
            labels = {"click": tf.constant([1.0]), "download": tf.constant([label])}
            ((terms,),) = head.losses(logits, labels, AllRows(dict.fromkeys(logits, tf.ones([1]))))["cvr"]
            loss = terms.values
        got = float(tape.gradient(loss, logits["cvr"])[0])
        # d/dz of -y log(pq) - (1 - y) log(1 - pq), with q = sigmoid(z)
        p = q = 1 / (1 + np.exp(-np.float64(np.float32(logit))))
        expected = -label * (1 - q) + (1 - label) * p * q * (1 - q) / (1 - p * q)
        assert got == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("name", MODELS)
def test_gradient_reaches_every_weight(name, make_embedder, make_batch, prepare):
    model = prepare(MODELS[name](make_embedder))
    with tf.GradientTape() as tape:
        loss = model.compute_loss(make_batch(64), training=True)
    unused = {"embedder/tables_2:0"}  # no model here reads the slot
    for variable, gradient in zip(
        model.trainable_variables, tape.gradient(loss, model.trainable_variables), strict=True
    ):
        if variable.name.removeprefix("rank_model/") in unused:
            assert gradient is None
            continue
        assert gradient is not None, variable.name
        assert np.abs(tf.convert_to_tensor(gradient).numpy()).max() > 0, variable.name


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name in ("Fm", "DeepFm", "Mmoe, bfloat16", "Esmm") else pytest.mark.slow)
        for name in MODELS
    ],
)
def test_a_planted_signal_is_learned(name, make_embedder):
    random = np.random.default_rng(3)
    ids = np.stack([random.integers(0, size, 2048) for size in (6, 5, 3)], axis=1)
    taste = random.normal(size=(6, 5)) * 2.5  # of each user for each app: no first-order term can hold it
    click = (random.random(2048) < _sigmoid(taste[ids[:, 0], ids[:, 1]])).astype(np.float32)
    download = click * (random.random(2048) < _sigmoid(-taste[ids[:, 0], ids[:, 1]])).astype(np.float32)
    features = {"ids": ids, "values": random.normal(size=(2048, 1)).astype(np.float32)}
    data = tf.data.Dataset.from_tensor_slices((features, {"click": click, "download": download}, {}))
    keras.utils.set_random_seed(1)
    model = MODELS[name](make_embedder)
    model.compile(optimizer=RowSparseOptimizer(Adam(), Constant(0.02)))
    model.fit(data.batch(128), epochs=10, verbose=0)
    reachable = auc(click, _sigmoid(taste[ids[:, 0], ids[:, 1]]))
    assert auc(click, model(features)["probs_ctr"].numpy()) > reachable - 0.03
    assert reachable > 0.85


@pytest.mark.parametrize("name", ["Mmoe", "Esmm"])
def test_position_moves_the_first_logit_alone(name, make_embedder, make_batch, prepare):
    model = prepare(MODELS[name](make_embedder, position=PositionSpec(("slot",))))
    features = make_batch()[0]
    first, second = (
        model({**features, "ids": tf.concat([features["ids"][:, :2], tf.fill([12, 1], slot)], axis=1)})
        for slot in (tf.constant(0, tf.int64), tf.constant(2, tf.int64))
    )
    np.testing.assert_array_equal(first["logits_cvr"], second["logits_cvr"])
    slots = model.embedder.tables["tables_2"].numpy()
    expected = float((slots[0] - slots[2]) @ model.position_tower.trainable_weights[0].numpy()[:, 0])
    # The same for every candidate: a position that is filled in changes no order.
    shift = first["logits_ctr"].numpy() - second["logits_ctr"].numpy()
    np.testing.assert_allclose(shift, np.full(12, expected), atol=1e-5)
    assert abs(expected) > 1e-2


def test_explicit_score_terms(make_embedder, make_batch, prepare):
    terms = [ScoreTerm("probs_ctr", 0.3), ScoreTerm("probs_cvr", 2.0)]
    outputs = prepare(MODELS["Esmm"](make_embedder, score=terms))(make_batch()[0])
    expected = 0.3 * outputs["probs_ctr"].numpy() + 2.0 * outputs["probs_cvr"].numpy()
    np.testing.assert_allclose(outputs["score"], expected, rtol=1e-6)


def test_default_score_of_independent_tasks(make_embedder, make_batch, prepare):
    outputs = prepare(MODELS["Mmoe"](make_embedder))(make_batch()[0])
    expected = 0.95 * outputs["probs_ctr"].numpy() + 0.05 * outputs["probs_cvr"].numpy()
    np.testing.assert_allclose(outputs["score"], expected, rtol=1e-6)


def test_dropout_hangs_on_seed_and_step(make_embedder, make_batch, prepare):
    def losses(seed: int) -> list[float]:
        dropped = DnnSpec((8,), dropout=(0.5,))
        tasks = [Task("ctr", "click", dropped), Task("cvr", "download", dropped)]
        model = esmm(make_embedder(), tasks, FEATURES, num_experts=2, expert=dropped, seed=seed)
        prepare(model)  # weights equal each time, rate 0
        batch = make_batch()
        return [float(model.train_step(batch)["loss"]) for _ in range(3)]

    first, again, other = losses(1), losses(1), losses(2)
    assert first == again
    assert len({*first, *other}) == 6


def test_training_mode_reaches_every_layer(make_embedder, make_batch, prepare):
    normed = DnnSpec((6,), use_bn=True)
    tasks = [Task("ctr", "click", normed), Task("cvr", "download", normed)]
    position = PositionSpec(("slot",), normed)
    model = prepare(esmm(make_embedder(), tasks, FEATURES, num_experts=2, expert=normed, fm=FM, position=position))
    moving = [variable for variable in model.non_trainable_variables if "moving_mean" in variable.name]
    before = [variable.numpy() for variable in moving]
    assert len(moving) == 5
    model(make_batch()[0])
    assert all((variable.numpy() == value).all() for variable, value in zip(moving, before, strict=True))
    model.train_step(make_batch())
    assert all((variable.numpy() != value).any() for variable, value in zip(moving, before, strict=True))


def test_what_cannot_be_put_together(make_embedder):
    with pytest.raises(ValueError, match="needs a body, an FM or both"):
        RankModel(make_embedder(), IndependentHead([CTR]))
    with pytest.raises(ValueError, match=r"A funnel has two tasks or more, such as click and conversion\. Got 1"):
        FunnelHead([CTR])
    with pytest.raises(ValueError, match="no loss is called hinge; expected one of CLASSIFICATION"):
        TaskLoss("hinge")
    with pytest.raises(ValueError, match="task ctr: expected one loss or several, got none"):
        Task("ctr", "click", losses=())
    with pytest.raises(ValueError, match="task rating: expected a probability in a funnel, got the kind classes"):
        FunnelHead([CTR, Task("rating", "rating", kind="classes", num_class=3)])
    with pytest.raises(ValueError, match=r"first-order weights, of length 1, .* Got tasks of \[3\] logits"):
        fm(make_embedder(), IndependentHead([Task("rating", "rating", kind="classes", num_class=3)]), FEATURES)
    with pytest.raises(ValueError, match="num_experts and expert belong together"):
        esmm(make_embedder(), [CTR, CVR], FEATURES, num_experts=2)
