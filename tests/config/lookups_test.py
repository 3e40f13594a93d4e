"""LookupFeatures and crosses of lists in a config."""

import pytest

from apps_rec.config import parse_text
from apps_rec.data import build_schema
from apps_rec.data.schema import MapCells
from apps_rec.features import build_features
from apps_rec.features.specs import CrossListFeature, CutIds, HashIds, LookupFeature, LookupNumberFeature

L = "feature_config.features[feature_name=spent]"
C = "feature_config.features[feature_name=user_x_hour]"
LOOKUP = 'input_names: ["hour", "tags"] feature_type: LookupFeature embedding_dim: 8'


@pytest.fixture
def text(change):
    def make(options='hash_bucket_size: 9 kv_separator: ":"', feature=LOOKUP):
        return change(
            ("feature_config {\n", f'feature_config {{\n  features {{ feature_name: "spent" {feature} {options} }}\n'),
            ('"user_x_hour", "history"]', '"user_x_hour", "history", "spent"]'),
        )

    return make


def spec_of(text, name):
    return next(spec for spec in build_features(parse_text(text).message) if spec.name == name)


def test_a_lookup_of_easyrec(text):
    found = spec_of(text(), "spent")
    assert found == LookupFeature("spent", "hour", "tags", HashIds(9), "spent", 8, 10, "|", ":")
    schema = build_schema(parse_text(text()).message, "train")
    assert schema.maps == (MapCells("spent", "hour", "tags", "|", ":"),)
    assert schema.column("tags").list_separator == "|"
    assert not schema.column("tags").is_numbers
    assert schema.column("hour").list_separator is None


def test_values_of_a_lookup_may_be_cut(text):
    config = text('boundaries: [0, 1.5] kv_separator: ":" lookup_max_sel_elem_num: 2 combiner: "mean"')
    found = spec_of(config, "spent")
    assert (found.ids, found.max_length, found.combiner) == (CutIds((0, 1.5)), 2, "mean")
    assert build_schema(parse_text(config).message, "train").maps[0].are_numbers
    assert parse_text(parse_text(config).to_text()).message == parse_text(config).message


NUMBER = LOOKUP.replace("LookupFeature", "LookupRawFeature")


def test_a_lookup_of_numbers(text):
    config = text('kv_separator: ":" combiner: "mean" mean: 3 stddev: 2', NUMBER)
    found = spec_of(config, "spent")
    assert found == LookupNumberFeature("spent", "hour", "tags", "|", ":", "mean", 8, False, 3, 2)
    schema = build_schema(parse_text(config).message, "train")
    assert schema.maps == (MapCells("spent", "hour", "tags", "|", ":", are_numbers=True),)
    assert parse_text(parse_text(config).to_text()).message == parse_text(config).message


def test_a_cross_of_lists(base):
    found = spec_of(
        base.replace('["user", "hour"]', '["user", "tags"]').replace(
            "hash_bucket_size: 1000\n", 'hash_bucket_size: 1000 combo_input_seps: ["", "|"] max_seq_len: 7\n'
        ),
        "user_x_hour",
    )
    assert found == CrossListFeature(
        "user_x_hour", ("user", "tags"), ("", "|"), "_X_", HashIds(1000), "user_x_hour", 8, 7
    )


SPACE = "expected exactly one of hash_bucket_size, num_buckets, vocab_list, vocab_file, boundaries"
KEY_MAP = "reads two columns, that of the key and that of the map, got 1"
MISTAKES = [
    ("hash_bucket_size: 9", LOOKUP, [f'{L}: kv_separator is missing: expected the text between key and value, ":" in']),
    ('hash_bucket_size: 9 kv_separator: "|"', LOOKUP, [f'{L}.kv_separator: expected a text other than separator "|".']),
    ('kv_separator: ":"', LOOKUP, [f"{L}: a LookupFeature needs exactly one of"]),
    ('hash_bucket_size: 9 boundaries: 1 kv_separator: ":"', LOOKUP, [SPACE]),
    ('boundaries: [2, 1] kv_separator: ":"', LOOKUP, ["boundaries[1]: boundaries must ascend; 1 comes after 2."]),
    ('hash_bucket_size: 9 kv_separator: ":" combiner: "max"', LOOKUP, [f"{L}.combiner: expected sum, mean or sqrtn"]),
    (
        'hash_bucket_size: 9 kv_separator: ":" lookup_max_sel_elem_num: 0',
        LOOKUP,
        [f"{L}.lookup_max_sel_elem_num: expected more than 0, got 0."],
    ),
    ('hash_bucket_size: 9 kv_separator: ":"', LOOKUP.replace('"hour", ', ""), [KEY_MAP]),
    (
        'hash_bucket_size: 9 kv_separator: ":"',
        LOOKUP.replace('"hour", "tags"', '"tags", "hour"'),
        ['input_names[1]: the column "hour" is INT32', "lists are read as STRING"],
    ),
    (
        'hash_bucket_size: 9 kv_separator: ":"',
        LOOKUP.replace("hour", "age"),
        ['input_names[0]: the column "age" is FLOAT', "an id is a word or a whole number"],
    ),
    ('kv_separator: ":" combiner: "sqrtn"', NUMBER, [f"{L}.combiner: expected sum or mean"]),
    ('kv_separator: ":" hash_bucket_size: 9', NUMBER, [f"{L}.hash_bucket_size: is for", "this is a LookupRawFeature"]),
    ('kv_separator: ":" stddev: 2', NUMBER, [f"{L}.stddev: needs mean beside it"]),
    ('vocab_list: ["a|b", "c"] kv_separator: ":"', LOOKUP, ['vocab_list[0]: "a|b" holds the separator "|"']),
    ('hash_bucket_size: 9 kv_separator: ":" max_seq_len: 3', LOOKUP, []),
]  # fmt: skip


@pytest.mark.parametrize(("options", "feature", "parts"), MISTAKES, ids=[one[0][:60] for one in MISTAKES])
def test_mistakes_of_lookups(text, report, options, feature, parts):
    lines = report(text(options, feature))
    assert len(lines) == bool(parts)
    assert all(part in lines[0] for part in parts), lines


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ('combo_input_seps=["|"]', 'combo_input_seps: expected 2, one for each of input_names ("" for single'),
        ('combo_input_seps=["", ","]', 'the column "hour" is INT32 (line 13): lists are read as STRING'),
        ('combo_input_seps=["|", ""]', None),
    ],
)  # fmt: skip
def test_mistakes_of_crosses(report, override, expected):
    lines = report(overrides=[f"{C}.{override}"])
    assert [expected in line for line in lines] == ([True] if expected else [])


def test_a_cross_of_single_values_pools_nothing(base):
    notes = parse_text(base, "a.config", [f"{C}.combiner=mean", f"{C}.max_seq_len=3"]).notes
    assert len(notes) == 2
    assert all("noted: a ComboFeature of single values pools nothing" in note for note in notes)
