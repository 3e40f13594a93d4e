"""Crosses of lists, against itertools."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.features.specs import CrossListFeature, HashIds
from tests.features.one_feature import FARMHASH, run


def crossed(separators, length=50, join="_X_", **columns):
    spec = CrossListFeature("x", tuple(columns), separators, join, HashIds(1000), "x", 4, length)
    ids = run(spec, **columns)["list_ids/x"]
    return [[int(i) for i in row if i >= 0] for row in ids]


def hashes(texts):
    return tf.strings.to_hash_bucket_fast(texts, 1000).numpy().tolist() if texts else []


def test_a_known_cross():
    assert crossed(("", "|"), a=["x", "x"], b=["|1|", ""]) == [[FARMHASH["x_X_1"]], []]


@pytest.mark.parametrize("separators", [("|", "", ";"), ("|", "|", "|"), ("", ";", "")])
def test_every_value_is_crossed_with_every_other(separators):
    random = np.random.default_rng(3)
    cells = [
        [(separator or "|").join(random.choice(list("pqr"), random.integers(0, 4))) for _ in range(30)]
        for separator in separators
    ]
    numbers = random.integers(-9, 9, 30) if separators[1] == "" else cells[1]
    found = crossed(separators, 5, "*", a=cells[0], b=numbers, c=cells[2])
    for row, (a, b, c) in enumerate(zip(cells[0], map(str, numbers), cells[2], strict=True)):
        values = [
            [word for word in cell.split(s) if word] if s else [cell]
            for cell, s in zip((a, b, c), separators, strict=True)
        ]
        assert found[row] == hashes(["*".join(words) for words in itertools.product(*values)][:5])
