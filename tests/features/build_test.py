import pytest
from google.protobuf import text_format

from apps_rec.errors import ConfigError
from apps_rec.features import build_features, read_vocabulary
from apps_rec.features.specs import (
    AttentionSpec,
    BucketFeature,
    CrossFeature,
    HashIds,
    IdFeature,
    ListFeature,
    NumberFeature,
    NumberIds,
    VocabularyIds,
)
from apps_rec.protos.feature_pb2 import FeatureConfig
from apps_rec.protos.pipeline_pb2 import PipelineConfig


def _build(*features: str, groups: list[str] | None = None, **options):
    """Specs of feature messages as the normalised config holds them."""
    config = PipelineConfig()
    for text in features:
        message = text_format.Parse(text, config.feature_config.features.add())
        message.embedding_name = message.embedding_name or message.feature_name
    names = groups if groups is not None else [feature.feature_name for feature in config.feature_config.features]
    config.model_config.feature_groups.add(group_name="all", feature_names=names)
    return build_features(config, **options)


def test_ids():
    specs = _build(
        'feature_name: "u" input_names: "user" embedding_dim: 8 hash_bucket_size: 100',
        'feature_name: "a" input_names: "app" embedding_dim: 8 num_buckets: 7 embedding_name: "items" position: true',
        'feature_name: "c" input_names: "city" embedding_dim: 8 vocab_list: "x" vocab_list: "y"',
    )
    assert specs == [
        IdFeature("u", "user", HashIds(100), "u", 8),
        IdFeature("a", "app", NumberIds(7), "items", 8, is_position=True),
        IdFeature("c", "city", VocabularyIds(("x", "y")), "c", 8),
    ]


def test_numbers():
    plain, bounded, both, vector, buckets = _build(
        'feature_name: "a" input_names: "a" feature_type: RawFeature normalizer_fn: "log1p"',
        'feature_name: "b" input_names: "b" feature_type: RawFeature min_val: 2 max_val: 6',
        'feature_name: "c" input_names: "c" feature_type: RawFeature min_val: 2 max_val: 6 mean: 0.5 stddev: 0.25',
        'feature_name: "d" input_names: "d" feature_type: RawFeature raw_input_dim: 3 separator: "," embedding_dim: 4',
        'feature_name: "e" input_names: "e" feature_type: RawFeature boundaries: [1, 2.5] embedding_dim: 4',
    )
    assert plain == NumberFeature("a", "a", log1p=True)
    assert bounded == NumberFeature("b", "b", shift=2.0, scale=4.0)
    # (5 - 2) / 4 = .75; (.75 - .5) / .25 = 1
    assert (5 - both.shift) / both.scale == pytest.approx(1.0)
    assert (3 - both.shift) / both.scale == pytest.approx(-1.0)
    assert vector == NumberFeature("d", "d", dim=4, size=3, separator=",")
    assert buckets == BucketFeature("e", "e", (1.0, 2.5), "e", 4)


def test_z_score_with_a_mean_alone_divides_by_one():
    (spec,) = _build('feature_name: "a" input_names: "a" feature_type: RawFeature mean: 3')
    assert (spec.shift, spec.scale) == (3.0, 1.0)


def test_lists_and_crosses():
    tag, cross, mean, attended, key = _build(
        """feature_name: "t" input_names: "t" input_names: "w" feature_type: TagFeature embedding_dim: 4
           hash_bucket_size: 10 combiner: "sqrtn" max_seq_len: 6 separator: ";" """,
        """feature_name: "x" input_names: "u" input_names: "t" feature_type: ComboFeature embedding_dim: 4
           hash_bucket_size: 20 combo_join_sep: "+" """,
        """feature_name: "s" input_names: "s" feature_type: SequenceFeature embedding_dim: 4 num_buckets: 9
           max_seq_len: 2""",
        """feature_name: "h" input_names: "h" feature_type: SequenceFeature embedding_dim: 4 num_buckets: 9
           embedding_name: "i" sequence_combiner { target_attention { key: "i" dnn { hidden_units: [8, 4]
           activation: "tanh" use_bn: true dropout_ratio: 0.5 } } }""",
        'feature_name: "i" input_names: "i" embedding_dim: 4 num_buckets: 9',
    )
    assert tag == ListFeature(
        "t", "t", HashIds(10), "t", 4, max_length=6, separator=";", weight_column="w", combiner="sqrtn"
    )
    assert cross == CrossFeature("x", ("u", "t"), "+", HashIds(20), "x", 4)
    assert mean == ListFeature("s", "s", NumberIds(9), "s", 4, max_length=2, combiner="mean")
    attention = AttentionSpec("i", (8, 4), "tanh", use_bn=True, dropout=(0.5, 0.5))
    assert attended == ListFeature("h", "h", NumberIds(9), "i", 4, max_length=50, attention=attention)
    assert key.table == attended.table


def test_attention_without_a_dnn_has_the_default_one():
    specs = _build(
        """feature_name: "h" input_names: "h" feature_type: SequenceFeature embedding_dim: 4 num_buckets: 9
           sequence_combiner { target_attention { key: "i" } }""",
        'feature_name: "i" input_names: "i" embedding_dim: 4 num_buckets: 9',
        groups=["h"],
    )
    assert specs[0].attention == AttentionSpec("i", hidden_units=(32,))
    # The key is read although no group holds it.
    assert [spec.name for spec in specs] == ["h", "i"]


def test_weights_in_the_cell():
    text = 'feature_name: "t" input_names: "t" feature_type: TagFeature hash_bucket_size: 10 embedding_dim: 4'
    plain, weighted = _build(text), _build(text + ' kv_separator: ":"')
    assert plain[0].kv_separator is None
    assert plain[0].combiner == "sum"
    assert weighted[0].kv_separator == ":"


def test_features_in_no_group_are_left_out():
    texts = ['feature_name: "a" input_names: "a" num_buckets: 3', 'feature_name: "b" input_names: "b" num_buckets: 3']
    assert [spec.name for spec in _build(*texts, groups=["b"])] == ["b"]


def test_a_runs_own_vocabulary_comes_before_the_file():
    (spec,) = _build(
        'feature_name: "c" input_names: "c" vocab_file: "is not there.txt"', vocabularies={"c": ["x", "y"]}
    )
    assert spec.ids == VocabularyIds(("x", "y"))


def _vocabulary(tmp_path, content: bytes, min_count: int = 0) -> FeatureConfig:
    path = tmp_path / "words.txt"
    path.write_bytes(content)
    return FeatureConfig(feature_name="city", vocab_file=str(path), min_count=min_count)


def test_words_with_and_without_counts(tmp_path):
    content = "Zürich\t30\r\n東京\t9\n\nfew\t2\nred apple\t10".encode()
    assert read_vocabulary(_vocabulary(tmp_path, content)) == ["Zürich", "東京", "few", "red apple"]
    assert read_vocabulary(_vocabulary(tmp_path, content, min_count=9)) == ["Zürich", "東京", "red apple"]


@pytest.mark.parametrize(
    ("content", "min_count", "message"),
    [
        (b"a\nb\na\n", 0, r'words.txt:3: "a" stands in line 1 already'),
        (b"a\xff\n", 0, r"is not UTF-8 text \(byte 1\)"),
        (b"\n\n", 0, r"holds no word$"),
        (b"a\t1\n", 2, r"holds no word that reaches min_count"),
        (b"a\t3\nb\n", 2, r'words.txt:2: min_count needs "word<tab>count"'),
        (b"a\tmany\n", 2, r'words.txt:1: min_count needs "word<tab>count"'),
        (b"a\t3\xc2\xb2\n", 2, r'words.txt:1: min_count needs "word<tab>count"'),
    ],
)
def test_what_is_wrong_with_a_vocabulary(tmp_path, content, min_count, message):
    with pytest.raises(ConfigError, match=message) as error:
        read_vocabulary(_vocabulary(tmp_path, content, min_count))
    assert 'feature "city": vocab_file ' in str(error.value)


def test_a_vocabulary_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match=r'feature "city": vocab_file .*nowhere.txt cannot be read: No such file'):
        read_vocabulary(FeatureConfig(feature_name="city", vocab_file=str(tmp_path / "nowhere.txt")))


def test_a_byte_order_mark_is_no_part_of_the_first_word(tmp_path):
    assert read_vocabulary(_vocabulary(tmp_path, b"\xef\xbb\xbfa\nb\n")) == ["a", "b"]
