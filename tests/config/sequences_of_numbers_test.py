"""Options of sequences of numbers and of steps of several values: what they mean, and mistakes in them."""

import pytest

from apps_rec.config import parse_text
from apps_rec.features.build import build_features
from apps_rec.features.specs import CutIds, HashIds, ListFeature, NumberListFeature, SelfAttentionSpec

OLD = """    embedding_name: "app" embedding_dim: 8 hash_bucket_size: 100
    sequence_combiner { target_attention { key: "app" } }
"""
NUMBERS = "sub_feature_type: RawFeature"


@pytest.fixture
def history(change):
    def built(options: str):
        config = parse_text(change((OLD, f"{options}\n"), ("    fm { }\n", "")))
        assert parse_text(config.to_text()).message == config.message
        (spec,) = (spec for spec in build_features(config.message) if spec.name == "history")
        return spec

    return built


def test_kinds_of_sequences(history):
    cut = history(f'{NUMBERS} embedding_dim: 8 boundaries: [1, 2.5] sequence_length: 300 seq_multi_sep: ";"')
    assert isinstance(cut, ListFeature)
    assert (cut.ids, cut.max_length, cut.multi_separator, cut.step_combiner) == (CutIds((1.0, 2.5)), 300, ";", "sum")
    binned = history(
        f"{NUMBERS} embedding_dim: 8 num_buckets: 4 min_val: 0 max_val: 8 max_seq_len: 7 sequence_length: 3"
    )
    assert (binned.ids, binned.max_length) == (CutIds((0.0, 2.0, 4.0, 6.0)), 7)
    assert history(f"{NUMBERS} embedding_dim: 8 hash_bucket_size: 9").ids == HashIds(9)
    raw = history(f"{NUMBERS} min_val: 1 max_val: 5 sequence_combiner {{ attention {{ }} }}")
    wanted = NumberListFeature("history", "history", 50, shift=1.0, scale=4.0, attention=SelfAttentionSpec())
    assert raw == wanted
    several = history(f'{NUMBERS} embedding_dim: 8 raw_input_dim: 4 seq_multi_sep: ";" num_buckets: 1')
    assert several == NumberListFeature("history", "history", 50, dim=8, size=4, multi_separator=";")
    mean = history('embedding_dim: 8 hash_bucket_size: 9 seq_multi_sep: ";" combiner: "mean"')
    assert (mean.step_combiner, mean.combiner) == ("mean", "mean")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (f"{NUMBERS} embedding_dim: 8 num_buckets: 4", "num_buckets: numbers fall into buckets between min_val and"),
        (f"{NUMBERS} embedding_dim: 8 boundaries: [2, 1]", "boundaries must ascend"),
        (f"{NUMBERS} boundaries: [1, 2]", "embedding_dim: expected more than 0, got 0"),
        (f'{NUMBERS} vocab_list: ["1"]', "vocab_list: is of ids; write sub_feature_type: IdFeature"),
        (f"{NUMBERS} raw_input_dim: 4", "raw_input_dim: a step of several numbers has raw_input_dim above 1"),
        (f'{NUMBERS} seq_multi_sep: ";"', "seq_multi_sep: a step of several numbers has raw_input_dim above 1"),
        (f'{NUMBERS} raw_input_dim: 4 seq_multi_sep: "|"', 'seq_multi_sep: expected a text other than separator "|"'),
        (f'{NUMBERS} raw_input_dim: 4 seq_multi_sep: ";" combiner: "max"', "expected sum, got"),
        (f"{NUMBERS} min_val: 4", "min_val: needs max_val beside it"),
        (f"{NUMBERS} embedding_dim: 8 hash_bucket_size: 9 min_val: 4", "min_val: numbers are hashed by their texts"),
        (
            "sub_feature_type: TagFeature hash_bucket_size: 9 embedding_dim: 8",
            "expected IdFeature or RawFeature, got Tag",
        ),
        (
            "hash_bucket_size: 9 embedding_dim: 8 min_val: 4",
            "min_val: is of numbers; write sub_feature_type: RawFeature",
        ),
        (
            'hash_bucket_size: 9 embedding_dim: 8 seq_multi_sep: ";" combiner: "max"',
            'combiner: expected sum, mean or sqrtn, got "max"',
        ),
        (
            "hash_bucket_size: 9 embedding_dim: 8 sequence_length: 2000000",
            "sequence_length: expected at most 1,000,000",
        ),
    ],
)
def test_mistakes(change, report, options, says):
    lines = report(change((OLD, f"{options}\n"), ("    fm { }\n", "")))
    assert any(says in line for line in lines), lines
    assert len([line for line in lines if "max_seq_len" not in line]) == 1, lines
