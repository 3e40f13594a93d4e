"""Features of TorchEasyRec: types, columns, sides, separators, by fg_mode."""

import pytest

from apps_rec.protos.data_pb2 import DataConfig
from apps_rec.protos.feature_pb2 import FeatureConfig
from tests.config.torcheasyrec.conftest import FEATURES, HEAD, MODEL, STORE, features_of, mistakes, read

GROUP = "\x1d"


def feature(text, *lists, mode="FG_DAG"):
    return next(iter(features_of(f"feature_configs {{ {text} }}\n", *lists, mode=mode)[0].values()))


def column(text, *lists, mode="FG_DAG"):
    return next(iter(features_of(f"feature_configs {{ {text} }}\n", *lists, mode=mode)[1].values()))


ID = 'id_feature {{ feature_name: "f" expression: "{}" embedding_dim: 4 hash_bucket_size: 9 {} }}'


@pytest.mark.parametrize(
    ("source", "side"),
    [("user:c", FeatureConfig.USER), ("item:c", FeatureConfig.ITEM), ("context:c", FeatureConfig.CONTEXT)],
)
def test_the_side_is_that_of_the_expression(source, side):
    made = feature(ID.format(source, ""))
    assert (made.feature_type, list(made.input_names), made.side) == (FeatureConfig.IdFeature, ["c"], side)


@pytest.mark.parametrize("said", ["value_dim: 0", 'pooling: "sum"', 'separator: "\\x1d"', "weighted: true"])
def test_a_list_is_a_tag_feature_split_at_chr_29(said):
    made = feature(ID.format("item:c", said))
    assert (made.feature_type, made.separator, made.combiner) == (FeatureConfig.TagFeature, GROUP, "sum")
    assert made.HasField("kv_separator") == (said == "weighted: true")


def test_what_is_no_list_by_the_config_is_one_by_the_users_word_and_else_a_warning():
    text = ID.format("item:c", "")
    assert feature(text, "f").feature_type == feature(text, "c").feature_type == FeatureConfig.TagFeature
    assert feature(ID.format("item:c", "value_dim: 1"), "f").feature_type == FeatureConfig.IdFeature
    assert [line.rpartition(": ")[2] for line in read(STORE).warnings] == ["user"]


def test_a_word_of_the_user_that_names_nothing_is_a_mistake():
    assert mistakes(STORE, "user", "prise") == [
        'feature_configs: --lists names "prise", and no feature or column is called so. Did you mean "price"?'
    ]


def test_an_empty_cell_of_a_whole_id_is_no_id():
    text = 'id_feature { feature_name: "f" expression: "item:c" embedding_dim: 4 num_buckets: 9 }'
    made = column(text)
    assert (made.input_type, made.default_val) == (DataConfig.INT64, "-1")
    assert column(text.replace("num_buckets", 'default_value: "3" num_buckets')).default_val == "3"


def test_normalizers():
    text = 'raw_feature {{ feature_name: "f" expression: "item:c" normalizer: "{}" {} }}'
    score = feature(text.format("method=zscore,mean=3.0,standard_deviation=2.0", ""))
    assert (score.mean, score.stddev) == (3, 2)
    scaled = feature(text.format("method=minmax,min=-1,max=4", ""))
    assert (scaled.min_val, scaled.max_val) == (-1, 4)
    # (x - 3) / 2 < 0.5 where x < 4.
    cut = feature(text.format("method=zscore,mean=3,standard_deviation=2", "boundaries: [0.5, 1] embedding_dim: 4"))
    assert list(cut.boundaries) == [4, 5]
    made = feature(text.format("method=expression,expr=x > 0 ? x : 0", ""))
    assert (made.feature_type, made.expression) == (FeatureConfig.ExprFeature, "where(c > 0, c, 0)")
    assert feature(text.format("method=log10,threshold=0.1,default=-1", "")).feature_type == FeatureConfig.ExprFeature


def test_an_embedding_dim_alone_does_nothing_as_there():
    text = 'raw_feature {{ feature_name: "f" expression: "item:c" embedding_dim: 4 {} }}'
    assert feature(text.format("")).embedding_dim == 0
    assert feature(text.format("mlp { }")).embedding_dim == 4
    vector = feature('raw_feature { feature_name: "f" expression: "item:c" value_dim: 3 }')
    assert (vector.raw_input_dim, vector.separator) == (3, GROUP)


def test_a_lookup_reads_key_and_map_with_a_side_each():
    made = feature(
        'lookup_feature { feature_name: "f" map: "user:counts" key: "item:cate" boundaries: [0, 1] embedding_dim: 4 }'
    )
    assert list(made.input_names) == ["cate", "counts"]
    assert (made.separator, made.kv_separator) == (GROUP, ":")
    assert list(made.input_sides) == [FeatureConfig.ITEM, FeatureConfig.USER]


def test_a_lookup_without_ids_is_a_number():
    text = 'lookup_feature {{ feature_name: "f" map: "user:counts" key: "item:cate" embedding_dim: 4 {} }}'
    made = feature(text.format('normalizer: "method=zscore,mean=3,standard_deviation=2"'))
    assert (made.feature_type, made.embedding_dim) == (FeatureConfig.LookupRawFeature, 0)
    assert (made.mean, made.stddev, made.combiner, made.separator) == (3, 2, "sum", GROUP)
    assert feature(text.format("mlp { }")).embedding_dim == 4
    cut = feature(text.format('boundaries: [0.5, 1] normalizer: "method=minmax,min=1,max=3"'))
    assert list(cut.boundaries) == [2, 3]


def test_a_combo_crosses_lists_where_the_user_says_so():
    text = (
        'combo_feature { feature_name: "f" expression: ["user:os", "item:tags"] embedding_dim: 4 hash_bucket_size: 9 }'
    )
    assert list(feature(text).combo_input_seps) == []
    assert list(feature(text, "tags").combo_input_seps) == ["", GROUP]


def sequences_of(text):
    """What the features of a sequence of clicks become, read by an attention."""
    group = 'sequence_groups { group_name: "s" feature_names: ["app", %s] } sequence_encoders { din_encoder { } }'
    names = ", ".join(f'"c__{line.split(chr(34))[1]}"' for line in text.splitlines())
    listed = 'feature_names: ["user", "app", "price"]'
    parts = "".join(f"features {{ {line} }}" for line in text.splitlines())
    sequence = f'feature_configs {{ sequence_feature {{ sequence_name: "c" sequence_length: 9 {parts} }} }}\n'
    model = MODEL.replace(listed, f"{listed} {group % names}")
    made = read(HEAD + FEATURES + sequence + model).message.feature_config.features
    return {one.feature_name: one for one in made}


def test_sequences_of_numbers_and_of_several_values():
    made = sequences_of(
        'raw_feature { feature_name: "price" expression: "item:price"'
        ' normalizer: "method=zscore,mean=3,standard_deviation=2" }\n'
        'raw_feature { feature_name: "cut" expression: "item:cut" boundaries: [1, 2] embedding_dim: 4 }\n'
        'raw_feature { feature_name: "vector" expression: "item:vector" value_dim: 3 separator: "," }\n'
        'id_feature { feature_name: "tags" expression: "item:tags" hash_bucket_size: 9 embedding_dim: 4 value_dim: 0 }'
    )
    number, cut, vector, tags = (made[f"c__{name}"] for name in ("price", "cut", "vector", "tags"))
    assert {one.feature_type for one in (number, cut, vector, tags)} == {FeatureConfig.SequenceFeature}
    assert (number.sub_feature_type, number.mean, number.stddev, number.separator) == (
        FeatureConfig.RawFeature,
        3,
        2,
        ";",
    )
    assert (list(cut.boundaries), cut.embedding_dim, cut.max_seq_len) == ([1, 2], 4, 9)
    assert (vector.raw_input_dim, vector.seq_multi_sep) == (3, ",")
    assert (tags.seq_multi_sep, tags.combiner, tags.sub_feature_type) == (GROUP, "sum", FeatureConfig.IdFeature)


def test_encoded_columns_are_called_like_features_and_hold_ids():
    made = features_of(
        'feature_configs { id_feature { feature_name: "a" hash_bucket_size: 50 embedding_dim: 4 } }\n'
        'feature_configs { id_feature { feature_name: "b" vocab_list: ["x", "y"] embedding_dim: 4 } }\n'
        'feature_configs { raw_feature { feature_name: "c" boundaries: [1, 2] embedding_dim: 4 } }\n'
        'feature_configs { lookup_feature { feature_name: "d" map: "user:m" key: "item:k" } }\n'
        'feature_configs { match_feature { feature_name: "e" pkey: "item:k" num_buckets: 7 embedding_dim: 4 } }\n'
        'feature_configs { id_feature { feature_name: "g" num_buckets: 7 embedding_dim: 4 value_dim: 0 } }\n',
        mode="FG_NONE",
    )[0]
    # Two ids of a vocabulary are of empty cells and of other words; two bounds make three.
    assert {name: one.num_buckets for name, one in made.items()} == {"a": 50, "b": 4, "c": 3, "d": 0, "e": 7, "g": 7}
    assert made["d"].feature_type == FeatureConfig.RawFeature
    assert (made["g"].feature_type, made["g"].separator) == (FeatureConfig.TagFeature, "\x03")


def test_values_before_their_ids_are_called_like_features():
    text = (
        'feature_configs { match_feature { feature_name: "e" pkey: "item:k" hash_bucket_size: 7 embedding_dim: 4 } }\n'
    )
    made, columns = features_of(text, mode="FG_BUCKETIZE")
    assert (made["e"].hash_bucket_size, next(iter(columns)), columns["e"].input_type) == (7, "e", DataConfig.STRING)


def test_a_column_that_is_declared_has_that_type():
    text = STORE.replace(
        "num_workers: 8", 'input_fields { input_name: "uid" input_type: INT64 } input_fields_str: "x:BIGINT"'
    )
    columns = {one.input_name: one.input_type for one in read(text).message.data_config.input_fields}
    assert (columns["uid"], columns["x"]) == (DataConfig.INT64, DataConfig.INT64)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('match_feature { feature_name: "f" pkey: "item:k" }', "refused: it is not computed here: write its values"),
        (
            'lookup_feature { feature_name: "f" map: "user:m" key: "feature:g" boundaries: 1 embedding_dim: 4 }',
            "refused",
        ),
        (
            'id_feature { feature_name: "f" expression: "bare" embedding_dim: 4 num_buckets: 3 }',
            "expected user:, item:",
        ),
        (ID.format("item:c", "zch { zch_size: 3 }"), "refused: tables do not grow"),
        (ID.format("item:c", "trainable: false"), "freeze_gradient"),
        ('raw_feature { feature_name: "f" expression: "item:c" autodis { num_channels: 3 } }', "one learned vector"),
        ('raw_feature { feature_name: "f" expression: "item:c" normalizer: "method=box" }', "expected method="),
        ('expr_feature { feature_name: "f" expression: "a ^ 2" variables: "item:a" }', '"^" has no like'),
        ('expr_feature { feature_name: "f" expression: "a + b" variables: "item:a" }', "b"),
        ('sequence_raw_feature { feature_name: "f" expression: "user:c" pooling: "sum" }', "pool it by mean"),
        (
            'combo_feature { feature_name: "f" expression: ["user:a", "item:b"] vocab_list: "x" embedding_dim: 4 }',
            "by hash",
        ),
    ],
)
def test_one_feature_that_cannot_be_is_one_mistake(text, said):
    model = MODEL.replace('["user", ', '["f", "user", ')
    found = mistakes(HEAD + FEATURES + f"feature_configs {{ {text} }}\n" + model)
    assert len(found) == 1, found
    assert said in found[0]
