"""vocab_dict and init_fn of TorchEasyRec: words by their ids, and first values of embeddings."""

import pytest

from apps_rec.config import parse_text
from apps_rec.protos.feature_pb2 import FeatureConfig
from tests.config.torcheasyrec.conftest import FEATURES, HEAD, MODEL, features_of, mistakes

ID = 'id_feature {{ feature_name: "f" expression: "item:c" embedding_dim: 4 value_dim: 1 {} }}'
# As text_format writes a map, and as people do.
WORDS = 'vocab_dict { key: "b" value: 3 } vocab_dict: { key: "a", value: 2 } vocab_dict { key: "c" value: 9 }'


def feature(text, mode="FG_DAG"):
    return features_of(f"feature_configs {{ {text} }}\n", mode=mode)[0]["f"]


def mistake(text):
    (line,) = mistakes(f"{HEAD}{FEATURES}feature_configs {{ {text} }}\n{MODEL}")
    return line


def test_words_of_a_dictionary_stand_in_the_order_of_their_ids():
    made = feature(ID.format(f"{WORDS} default_bucketize_value: 1"))
    assert (made.feature_type, list(made.vocab_list)) == (FeatureConfig.IdFeature, ["a", "b", "c"])


def test_where_ids_are_in_the_files_a_dictionary_says_how_many_there_are():
    assert feature(ID.format(WORDS), mode="FG_NONE").num_buckets == 10


def test_two_words_of_one_id_are_refused():
    line = mistake(ID.format(WORDS.replace("value: 9", "value: 2")))
    assert line == (
        'feature_configs[3].id_feature.vocab_dict[2].value: "a" has the id 2 too; a word has an id of its own: write'
        " another."
    )


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("nn.init.uniform_,a=-0.01,b=0.01", "uniform_initializer { minval: -0.01 maxval: 0.01 }"),
        ("nn.init.uniform_", "uniform_initializer { minval: 0 maxval: 1 }"),
        ("nn.init.normal_,mean=0.5,std=0.1", "random_normal_initializer { mean: 0.5 stddev: 0.1 }"),
        # Cut at -2 and 2, which is 20 deviations away.
        ("nn.init.trunc_normal_, std=0.1", "random_normal_initializer { mean: 0 stddev: 0.1 }"),
        ("nn.init.trunc_normal_,std=0.1,a=-0.2,b=0.2", "truncated_normal_initializer { mean: 0 stddev: 0.1 }"),
        ("nn.init.constant_,val=0.5", "constant_initializer { consts: 0.5 }"),
        ("nn.init.zeros_", "constant_initializer { consts: 0 }"),
        ("nn.init.ones_", "constant_initializer { consts: 1 }"),
    ],
)
def test_an_init_fn_is_an_initializer(text, made):
    ours = 'features {{ input_names: "c" embedding_dim: 4 hash_bucket_size: 9 {} }}'
    expected = parse_text(
        f"""train_input_path: "t" eval_input_path: "e" model_dir: "m" train_config {{ num_steps: 1 }}
        data_config {{ input_type: CSVInput label_fields: "y" input_fields {{ input_name: "y" input_type: INT32 }}
          input_fields {{ input_name: "c" }} }}
        feature_config {{ {ours.format(f"initializer {{ {made} }}")} }}
        model_config {{ feature_groups {{ group_name: "all" feature_names: "c" }} fm {{ }} }}""",
    ).message.feature_config.features[0]
    assert feature(ID.format(f'hash_bucket_size: 9 init_fn: "{text}"')).initializer == expected.initializer


@pytest.mark.parametrize(
    "text",
    [
        "nn.init.xavier_normal_",
        "nn.init.normal_,sd=1",
        "nn.init.normal_,std=x",
        "nn.init.constant_",
        "nn.init.trunc_normal_,std=1,a=-1,b=1",
    ],
)
def test_another_init_fn_is_a_mistake(text):
    line = mistake(ID.format(f'hash_bucket_size: 9 init_fn: "{text}"'))
    assert line.startswith("feature_configs[3].id_feature.init_fn: expected one of nn.init.uniform_, nn.init.normal_,")
    assert line.endswith(f'got "{text}".')


def test_features_of_the_generator_are_refused_with_what_to_write():
    for text in (
        'match_feature { feature_name: "f" nested_map: "user:m" pkey: "item:p" skey: "item:s" hash_bucket_size: 9 }',
        'overlap_feature { feature_name: "f" query: "user:q" title: "item:t" method: "query_common_ratio" }',
        'kv_dot_product { feature_name: "f" query: "user:q" document: "item:d" boundaries: 1 embedding_dim: 4 }',
    ):
        line = mistake(text)
        assert (
            "refused: it is not computed here: write its values to the files, under its name, and an id_feature" in line
        )


def test_they_are_read_where_the_generator_has_written_them():
    text = 'kv_dot_product { feature_name: "f" query: "user:q" document: "item:d" boundaries: [1, 2] embedding_dim: 4 }'
    made = feature(text, mode="FG_BUCKETIZE")
    assert (made.feature_type, list(made.boundaries)) == (FeatureConfig.RawFeature, [1, 2])
