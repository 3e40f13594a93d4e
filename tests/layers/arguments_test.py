import numpy as np
import pytest
import tensorflow as tf

from apps_rec.layers import arguments


def test_good_values_come_back_as_plain_python():
    assert arguments.positive_int("dnn", "units", np.int64(3)) == 3
    assert type(arguments.positive_int("dnn", "units", np.int64(3))) is int
    assert arguments.positive_ints("dnn", "hidden_units", [4, 2]) == (4, 2)
    assert arguments.positive_ints("dnn", "hidden_units", (), allow_empty=True) == ()
    assert arguments.non_negative("dnn", "l2", 0) == 0.0
    assert arguments.rates("dnn", "dropout", 0.25, 2) == (0.25, 0.25)
    assert arguments.rates("dnn", "dropout", [0.25, 0], 2) == (0.25, 0.0)
    assert arguments.choice("fm", "output", "logit", ["logit", "joined"]) == "logit"


@pytest.mark.parametrize(
    ("check", "message"),
    [
        (lambda: arguments.positive_int("dnn", "units", 0), "dnn: units must be a whole number of at least 1, got 0."),
        (lambda: arguments.positive_int("dnn", "units", 2.0), "at least 1, got 2.0"),
        (lambda: arguments.positive_int("dnn", "units", True), "at least 1, got True"),
        (lambda: arguments.positive_ints("dnn", "hidden_units", [4, 0]), r"hidden_units\[1\] must be"),
        (lambda: arguments.positive_ints("dnn", "hidden_units", []), "hidden_units must name at least one layer"),
        (lambda: arguments.positive_ints("dnn", "hidden_units", 8), "must be a list of whole numbers, got 8"),
        (lambda: arguments.non_negative("dnn", "l2", -0.5), "l2 must be a number of at least 0, got -0.5"),
        (lambda: arguments.non_negative("dnn", "l2", float("nan")), "l2 must be a number of at least 0, got nan"),
        (
            lambda: arguments.rate("drop", "rate", 1.0),
            r"rate must be in \[0, 1\), the share of inputs to drop; got 1.0",
        ),
        (lambda: arguments.rates("dnn", "dropout", "0.5", 1), r"dropout must be in \[0, 1\)"),
        (lambda: arguments.rates("dnn", "dropout", [0.1], 2), "one for each of the 2 layers, got 1 numbers"),
        (lambda: arguments.choice("fm", "output", "logits", ["logit", "joined"]), 'Did you mean "logit"'),
        (
            lambda: arguments.static_rank("fm", "linear", tf.zeros([2]), "batch, field"),
            r"linear must have shape \(batch",
        ),
    ],
)
def test_bad_values_are_named(check, message):
    with pytest.raises(ValueError, match=message):
        check()
