"""Names of activations as EasyRec takes them."""

import pytest

from apps_rec.config import parse_text
from apps_rec.config.checks.model.dnn import ACTIVATIONS
from apps_rec.layers.activations import ACTIVATION_NAMES

DNN = "model_config.rank_model.body.mmoe.expert_dnn"


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("tf.nn.relu", "relu"),
        ("tf.nn.leaky_relu", "leaky_relu"),
        ("tf.tanh", "tanh"),
        ("tf.math.sigmoid", "sigmoid"),
        ("tf.keras.activations.swish", "swish"),
        ("Dice", "dice"),
        ("prelu", "prelu"),
        ("tf.identity", "linear"),
        ("", "linear"),
    ],
)
def test_a_name_of_code_is_read_by_its_last_part(given, read, base):
    message = parse_text(base, overrides=[f'{DNN}.activation="{given}"']).message
    assert message.model_config.rank_model.body.mmoe.expert_dnn.activation == read


@pytest.mark.parametrize("given", ["mish", "tf.nn.softmax", "easy_rec.python.utils.activation.gelu", "my.code.act"])
def test_any_other_is_refused_with_the_list(given, report):
    (line,) = report(overrides=[f'{DNN}.activation="{given}"'])
    assert "unknown activation" in line
    assert "dice" in line


def test_the_config_knows_those_of_the_layers():
    assert list(ACTIVATIONS) == ACTIVATION_NAMES
