import pytest
from google.protobuf import text_format

from apps_rec.data.schema import Column, LabelRule, RowFilter
from apps_rec.data.schema_of_config import build_schema
from apps_rec.errors import ConfigError
from apps_rec.protos.pipeline_pb2 import PipelineConfig

CONFIG = """
data_config {
  input_type: ParquetInput
  label_fields: "click" label_fields: "download" label_fields: "unused_label"
  sample_weight: "w"
  bad_rows: SKIP
  key_fields: "user_id" key_fields: "app_id"
  row_filter { column: "cached" drop: "1" drop: "2" }
  input_fields { input_name: "click" input_type: INT32 }
  input_fields { input_name: "download" input_type: INT32 }
  input_fields { input_name: "unused_label" input_type: INT32 }
  input_fields { input_name: "long" input_type: INT32 }
  input_fields { input_name: "w" input_type: FLOAT }
  input_fields { input_name: "user_id" }
  input_fields { input_name: "app_id" input_type: INT64 default_val: "-1" }
  input_fields { input_name: "tags" default_val: "none" }
  input_fields { input_name: "slot" input_type: INT32 }
  input_fields { input_name: "unused" }
  input_fields { input_name: "history" }
  input_fields { input_name: "cached" input_type: INT64 }
  input_fields { input_name: "age" input_type: FLOAT default_val: "30.5" }
  input_fields { input_name: "vip" input_type: BOOL default_val: "true" }
}
feature_config {
  features { feature_name: "app" input_names: "app_id" num_buckets: 9 }
  features { feature_name: "tag" input_names: "tags" feature_type: TagFeature separator: ";" }
  features { feature_name: "slot" input_names: "slot" position: true }
  features { feature_name: "nobody" input_names: "unused" }
  features { feature_name: "seen" input_names: "history" feature_type: SequenceFeature
             sequence_combiner { target_attention { key: "app" } } }
  features { feature_name: "age" input_names: "age" feature_type: RawFeature }
  features { feature_name: "vip" input_names: "vip" }
}
model_config {
  feature_groups { group_name: "all" feature_names: "tag" feature_names: "seen" feature_names: "age"
                   feature_names: "vip" }
  feature_groups { group_name: "position" feature_names: "slot" }
  rank_model {
    head { funnel { tower_names: "ctr" tower_names: "cvr" } }
    task_towers { tower_name: "cvr" label_name: "download" task_space_indicator_label: "long" }
    task_towers { tower_name: "ctr" label_name: "click"
                  metrics_set { gauc { uid_field: "user_id" } } metrics_set { auc {} } }
  }
}
"""


def config(more: str = "") -> PipelineConfig:
    return text_format.Merge(more, text_format.Parse(CONFIG, PipelineConfig()))


def names(schema):
    return [column.name for column in schema.columns]


def test_training_reads_what_something_needs():
    schema = build_schema(config(), "train")
    assert names(schema) == ["app_id", "tags", "slot", "history", "age", "vip"]
    assert schema.labels == ("download", "long", "click")
    assert schema.weights == ("w",)
    assert schema.users == ()
    assert schema.label_steps == ("click", "download")
    assert schema.filters == (RowFilter(Column("cached", "INT64", 0), (1, 2), keep=False),)
    assert (schema.bad_rows, schema.input_type, schema.with_header) == ("SKIP", "parquet", False)
    assert schema.read_names() == [*names(schema), "download", "long", "click", "w", "cached"]
    assert "unused" not in schema.read_names()
    assert len(schema.declared) == 14


def test_types_defaults_and_separators():
    schema = build_schema(config(), "train")
    assert schema.column("app_id") == Column("app_id", "INT64", -1, has_default=True)
    assert schema.column("tags") == Column("tags", "STRING", b"none", has_default=True, list_separator=";")
    assert schema.column("history").list_separator == "|"
    assert schema.column("user_id").list_separator is None
    assert schema.column("age").default == 30.5
    assert schema.column("vip").default is True
    assert schema.column("slot").default == 0
    assert schema.dtypes()["click"] == "FLOAT"
    assert schema.dtypes()["app_id"] == "INT64"


def test_evaluation_adds_users():
    schema = build_schema(config(), "evaluate")
    assert schema.users == ("user_id",)
    assert "user_id" in names(schema)
    assert "slot" in names(schema)


def test_prediction_needs_inputs_only():
    schema = build_schema(config(), "predict")
    assert names(schema) == ["app_id", "tags", "history", "age", "vip"]
    assert (schema.labels, schema.weights, schema.filters, schema.label_steps) == ((), (), (), ())
    assert schema.keys == ("user_id", "app_id")


def test_weights_that_no_tower_uses_are_not_read():
    message = config()
    for tower in message.model_config.rank_model.task_towers:
        tower.use_sample_weight = False
    assert build_schema(message, "train").weights == ()
    message.model_config.rank_model.task_towers[1].sample_weight = "age"
    assert build_schema(message, "train").weights == ("age",)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ('data_config { input_fields { input_name: "n" input_type: INT32 default_val: "2147483648" } }', "INT32, got"),
        ('data_config { input_fields { input_name: "n" input_type: INT64 default_val: "1.5" } }', "INT64, got"),
        ('data_config { input_fields { input_name: "n" input_type: BOOL default_val: "yes" } }', "BOOL, got"),
        ('data_config { input_fields { input_name: "n" input_type: FLOAT default_val: "inf" } }', "FLOAT, got"),
        ('data_config { row_filter { column: "cached" keep: "x" } }', r"row_filter\[column=cached\]\.keep: .*INT64"),
        (
            'data_config { row_filter { column: "cached" keep: "1" drop: "2" } }',
            "expected one of keep, drop, and from or to, got keep and drop",
        ),
        ('data_config { row_filter { column: "cached" } }', "and from or to, got none"),
        ('data_config { row_filter { column: "nowhere" keep: "1" } }', '"nowhere" is not in data_config.input_fields'),
        ('data_config { separator: "||" }', "expected one ASCII character"),
        (
            'feature_config { features { feature_name: "t2" input_names: "tags" feature_type: TagFeature } } '
            'model_config { feature_groups { group_name: "g" feature_names: "t2" } }',
            'column "tags" is read with the separator ";" by another feature, with "|" here',
        ),
        ('data_config { sample_weight: "app_id" }', "expected FLOAT then, got INT64"),
    ],
)
def test_mistakes(more, message):
    with pytest.raises(ConfigError, match=message.replace("|", r"\|") if '"|"' in message else message):
        build_schema(config(more), "train")


def test_an_unknown_purpose_is_our_own_mistake():
    with pytest.raises(ValueError, match="purpose"):
        build_schema(config(), "guess")


TOWERS = """
    task_towers { tower_name: "a" label_name: "click" }
    task_towers { tower_name: "b" label_name: "download" task_space_indicator_label: "click" out_task_space_weight: 0 }
    task_towers { tower_name: "c" label_name: "long" task_space_indicator_label: "download" out_task_space_weight: 0 }
"""


def rules(towers, **unobserved):
    config = PipelineConfig()
    text_format.Parse(CONFIG, config)
    model = config.model_config.rank_model
    model.Clear()
    text_format.Parse(towers, model)
    for column in config.data_config.input_fields:
        column.not_observed.extend(unobserved.get(column.input_name, ()))
    return build_schema(config, "train").label_rules


def test_labels_are_settled_behind_their_spaces():
    found = rules(TOWERS, click=[""], long=["-1", ""])
    assert found == {
        "click": LabelRule((None,)),
        "download": LabelRule((), ("click",)),
        "long": LabelRule((-1.0, None), ("download",)),
    }
    assert list(found)[1:] == ["download", "long"]
    reversed_order = "".join(reversed(TOWERS.strip().splitlines(keepends=True)))
    assert list(rules(reversed_order)) == ["download", "long"]


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        # Something looks at the label outside of the space.
        (('label_name: "download" ', 'label_name: "download" weight: 2 '), set()),
        (
            ('"long" task_space_indicator_label: "download" out_task_space_weight: 0', '"download"'),
            {"download", "long"},
        ),
        (('indicator_label: "download" out_task_space_weight: 0', 'indicator_label: "download"'), {"download", "long"}),
        # A circle: the space is not known without the label.
        (('task_space_indicator_label: "click"', 'task_space_indicator_label: "long"'), {"download", "long"}),
    ],
)
def test_a_label_that_something_looks_at_everywhere_is_wanted_everywhere(change, missing):
    assert change[0] in TOWERS
    assert {"download", "long"} - set(rules(TOWERS.replace(*change))) == missing


def test_a_funnel_takes_no_conversion_outside_of_the_clicks_alone():
    funnel = "".join(TOWERS.splitlines(keepends=True)[:3]) + "head { funnel { } }"
    assert rules(funnel) == {"download": LabelRule((), ("click",))}
    assert rules(funnel.replace('indicator_label: "click"', 'indicator_label: "long"')) == {}
