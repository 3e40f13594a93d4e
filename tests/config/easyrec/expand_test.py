"""Names that stand for several are written out, and mistakes keep the words and lines of the file."""

import pytest

from apps_rec.config import parse_text

TEXT = """\
train_input_path: "t" eval_input_path: "e" model_dir: "m"
train_config { num_steps: 1 }
data_config {
  auto_expand_input_fields: true
  input_type: ParquetInput
  label_fields: "click"
  input_fields { input_name: "click" input_type: INT32 }
  input_fields { input_name: "f[2-4]" input_type: FLOAT default_val: "1.5" }
  input_fields { input_name: "c[08-10]" }
  input_fields { input_name: "last" }
}
feature_configs {
  input_names: "f2" feature_type: RawFeature boundaries: [0, 1] embedding_dim: 4 embedding_name: "cut"
  shared_names: "f[3-4]"
}
feature_configs {
  feature_name: "first" input_names: "c8" hash_bucket_size: 10 embedding_dim: 4
  shared_names: "c9" shared_names: "c10"
}
feature_configs { input_names: "last" hash_bucket_size: 10 embedding_dim: 4 }
model_config {
  model_class: "DeepFM"
  feature_groups { group_name: "deep" feature_names: "last" feature_names: "f[2-4]" feature_names: "first" }
  feature_groups { group_name: "wide" feature_names: "c[9-10]" wide_deep: WIDE }
  deepfm { dnn { hidden_units: 4 } }
}
"""


def test_brackets_and_shared_names_are_written_out():
    config = parse_text(TEXT, "a.config")
    data = config.message.data_config
    names = [column.input_name for column in data.input_fields]
    assert names == ["click", "f2", "f3", "f4", "c8", "c9", "c10", "last"]
    assert [column.default_val for column in data.input_fields][1:5] == ["1.5", "1.5", "1.5", ""]
    assert not data.HasField("auto_expand_input_fields")
    features = {feature.feature_name: feature for feature in config.message.feature_config.features}
    assert list(features) == ["f2", "first", "last", "f3", "f4", "c9", "c10"]
    assert [list(features[name].input_names) for name in ("f3", "c9")] == [["f3"], ["c9"]]
    # One table where there is an embedding_name, else one each.
    tables = {name: feature.embedding_name for name, feature in features.items()}
    assert tables == {n: "cut" if n.startswith("f") and n != "first" else n for n in features}
    assert all(list(features[name].boundaries) == [0, 1] for name in ("f2", "f3", "f4"))
    groups = [list(group.feature_names) for group in config.message.model_config.feature_groups]
    assert groups == [["last", "f2", "f3", "f4", "first"], ["c9", "c10"]]
    assert parse_text(config.to_text()).message == config.message


def test_brackets_stay_where_they_are_not_to_be_expanded():
    text = TEXT.replace("  auto_expand_input_fields: true\n", "").replace('"f[3-4]"', '"f[2-4]"')
    text = text.replace('input_names: "f2"', 'feature_name: "f2" input_names: "last" feature_type: IdFeature #')
    text = text.replace(' shared_names: "f[2-4]"', 'hash_bucket_size: 7 embedding_dim: 4 shared_names: "c[08-10]"')
    text = text.replace('"c8"', '"last"').replace('  shared_names: "c9" shared_names: "c10"\n', "")
    text = text.replace('"f[2-4]" feature_names: "first"', '"c[08-10]"').replace('"c[9-10]"', '"first"')
    config = parse_text(text)
    assert [column.input_name for column in config.message.data_config.input_fields][1:3] == ["f[2-4]", "c[08-10]"]
    # The feature of a group is called just so.
    assert list(config.message.model_config.feature_groups[0].feature_names) == ["last", "c[08-10]"]


@pytest.mark.parametrize("numbers", ["[4-2]", "[1-10001]"])
def test_brackets_without_a_sequence_are_mistakes(report, numbers):
    lines = report(TEXT.replace("c[08-10]", f"c{numbers}"))
    assert (
        f'a.config:9: data_config.input_fields[input_name=c{numbers}].input_name: "c{numbers}": expected up to 10,000'
        " numbers, the first one not above the last." in lines
    )


def test_mistakes_behind_an_expanded_name_have_their_own_lines(report):
    lines = report(
        TEXT.replace('input_name: "last" }', 'input_name: "last" input_type: FLOAT }')
        .replace('shared_names: "c10"', 'shared_names: "c11"')
        .replace('"c[9-10]"', '"c[9-9]", "c[11-12]"'.replace('", "', '" feature_names: "'))
    )
    assert len(lines) == 3
    assert lines[0].startswith(
        'a.config:18: feature_configs[feature_name=first].shared_names[1]: no column is called "c11".'
    )
    assert lines[1].startswith(
        'a.config:20: feature_configs[feature_name=last].input_names[0]: the column "last" is FLOAT'
    )
    assert "(line 10)" in lines[1]
    assert lines[2].startswith("a.config:24: model_config.feature_groups[group_name=wide].feature_names[1]: ")
    assert '"c12"' in lines[2]
