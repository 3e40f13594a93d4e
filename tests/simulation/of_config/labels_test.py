import numpy as np
import pytest

from apps_rec.data.schema import Column, LabelRule, LabelVector, Schema
from apps_rec.simulation.of_config.labels import draw_labels, vector_cells

ROWS = 4000


def drawn(dtype="FLOAT", steps=(), names=("y",), **rules):
    declared = tuple(Column(name, dtype) for name in names)
    schema = Schema((), labels=names, label_rules=rules, label_steps=steps, declared=declared)
    hidden = {name: np.random.default_rng(1).normal(size=ROWS) * 2 for name in names}
    return draw_labels(schema, list(names), hidden, np.random.default_rng(2)), hidden


def test_three_in_ten_rows_are_positive():
    made, _ = drawn("INT32")
    assert abs(np.mean(made.values["y"]) - 0.3) < 0.03
    assert set(made.cells["y"]) == {"0", "1"}


def test_steps_follow_one_another_whatever_the_order_of_the_labels():
    made, _ = drawn("INT64", names=("pay", "click", "get"), steps=("click", "get", "pay"))
    click, get, pay = (made.values[name] for name in ("click", "get", "pay"))
    assert (get <= click).all()
    assert (pay <= get).all()
    assert pay.sum() > 0.02 * ROWS


def test_a_label_outside_of_its_space_is_zero():
    made, _ = drawn("INT64", names=("b", "a"), b=LabelRule(spaces=("a",)))
    assert (made.values["b"] <= made.values["a"]).all()


@pytest.mark.parametrize(
    ("dtype", "rule", "is_whole", "least", "most"),
    [
        ("FLOAT", LabelRule(is_whole=False), False, 0, 1),
        ("INT32", LabelRule(is_whole=False), True, 0, 1),
        ("DOUBLE", LabelRule(most=1e18, is_whole=False), False, 0, 1e17),
        ("INT64", LabelRule(least=-1e18, most=1e18, is_whole=False), True, -1e17, 1e17),
        ("INT64", LabelRule(most=4), True, 0, 4),
    ],
)
def test_numbers_are_what_the_rule_allows_and_follow_the_hidden_number(dtype, rule, is_whole, least, most):
    made, hidden = drawn(dtype, y=rule)
    values = made.values["y"]
    assert least <= values.min() < values.max() <= most
    assert (values == np.round(values)).all() == is_whole
    assert [float(text) for text in made.cells["y"]] == values.tolist()
    assert np.corrcoef(np.argsort(np.argsort(values)), hidden["y"])[0, 1] > 0.4


def test_classes_are_equally_frequent():
    made, _ = drawn("INT64", y=LabelRule(most=4))
    np.testing.assert_array_equal(np.bincount(made.values["y"].astype(int)), np.full(5, ROWS // 5))


@pytest.mark.parametrize(("word", "cell"), [(-1.0, "-1"), (None, None)])
def test_a_part_of_the_rows_is_not_observed(word, cell):
    made, _ = drawn("INT32", y=LabelRule(not_observed=(word,)))
    gone = np.isnan(made.values["y"])
    assert 0.03 < gone.mean() < 0.07
    assert set(made.cells["y"][gone]) == {cell}


def test_soft_labels_of_classes_follow_the_hidden_number():
    hidden = np.array([-3.0, 0.0, 3.0])
    shares = [
        [float(text) for text in cell.split("#")] for cell in vector_cells(LabelVector("s", "#", 3, True), hidden)
    ]
    assert [max(range(3), key=row.__getitem__) for row in (shares[0], shares[2])] == [0, 2]
    assert shares[1] == [0.3333] * 3
    assert np.sum(shares, axis=1) == pytest.approx(1, abs=2e-4)
    assert vector_cells(LabelVector("s", "|", 2, False), hidden).tolist() == [
        "3.0000|-3.0000",
        "-0.0000|0.0000",
        "-3.0000|3.0000",
    ]
