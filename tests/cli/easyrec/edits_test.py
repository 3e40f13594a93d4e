import pytest

from apps_rec.cli.easyrec.edits import flag_edits, json_edits
from apps_rec.config.load import parse_text
from apps_rec.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('{"train_config.num_steps": 10}', ["train_config.num_steps=10"]),
        ('{"a": {"b": {"c": true}, "d": 0.5}}', ["a.b.c=true", "a.d=0.5"]),
        (
            '{"feature_configs[input_names[0]=x].embedding_dim": 8}',
            ["feature_configs[input_names[0]=x].embedding_dim=8"],
        ),
        ('{"feature_configs[:].embedding_dim": 8}', ["feature_configs[*].embedding_dim=8"]),
        (
            '{"a.boundaries": [4, 5.5], "a.words": ["x", "y, z", "\\""]}',
            ["a.boundaries=[4, 5.5]", 'a.words=[x, "y, z", "\\""]'],
        ),
    ],
)
def test_an_edit_becomes_an_assignment(text, wanted):
    assert json_edits(text) == wanted


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "--edit_config_json: expected a JSON object of paths and values, got {"),
        ("[1]", "--edit_config_json: expected a JSON object, such as"),
        ('{"a": null}', "--edit_config_json: a: expected a number, a text, true, false or a list of these, got null"),
        ('{"a": [[1]]}', "--edit_config_json: a: expected a list of numbers or texts, got a list of lists"),
    ],
)
def test_what_is_no_edit_is_told(text, message):
    with pytest.raises(ConfigError) as told:
        json_edits(text)
    assert str(told.value).startswith(message)


def test_flags_with_a_dot_are_edits():
    words = ["--a.b=1", "--c", "--features[input_names[0]=x.y].dim=3", "--d.e", "text", "--f=g.h"]
    assert flag_edits(words) == (["a.b=1", "features[input_names[0]=x.y].dim=3", "d.e=text"], ["--c", "--f=g.h"])
    with pytest.raises(ConfigError, match=r"--a\.b: expected a value behind it"):
        flag_edits(["--a.b"])


def test_edits_change_a_config_and_a_selector_that_matches_nothing_is_a_mistake(tiny):
    text = tiny.config.read_text(encoding="utf-8")
    edits = json_edits(
        '{"feature_config.features[input_names[0]=app].num_buckets": 31, "data_config.key_fields": ["user"],'
        ' "model_dir": "a b,c", "data_config.shuffle": false, "train_config.train_distribute": "MirroredStrategy"}'
    )
    message = parse_text(text, "x.config", edits).message
    assert message.feature_config.features[1].num_buckets == 31
    assert message.model_dir == "a b,c"
    assert not message.data_config.shuffle
    with pytest.raises(ConfigError, match=r'no item of features has input_names "ap".*Did you mean "app"'):
        parse_text(text, "x.config", json_edits('{"feature_config.features[input_names[0]=ap].embedding_dim": 6}'))
