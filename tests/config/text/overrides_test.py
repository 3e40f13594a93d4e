"""--set: reaches any field, in the spelling of the file; what matches nothing is a mistake."""

import pytest

from apps_rec.config import parse_text
from apps_rec.config.text.paths import PathError, parse_path, split_assignment


def value(base, *overrides):
    return parse_text(base, "a.config", overrides).message


def test_scalars(base):
    message = value(
        base,
        "train_config.num_steps=7",
        "model_dir=out/a=b",
        "data_config.shuffle=false",
        "data_config.bad_rows=SKIP",
        'data_config.separator=";"',
        "data_config.holdout_fraction=.25",
        "export_config.exporter_type=best",
        "export_config.best_exporter_metric=auc_ctr",
    )
    assert message.train_config.num_steps == 7
    assert message.model_dir == "out/a=b"
    assert message.data_config.shuffle is False
    assert message.data_config.bad_rows == 1
    assert message.data_config.separator == ";"
    assert message.data_config.holdout_fraction == 0.25


def test_list_items_by_name_number_and_star(base):
    message = value(
        base,
        "feature_config.features[feature_name=age].min_val=1",
        "feature_config.features[3].max_val=2",
        "feature_config.features[input_names[0]=tags].vocab_list=x,y,z",
        "feature_config.features[feature_name=tags].vocab_list[1]=why",
        "model_config.rank_model.task_towers[*].weight=0.5",
        "data_config.input_fields[input_name='user'].default_val=nobody",
    )
    features = {feature.feature_name: feature for feature in message.feature_config.features}
    assert (features["age"].min_val, features["age"].max_val) == (1, 2)
    assert list(features["tags"].vocab_list) == ["x", "why", "z"]
    assert [tower.weight for tower in message.model_config.rank_model.task_towers] == [0.5, 0.5]
    assert message.data_config.input_fields[2].default_val == "nobody"


FILTERS = """data_config.row_filter=[
  {column: "hour" to: "20" use: TRAIN}, {column: "hour" from: "20" use: [VALIDATION, EVALUATION]}]"""


def test_list_items_by_the_words_of_an_enum(base, report):
    picked = "data_config.row_filter[use=EVALUATION].from=21"
    for word in ("VALIDATION", "EVALUATION"):
        first, second = value(base, FILTERS, picked.replace("EVALUATION", word)).data_config.row_filter
        assert (first.to, first.HasField("from"), getattr(second, "from")) == ("20", False, "21")
    (line,) = report(overrides=[FILTERS, picked.replace("EVALUATION", "EVALUATE")])
    assert (
        'no item of row_filter has use "EVALUATE"; there are TRAIN, VALIDATION, EVALUATION. Did you mean "EVALUATION"?'
        in line
    )


def test_a_selector_that_fits_several_items_is_refused(base, report):
    for path, listed in (
        ("data_config.row_filter[column=hour]", "2 items, [0] and [1]"),
        ("feature_config.features[feature_type=IdFeature]", "4 items, [0], [1], [2] and [7]"),
    ):
        for rest in ("", ".num_buckets"):
            override = f"{path}{rest}=5"
            (line,) = report(overrides=[FILTERS, override])
            assert line == f"--set {override}: {path} fits {listed}; say which, or [*] for all."
    filters = value(base, FILTERS, "data_config.row_filter[*].to=22").data_config.row_filter
    assert [each.to for each in filters] == ["22", "22"]


def test_messages_as_text(base):
    message = value(
        base,
        "train_config.optimizer_config={ sgd_optimizer { } }",
        "model_config.rank_model.body.mmoe.expert_dnn=hidden_units: [4] activation: 'tanh'",
        "model_config.score=[{ output: 'probs_ctr' weight: 2 }]",
        "model_config.rank_model.body.mmoe.expert_dnn.hidden_units=4,2",
        "eval_config.metrics_set=[{auc {}}]",
    )
    assert message.train_config.optimizer_config[0].HasField("sgd_optimizer")
    dnn = message.model_config.rank_model.body.mmoe.expert_dnn
    assert (list(dnn.hidden_units), dnn.activation, dnn.use_bn) == ([4, 2], "tanh", True)
    assert [(term.output, term.weight) for term in message.model_config.score] == [("probs_ctr", 2)]
    assert len(message.model_config.rank_model.task_towers[0].metrics_set) == 1


def test_absent_messages_are_made(base):
    rate = "train_config.optimizer_config.adam_optimizer.learning_rate.constant_learning_rate.learning_rate=0.5"
    adam = value(base, rate).train_config.optimizer_config[0].adam_optimizer
    assert adam.learning_rate.constant_learning_rate.learning_rate == 0.5


def test_the_only_optimizer_needs_no_brackets(base, report):
    two = "train_config.optimizer_config=[{ sgd_optimizer { } }, { adagrad_optimizer { } }]"
    kinds = [each.WhichOneof("optimizer") for each in value(base, two).train_config.optimizer_config]
    assert kinds == ["sgd_optimizer", "adagrad_optimizer"]
    message = value(base, two, "train_config.optimizer_config[0].embedding_learning_rate_multiplier=3")
    assert message.train_config.optimizer_config[0].embedding_learning_rate_multiplier == 3
    message = value(base, "train_config.optimizer_config=ftrl_optimizer {}", "train_config.optimizer_config+={}")
    assert len(message.train_config.optimizer_config) == 2
    (line,) = report(overrides=[two, "train_config.optimizer_config.sgd_optimizer={}"])
    assert "train_config.optimizer_config is a list: say which item" in line


def test_both_spellings_of_features(base):
    old = (
        base.replace("feature_config {", "")
        .replace("position: true }\n}", "position: true }")
        .replace("  features {", "feature_configs {")
    )
    for text, path in ((old, "feature_configs"), (old, "feature_config.features"), (base, "feature_configs")):
        message = value(text, f"{path}[feature_name=age].min_val=3", f"{path}[feature_name=age].max_val=4")
        assert message.feature_config.features[3].min_val == 3
        assert not message.feature_configs


SHORT = """
train_input_path: "t" model_dir: "m" train_config { num_steps: 1 }
data_config { input_type: ParquetInput label_fields: "click" label_fields: "buy"
  input_fields { input_name: "click" input_type: INT32 } input_fields { input_name: "buy" input_type: INT32 }
  input_fields { input_name: "user" } }
feature_configs { input_names: "user" hash_bucket_size: 10 embedding_dim: 4 }
model_config { feature_groups { group_name: "all" feature_names: "user" }
  esmm { ctr_tower { label_name: "click" } cvr_tower { label_name: "buy" } } }
"""


def test_shorthands_are_set_as_written(report):
    message = value(
        SHORT, "model_config.esmm.ctr_tower.weight=0.25", "feature_configs[feature_name=user].embedding_dim=8"
    )
    assert message.model_config.rank_model.task_towers[0].weight == 0.25
    assert message.feature_config.features[0].embedding_dim == 8
    (line,) = report(SHORT, ["model_config.mmoe.num_expert=2"])
    assert "the config has esmm, not mmoe. To set mmoe in its place, give all of it" in line
    message = value(
        SHORT,
        "model_config.mmoe={ expert_dnn { hidden_units: 4 } num_expert: 1"
        " task_towers { tower_name: 'a' label_name: 'buy' } }",
    )
    assert message.model_config.rank_model.body.HasField("mmoe")


@pytest.mark.parametrize(
    ("override", "part"),
    [
        ("train_config.num_stps=3", 'TrainConfig has no field "num_stps". Did you mean "num_steps"?'),
        ("train_config.dead_line=now", "train_config.dead_line: refused: a training ends by steps or epochs"),
        (
            "model_config.num_class=2",
            "model_config.num_class: is for a model with one tower; give each tower its own num_class",
        ),
        (
            "feature_config.features[ev_params=x].embedding_dim=3",
            "ev_params: refused: tables of DeepRec's",
        ),
        ("trian_config.num_steps=3", 'PipelineConfig has no field "trian_config". Did you mean "train_config"?'),
        ("train_config.num_steps", "expected path=value, such as train_config.num_steps=500"),
        ("=3", "is no config path"),
        ("train_config..num_steps=3", "is no config path"),
        ("feature_config.features[0.embedding_dim=3", "expected path=value"),
        ("feature_config.features[feature_name=agee].embedding_dim=3", 'has feature_name "agee"; there are user'),
        ("feature_config.features[feature_name=agee].embedding_dim=3", 'Did you mean "age"?'),
        ("feature_config.features[99].embedding_dim=3", "features has 8 items, numbered from 0; there is no [99]"),
        ("feature_config.features[-1].embedding_dim=3", "[-1] picks no item of features"),
        (
            "feature_config.features[featur_name=age].embedding_dim=3",
            'no field "featur_name". Did you mean "feature_name"?',
        ),
        ("feature_config.features[sequence_combiner=age].embedding_dim=3", "which is a message"),
        ("feature_config.features.embedding_dim=3", "is a list: say which item"),
        ("train_config[0].num_steps=3", "is no list"),
        ("train_config.num_steps.x=3", "is no message, so it has no x"),
        ("data_config.label_fields[0].x=3", "is a list of plain values"),
        ("model_config.score[0].weight=3", "score has no items; there is no [0]"),
        ("train_config.num_steps=many", "expected a whole number from 0 to 4294967295, got many"),
        ("train_config.num_steps=", "expected a whole number from 0 to 4294967295, got nothing"),
        ("train_config.num_steps=-3", "got -3"),
        ("data_config.bad_rows=SKPI", 'expected one of FAIL, SKIP, got SKPI. Did you mean "SKIP"?'),
        ("model_config.rank_model.fm={ outptu: LOGIT }", 'FmTerm has no field "outptu". Did you mean "output"?'),
        ("model_config.rank_model.fm={ output: ", 'the "{" of model_config.rank_model.fm is never closed'),
        ("model_config.rank_model.fm=output: ", "output: has no value"),
    ],
)
def test_what_cannot_be_set(report, override, part):
    (line,) = report(overrides=[override])
    assert line.startswith(f"--set {override}: ")
    assert part in line


TWO = 'data_config.row_filter=[{column: "user" drop: "a"}, {column: "app" keep: ["b", "c"]}]'


def test_messages_are_appended_to_a_list(base):
    message = value(base, TWO, 'data_config.row_filter+={column: "hour" drop: "1"}')
    assert [each.column for each in message.data_config.row_filter] == ["user", "app", "hour"]
    message = value(base, 'data_config.row_filter+=[{column: "hour" drop: "1"}, {column: "app" drop: "x"}]')
    assert [each.column for each in message.data_config.row_filter] == ["hour", "app"]
    message = value(base, "eval_config.metrics_set+={auc { }}", "eval_config.metrics_set += { log_loss { } }")
    assert [each.WhichOneof("metric") for each in message.eval_config.metrics_set] == ["auc", "log_loss"]
    group = "model_config.feature_groups[group_name=all].feature_names"
    message = value(base, 'feature_config.features+={input_names: "cost" feature_type: RawFeature}')
    assert message.feature_config.features[8].feature_name == "cost"
    message = value(
        base,
        f"{group}[*]=user",
        f"{group}=user,app",
        f"{group}+=age",
        f"{group}+=[hour, 'tags']",
        f'{group}+="history"',
    )
    assert list(message.model_config.feature_groups[0].feature_names) == [
        "user", "app", "age", "hour", "tags", "history"
    ]  # fmt: skip


def test_features_are_appended_in_the_spelling_of_the_file():
    new = '{input_names: "user" feature_name: "age2" embedding_dim: 8 hash_bucket_size: 9}'
    message = value(SHORT, f"feature_config.features+={new}", f"feature_configs+={new.replace('age2', 'age3')}")
    assert [each.feature_name for each in message.feature_config.features][-2:] == ["age2", "age3"]


def test_what_an_assignment_takes_out_of_a_list_is_said(base):
    def said(*overrides):
        return parse_text(base, "a.config", overrides).warnings

    third = 'data_config.row_filter={column: "hour" drop: "1"}'
    assert said(third) == []
    assert said(TWO, third) == [
        f'--set {third}: data_config.row_filter: replaced 2 row_filter: column: "user" drop: "a"; column: "app" keep:'
        ' "b" keep: "c" (row_filter+=... appends).'
    ]
    # What stays in the list is not gone.
    assert said(third, TWO.replace("[", '[{column: "hour" drop: "1"},', 1)) == []
    (line,) = said(third, "data_config.row_filter=")
    assert 'replaced 1 row_filter: column: "hour" drop: "1"' in line
    (line,) = said("eval_config.metrics_set=[{auc {}}, {log_loss {}}]", "eval_config.metrics_set={log_loss {}}")
    assert "eval_config.metrics_set: replaced 1 metrics_set: auc { }" in line
    (line,) = said(
        "model_config.rank_model.task_towers[tower_name=ctr].metrics_set=[{auc{}}, {log_loss{}}, {calibration{}}]",
        "model_config.rank_model.task_towers[tower_name=ctr].metrics_set=",
    )
    assert "replaced 3 metrics_set: auc { }; log_loss { }; calibration { } (" in line
    warnings = said(
        "feature_config.features={input_names: 'user' embedding_dim: 8 hash_bucket_size: 5}",
        "model_config.feature_groups={group_name: 'all' feature_names: 'user'}",
        "model_config.rank_model={body { shared_bottom { } } task_towers { tower_name: 'ctr' label_name: 'click' } }",
    )
    assert "replaced 8 features: feature_name:" in warnings[0]
    assert warnings[0].endswith("; and 5 more (features+=... appends).")
    assert "replaced 2 feature_groups: " in warnings[1]


@pytest.mark.parametrize(
    ("override", "part"),
    [
        ("model_dir+=x", "+= appends to a list; model_dir is none"),
        ("train_config+={num_steps: 3}", "+= appends to a list; train_config is none"),
        ("data_config.row_filter+=", "there is nothing to append to data_config.row_filter"),
        ("data_config.label_fields+=", "there is nothing to append to data_config.label_fields"),
        ("data_config.input_fields[0]+={}", "data_config.input_fields[0] is one item of it"),
        ('data_config.row_filter+={colum: "user"}', 'RowFilter has no field "colum". Did you mean "column"?'),
        ('data_config.row_filter+={column: "usr" drop: "a"}', 'no column is called "usr"'),
        ("model_dir=out\udcff", "expected UTF-8 text, got the byte 0xff behind 13 characters"),
        ("model_dir=out\ud800", "expected UTF-8 text, got half of a UTF-16 pair"),
        (f"data_config.input_fields[{'1' * 5000}].input_name=x", "numbered from 0; there is no [1111"),
        (f"data_config.batch_size={'1' * 5000}", "expected a whole number from 0 to 4294967295, got 1111"),
        (f"data_config.input_type={'1' * 5000}", "expected one of CSVInput"),
        ("train_input_path=s3://key:sec/ret@logs/x", "holds credentials (s3://***@logs/x)"),
        ("train_input_pth=s3://key:sec,ret@logs/x", 'no field "train_input_pth"'),
        ("eval_input_path=a.csv,s3://key@logs/x", "holds credentials (s3://***@logs/x)"),
        ("train_config.num_steps=s3://key:secret@logs", "expected a whole number"),
        ("model_dir=s3://key:secret@logs", "expected a path without a scheme"),
    ],
)
def test_what_cannot_be_appended_or_shown(report, override, part):
    (line,) = report(overrides=[override])
    assert part in line
    assert "sec" not in line
    assert "key:" not in line
    assert line.isprintable()
    assert len(line) < 1100


def test_errors_of_several_overrides_and_of_the_file_are_one_report(report, change):
    lines = report(change(("num_expert: 2", "num_exprt: 2")), ["train_config.num_stps=3", "data_config.batch_size=0"])
    assert len(lines) == 3
    assert lines[0].startswith("a.config:44: ")
    assert lines[1].startswith("--set train_config.num_stps=3: ")
    assert lines[2] == "--set data_config.batch_size=0: data_config.batch_size: expected more than 0, got 0."


def test_an_override_mends_the_file(report, change):
    text = change(("num_expert: 2", "num_expert: 0"))
    assert len(report(text)) == 1
    assert report(text, ["model_config.rank_model.body.mmoe.num_expert=2"]) == []


def test_paths():
    steps = parse_path("a.b[feature_name='x.y'].c[input_names[0]=z]")
    assert [(step.name, step.selector) for step in steps] == [
        ("a", None),
        ("b", "feature_name='x.y'"),
        ("c", "input_names[0]=z"),
    ]
    assert split_assignment("a[b=c].d=e=f") == ("a[b=c].d", "e=f", False)
    assert split_assignment("a[b=c+].d += e+=f") == ("a[b=c+].d", " e+=f", True)
    assert split_assignment("a=it's") == ("a", "it's", False)
    with pytest.raises(PathError, match="not closed"):
        parse_path("a[b")


def test_a_field_without_effect_inside_a_value_is_noted(base):
    config = parse_text(base, "a.config", ["train_config={ num_steps: 3 sync_replicas: true }"])
    assert config.message.train_config.num_steps == 3
    (note,) = config.notes
    assert note.startswith(
        "--set train_config={ num_steps: 3 sync_replicas: true }: train_config.sync_replicas: noted: the strategy"
    )


def test_a_field_without_effect_is_noted(base):
    overrides = [
        "train_config.sync_replicas=false",
        "model_config.num_class=1",
        "train_config.optimizer_config.use_moving_average=false",
    ]
    config = parse_text(base, "a.config", overrides)
    assert config.message == parse_text(base).message
    assert [note.partition(": noted: ")[0] for note in config.notes] == [
        f"--set {override}: {override.partition('=')[0].replace('optimizer_config', 'optimizer_config[0]')}"
        for override in overrides
    ]
