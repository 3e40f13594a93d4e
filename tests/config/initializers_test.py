"""`initializer` of a feature: what becomes of each kind, and what is refused."""

import pytest

from apps_rec.config import parse_text
from apps_rec.features.build import build_initials
from apps_rec.features.embeddings.initial import GLOROT_NORMAL, NORMAL, UNIFORM, Initial

USER = 'input_names: "user" embedding_dim: 8'
AT = "feature_config.features[feature_name=user].initializer"


@pytest.fixture
def text(change):
    return lambda initializer, *more: change((USER, f"{USER} initializer {{ {initializer} }}"), *more)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("truncated_normal_initializer { }", Initial(center=0.0, spread=1.0)),
        ("truncated_normal_initializer { mean: 1 stddev: 0.5 }", Initial(center=1.0, spread=0.5)),
        ("random_normal_initializer { mean: -1 stddev: 0.25 }", Initial(NORMAL, -1.0, 0.25)),
        ("glorot_normal_initializer { }", Initial(GLOROT_NORMAL)),
        ("constant_initializer { consts: 0.5 }", Initial(center=0.5, spread=0.0)),
        ("uniform_initializer { minval: -1 maxval: 2 }", Initial(UNIFORM, 0.5, 1.5)),
    ],
)
def test_each_kind_becomes_a_draw(text, written, expected):
    assert build_initials(parse_text(text(written)).message) == {"user": expected}


@pytest.mark.parametrize(
    ("written", "mistake"),
    [
        (
            "",
            "says nothing; expected one of truncated_normal_initializer, random_normal_initializer,"
            " glorot_normal_initializer, constant_initializer, uniform_initializer.",
        ),
        ("random_normal_initializer { stddev: -1 }", "stddev: expected 0 or more, got -1."),
        ("constant_initializer { }", "consts: expected one number, which every embedding is made of, got 0."),
        ("constant_initializer { consts: [1, 2] }", "consts: expected one number, which every embedding is made of"),
        ("constant_initializer { consts: inf }", "consts: expected a finite number, got inf."),
        ("uniform_initializer { minval: 1 maxval: 1 }", "maxval: expected a number above minval, 1, got 1."),
    ],
)
def test_what_draws_nothing_is_refused(text, report, written, mistake):
    (found,) = report(text(written))
    assert AT in found
    assert mistake in found


def test_features_of_one_table_begin_alike(text, report):
    shared = ('input_names: "app" embedding_dim: 8', 'input_names: "app" embedding_dim: 8 embedding_name: "user"')
    (found,) = report(text("glorot_normal_initializer { }", shared, ('embedding_name: "app"', "")))
    assert found.endswith(
        'feature_config.features[feature_name=app].initializer: the table "user" is shared with "user" (line 21);'
        " expected the same initializer."
    )


def test_without_an_embedding_it_is_noted(change):
    config = parse_text(
        change(
            ("feature_type: RawFeature embedding_dim: 8", "feature_type: RawFeature initializer { }"), ("fm { }", "")
        )
    )
    assert build_initials(config.message) == {}
    assert "noted: there is no embedding, and first-order weights begin at 0" in str(config.notes)
