"""A look inside a trained model: its sample, its gates, and the importance of its features."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from apps_rec.evaluation.intervals import Resampling
from apps_rec.evaluation.plan import build_plan
from apps_rec.tools.inspection.alarms import alarms_of
from apps_rec.tools.inspection.importance import importances
from apps_rec.tools.inspection.inspect import layers_of
from apps_rec.tools.inspection.sample import _Reservoir, draw_sample, in_batches
from apps_rec.training.estimator import load_trained


def drawn(count, seed, batches):
    """The rows that a reservoir keeps of batches of numbers."""
    reservoir = _Reservoir(count, np.random.default_rng(seed))
    for batch in batches:
        reservoir.add([{"x": batch}, {"y": batch}, {}])
    features, labels, _ = reservoir.take()
    assert features["x"].tolist() == labels["y"].tolist()
    return features["x"].tolist()


def test_every_row_is_drawn_as_often():
    batches = np.array_split(np.arange(40), 7)
    counts = np.zeros(40)
    for seed in range(2000):
        rows = drawn(10, seed, batches)
        assert len(set(rows)) == 10
        assert rows == sorted(rows)
        counts[rows] += 1
    # Each is there with a probability of .25; five standard deviations of 2,000 draws.
    assert np.abs(counts - 500).max() < 5 * np.sqrt(2000 * 0.25 * 0.75)
    assert drawn(10, 3, batches) == drawn(10, 3, batches) != drawn(10, 4, batches)
    assert drawn(50, 0, batches) == list(range(40))


@pytest.fixture(scope="module")
def looked_at(trained_small):
    """Return the trained model and a sample of 120 rows."""
    estimator, _, _ = load_trained(trained_small.load())
    return estimator, draw_sample(estimator, 120, 1, ["user", "app"])


def test_a_sample_holds_rows_as_evaluate_reads_them(looked_at, trained_small):
    _, sample = looked_at
    live = [row for row in trained_small.rows("eval.csv") if row["source"] == "live"]
    assert (sample.rows, sample.of_rows) == (120, len(live))
    given = [(row["user"] or "nobody", int(row["app"]), int(row["click"])) for row in live]
    users = [user.decode() for user in sample.users["user"]]
    found = list(zip(users, sample.users["app"].tolist(), sample.labels["click"].astype(int).tolist(), strict=True))
    rest = iter(given)
    # In their order.
    assert all(row in rest for row in found)


def test_gates_of_a_trained_model(looked_at):
    estimator, sample = looked_at
    (layer,) = layers_of(estimator, sample, ["app"])
    assert [gate.gate for gate in layer.gates] == ["ctr", "cvr"]
    for gate in layer.gates:
        assert list(gate.shares) == ["expert 0", "expert 1"]
        assert sum(gate.shares.values()) == pytest.approx(1, abs=1e-5)
        assert 0 < gate.entropy <= 1
        apps, counts = np.unique(sample.users["app"], return_counts=True)
        assert {one.value: one.rows for one in gate.by["app"]}.items() <= dict(
            zip(map(str, apps), counts, strict=True)
        ).items()
    assert 0 < abs(layer.correlation[0, 1]) < 1
    # The alarms of a model whose gates are made to use one expert, and whose experts are made alike.
    weights = {variable.name: variable for variable in estimator.model.body.gates.variables}
    (bias,) = [variable for name, variable in weights.items() if "bias" in name]
    before = bias.numpy()
    bias.assign([9.0, -9.0, 0.0, 0.0])
    try:
        alarms = alarms_of(layers_of(estimator, sample))
    finally:
        bias.assign(before)
    assert [alarm.split(":")[1] for alarm in alarms] == [" the gate of ctr uses expert 0 only"]
    first, second = estimator.model.body.experts._experts
    kept = second.get_weights()
    second.set_weights(first.get_weights())
    try:
        alarms = alarms_of(layers_of(estimator, sample))
    finally:
        second.set_weights(kept)
    assert alarms == ["mmoe: expert 0 and expert 1 collapsed: their outputs have a correlation of 1.000"]


def test_importance_is_the_auc_that_is_lost(looked_at):
    estimator, sample = looked_at
    resampling = Resampling(resamples=30, seed=5)
    plan = build_plan(estimator.config.message)
    found = importances(estimator, sample, plan, resampling)
    names = [spec.name for spec in estimator.preprocessor.specs]
    assert {one.feature for one in found} == set(names)
    assert [one.suffix for one in found[:3]] == ["ctr", "cvr_masked", "ctcvr"]
    # App decides over click, in the rows and so in the model.
    assert found[0].feature == "app"

    def auc(features):
        return roc_auc_score(sample.labels["click"], in_batches(estimator.predict, features)["probs_ctr"])

    place = [spec.name for spec in estimator.preprocessor.specs if spec.name in ("user", "app", "word", "slot")].index(
        "app"
    )
    order = np.random.default_rng([5, names.index("app")]).permutation(sample.rows)
    ids = sample.features["ids"].copy()
    ids[:, place] = ids[order, place]
    lost = auc(sample.features) - auc({**sample.features, "ids": ids})
    assert found[0].loss == pytest.approx(lost, abs=1e-6)
    low, high = found[0].interval.bounds
    assert 0 < low < found[0].loss < high
    assert found == importances(estimator, sample, plan, resampling)
