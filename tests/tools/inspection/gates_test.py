"""Facts of gates and experts, worked out by hand, and the alarms that follow from them."""

import math

import numpy as np
import pytest

from apps_rec.tools.inspection.alarms import alarms_of
from apps_rec.tools.inspection.gates import LayerFacts, correlations, gate_facts


def test_shares_of_a_gate():
    shares = {"a": np.array([0.5, 1.0, 0.5, 1.0]), "b": np.array([0.5, 0.0, 0.5, 0.0])}
    facts = gate_facts("ctr", shares, {"day": np.array([b"2", b"1", b"2", b"2"], object)})
    assert facts.shares == {"a": 0.75, "b": 0.25}
    assert facts.spread == {"a": 0.25, "b": 0.25}
    # Of two experts ln 2 is the largest entropy: rows have 1, 0, 1 and 0 of it.
    assert facts.entropy == pytest.approx(0.5)
    (days,) = facts.by.values()
    assert [(one.value, one.rows, one.shares) for one in days] == [
        ("2", 3, {"a": pytest.approx(2 / 3), "b": pytest.approx(1 / 3)}),
        ("1", 1, {"a": 1.0, "b": 0.0}),
    ]


def test_entropy_of_three():
    shares = dict(zip("abc", np.array([[0.5], [0.25], [0.25]]), strict=True))
    assert gate_facts("ctr", shares).entropy == pytest.approx(1.5 * math.log(2) / math.log(3))


def test_correlation_is_that_of_centred_units():
    draw = np.random.default_rng(5)
    a, b = draw.normal(3, 1, (50, 4)), draw.normal(-1, 2, (50, 4))
    found, dead = correlations({"a": a, "b": b, "twice a": 2 * a + 7})
    centred = [(each - each.mean(axis=0)).ravel() for each in (a, b)]
    assert found[0, 1] == pytest.approx(np.corrcoef(*centred)[0, 1])
    assert found[0, 2] == pytest.approx(1)
    assert not dead


def test_an_output_that_never_changes_is_dead():
    constant = np.full((1000, 4), 0.1, np.float32)
    found, dead = correlations({"a": np.random.default_rng(0).random((1000, 4)), "b": constant, "c": 0 * constant})
    assert dead == ("b", "c")
    assert np.isnan(found[1:]).all()
    assert found[0, 0] == pytest.approx(1)


def layer(shares, correlation=0.0, dead=()):
    """A layer of two experts and one gate with a mean share of the first."""
    gate = gate_facts("ctr", {"a": np.array([shares]), "b": np.array([1 - shares])})
    return LayerFacts("mmoe", (gate,), ("a", "b"), np.array([[1, correlation], [correlation, 1]]), dead)


def test_alarms_follow_their_rules():
    assert alarms_of([layer(0.94, 0.949), layer(0.06), layer(0.5, np.nan)]) == []
    assert alarms_of([layer(0.95)]) == ["mmoe: the gate of ctr uses a only: its mean share is 0.950"]
    assert alarms_of([layer(0.995)]) == [
        "mmoe: the gate of ctr uses a only: its mean share is 0.995",
        "mmoe: no gate uses b: its largest mean share is 0.0050",
    ]
    assert alarms_of([layer(0.5, 0.95)]) == ["mmoe: a and b collapsed: their outputs have a correlation of 0.950"]
    assert alarms_of([layer(0.5, np.nan, ("b",))]) == ["mmoe: b is dead: its output is the same for every row"]


def test_an_expert_that_one_gate_uses_is_used():
    gates = [
        gate_facts(task, {"a": np.array([share]), "b": np.array([1 - share])})
        for task, share in (("x", 1.0), ("y", 0.5))
    ]
    found = alarms_of([LayerFacts("mmoe", tuple(gates), ("a", "b"), np.eye(2), ())])
    assert found == ["mmoe: the gate of x uses a only: its mean share is 1.000"]
