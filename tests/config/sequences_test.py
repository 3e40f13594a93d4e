"""Sequences of feature groups and DIN towers in a config: what they become, and mistakes in them."""

import pytest

from apps_rec.config import parse_text
from apps_rec.config.sequences import features_read
from apps_rec.data.schema_of_config import build_schema
from apps_rec.features.build import build_features, build_sequences
from apps_rec.features.specs import SequenceSpec
from tests.config.conftest import changed, mistakes

LISTED = '    feature_names: ["user", "app", "hour", "age", "tags", "user_x_hour", "history"]\n'
# As EasyRec's configs have them: the group does not list the history.
GROUP = '    feature_names: ["user", "app", "hour", "age", "tags", "user_x_hour"]\n'
PLAIN = ('    sequence_combiner { target_attention { key: "app" } }\n', "")


def _with(sequence: str, *more, group: str = GROUP) -> str:
    return changed((LISTED, f"{group}    sequence_features {{ {sequence} }}\n"), PLAIN, *more)


def _sequences(text):
    config = parse_text(text)
    assert parse_text(config.to_text()).message == config.message
    return config, build_sequences(config.message.model_config.feature_groups)


def test_a_sequence_with_its_defaults():
    config, found = _sequences(_with('group_name: "s" seq_att_map { key: "app" hist_seq: "history" }'))
    assert found == [SequenceSpec("s", ("app",), ("history",), (), (128, 64, 32), "relu", True)]
    assert "history" in {spec.name for spec in build_features(config.message)}
    assert "history" in [column.name for column in build_schema(config.message, "predict").columns]
    assert not config.warnings


def test_several_maps_are_joined():
    options = """group_name: "s" need_key_feature: false allow_key_transform: true transform_dnn: true
      seq_dnn { hidden_units: [8, 1] activation: "tf.nn.tanh" use_bn: false dropout_ratio: 0.25 }
      seq_att_map { key: "app" hist_seq: "history" aux_hist_seq: "history" }
      seq_att_map { key: ["user", "age"] hist_seq: ["history", "history"] }"""
    _, found = _sequences(_with(options))
    lists = ("history",) * 3
    wanted = SequenceSpec(
        "s",
        ("app", "user", "age"),
        lists,
        ("history",),
        (8,),
        "tanh",
        False,
        (0.25,),
        transform="linear",
        with_key=False,
    )
    assert found == [wanted]


def test_a_combiner_of_a_list_that_is_read_by_item_is_noted():
    text = _with(f'group_name: "s" {ONE}', ("hash_bucket_size: 100\n  }", 'hash_bucket_size: 100 combiner: "sum"\n  }'))
    (note,) = parse_text(text).notes
    assert note.endswith("combiner: noted: sequence_features read its items one by one")


def test_a_key_may_be_searched_for_and_a_group_may_be_of_sequences_alone():
    sequence = 'group_name: "s" allow_key_search: true seq_att_map { key: "app" hist_seq: "history" }'
    fm = ("    fm { }\n", "")
    config, found = _sequences(_with(sequence, fm, group=""))
    assert len(found) == 1
    assert features_read(config.message) == {"app", "history", "slot"}
    assert [spec.name for spec in build_features(config.message)] == ["app", "history", "slot"]


ONE = 'seq_att_map { key: "app" hist_seq: "history" }'
WRONG = [
    (ONE, "sequence_features[0]: group_name is missing"),
    ('group_name: "s"', "seq_att_map is missing"),
    ('group_name: "s" seq_att_map { hist_seq: "history" }', "key is missing"),
    ('group_name: "s" seq_att_map { key: "app" }', "hist_seq is missing"),
    ('group_name: "s" seq_att_map { key: "ap" hist_seq: "history" }', 'no feature is called "ap".'),
    ('group_name: "s" seq_att_map { key: "app" hist_seq: "hist" }', 'no feature is called "hist".'),
    (
        'group_name: "s" seq_att_map { key: "app" hist_seq: "tags" }',
        'expected a SequenceFeature; "tags" is a TagFeature',
    ),
    (
        'group_name: "s" seq_att_map { key: "history" hist_seq: "history" }',
        'expected a feature of one value; "history"',
    ),
    ('group_name: "s" allow_key_search: true seq_att_map { key: "slot" hist_seq: "history" }', "is marked position"),
    (
        'group_name: "s" seq_att_map { key: ["app", "user"] hist_seq: "history" }',
        "the key has 16 numbers (embedding_dim, added up) and an item 8; expected as many, or allow_key_transform",
    ),
    (f'group_name: "s" seq_dnn {{ hidden_units: [8, 4] }} {ONE}', "the last layer is the score of an item; expected 1"),
    (f'group_name: "s" seq_dnn {{ activation: "dice2" hidden_units: 1 }} {ONE}', 'unknown activation "dice2"'),
    (f'group_name: "s" seq_dnn {{ hidden_units: [2000000, 1] }} {ONE}', "expected at most 1,000,000"),
]


@pytest.mark.parametrize(("sequence", "says"), WRONG, ids=lambda text: text[-50:])
def test_mistakes(sequence, says):
    (line,) = mistakes(_with(sequence))
    assert says in line
    assert "feature_groups[group_name=all].sequence_features" in line


def test_a_key_outside_of_the_group():
    group = '    feature_names: ["user", "hour", "age", "tags", "user_x_hour"]\n'
    (line,) = mistakes(_with(f'group_name: "s" {ONE}', group=group))
    assert '"app" is not in the group "all"; expected it there, or allow_key_search: true' in line


def test_two_sequences_of_one_name():
    two = f'group_name: "s" {ONE} }} sequence_features {{ group_name: "s" {ONE}'
    (line,) = mistakes(_with(two))
    assert '"s" is the name of another sequence too' in line


def test_groups_that_no_body_reads():
    tower = (
        '"position" feature_names: "slot"',
        f'"position" feature_names: "slot" sequence_features {{ group_name: "p" {ONE} }}',
    )
    lines = mistakes(_with(f'group_name: "s" {ONE}', tower))
    assert any("a body reads sequences, but the group is read by the position tower only" in line for line in lines)


def test_an_fm_reads_features_and_needs_some():
    lines = mistakes(_with(f'group_name: "s" allow_key_search: true {ONE}', group=""))
    assert any("feature_names is missing" in line for line in lines)


def test_an_interaction_needs_vectors():
    body = (
        "body { mmoe { expert_dnn { hidden_units: [32, 16] } num_expert: 2 } }",
        'body { interaction { arch_interaction_op: "dot" } }',
    )
    lines = mistakes(_with(f'group_name: "s" {ONE}', body))
    assert any("the interaction multiplies vectors of one length, which a sequence is not" in line for line in lines)


DIN = """\
train_input_path: "train.csv"
eval_input_path: "val.csv"
model_dir: "out/run"
train_config { num_steps: 5 }
data_config {
  input_type: CSVInput
  label_fields: "click"
  input_fields { input_name: "click" input_type: INT32 }
  input_fields { input_name: "user" }
  input_fields { input_name: "app" }
  input_fields { input_name: "history" }
}
feature_configs { input_names: "user" hash_bucket_size: 10 embedding_dim: 4 }
feature_configs { input_names: "app" hash_bucket_size: 10 embedding_dim: 4 }
feature_configs { input_names: "history" feature_type: SequenceFeature hash_bucket_size: 10 embedding_dim: 4 }
model_config {
  model_class: "MultiTowerDIN"
  feature_groups { group_name: "user" feature_names: "user" }
  seq_att_groups { group_name: "din" seq_att_map { key: "app" hist_seq: "history" } }
  multi_tower {
    towers { input: "user" dnn { hidden_units: 8 } }
    din_towers { input: "din" dnn { hidden_units: [8, 1] } }
    final_dnn { hidden_units: 4 }
  }
}
"""


def test_din_towers():
    config, found = _sequences(DIN)
    assert found == [SequenceSpec("din", ("app",), ("history",), (), (8,), "relu", True)]
    model = config.message.model_config
    assert [group.group_name for group in model.feature_groups] == ["user", "din"]
    bottom = model.rank_model.body.shared_bottom
    assert [(group.input, group.HasField("dnn")) for group in bottom.groups] == [("user", True), ("din", False)]
    assert bottom.normalize_groups
    assert not model.seq_att_groups


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            'input: "din"',
            'input: "dim"',
            'din_towers[0].input: no group of seq_att_groups is called "dim". They are din.',
        ),
        ('input: "din" dnn { hidden_units: [8, 1] }', 'input: "din"', "din_towers[0]: dnn is missing"),
        (
            "hidden_units: [8, 1]",
            "hidden_units: [8, 2]",
            "din_towers[0].dnn.hidden_units[1]: the last layer is the score",
        ),
        (
            'key: "app"',
            'key: "apps"',
            'seq_att_groups[0].seq_att_map[0].key[0]: no feature is called "apps"',
        ),
        ("embedding_dim: 4 }\nmodel_config", "embedding_dim: 5 }\nmodel_config", "the key has 4 numbers"),
    ],
)
def test_mistakes_in_din_towers(old, new, says):
    lines = mistakes(changed((old, new), text=DIN))
    assert any(says in line for line in lines), lines


def test_the_class_multi_tower_reads_no_din_towers():
    """EasyRec's class decides, so that its config trains there, even without the group that the tower names."""
    config = parse_text(changed(("MultiTowerDIN", "MultiTower"), ('input: "din"', 'input: "no"'), text=DIN))
    assert any("model_class MultiTower does not read them, as in EasyRec" in note for note in config.notes)
    bottom = config.message.model_config.rank_model.body.shared_bottom
    assert [group.input for group in bottom.groups] == ["user"]


def test_groups_that_no_din_tower_reads_are_noted():
    other = 'seq_att_groups { group_name: "other" seq_att_map { key: "app" hist_seq: "history" } }'
    config = parse_text(changed(("  multi_tower {", f"  {other}\n  multi_tower {{"), text=DIN))
    assert any("no din_towers of a multi_tower read" in note for note in config.notes)
    assert not config.message.model_config.seq_att_groups
