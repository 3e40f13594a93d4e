"""Cross-checks of fields with each other, line numbers, and warnings."""

import pytest

from apps_rec.config import parse_text
from apps_rec.errors import ConfigError

F = "feature_config.features"
R = "model_config.rank_model"
D = "data_config"
TAGS = f"{F}[feature_name=tags]"
USER = f"{F}[feature_name=user]"
CTR, CVR = f"{R}.task_towers[tower_name=ctr]", f"{R}.task_towers[tower_name=cvr]"
COSINE = "train_config.optimizer_config.adam_optimizer.learning_rate.cosine_decay_learning_rate"
POSITION_GROUP = '  feature_groups { group_name: "position"'
TAGS_FEATURE = '  features { feature_name: "tags"'
HOUR_FEATURE = '  features { feature_name: "hour"'

# (what is replaced in the text, parts of the one line, its number)
BY_TEXT = [
    (
        [
            ("input_type: CSVInput", "input_type: ParquetInput"),
            ("  with_header: true\n", ""),
            ("train_config {", "train_config { train_distribute: PSStrategy"),
        ],
        ["data_config.input_type: ParameterServerStrategy reads with TensorFlow's operations, which cannot read P"],
        6,
    ),
    ([("  input_type: CSVInput\n", "")], ["data_config: input_type is missing"], 5),
    (
        [("  input_type: CSVInput", "  input_type: ParquetInput"), ("  with_header: true", "  quoting: NONE")],
        ["quoting: is for CSVInput; input_type is ParquetInput"],
        7,
    ),
    ([('  label_fields: ["click", "download"]\n', "")], ["data_config: label_fields is missing"], 5),
    (
        [('feature_name: "hour" input_names: "hour" ', 'feature_name: "hour" ')],
        ["features[feature_name=hour]: input_names is missing"],
        23,
    ),
    ([(" num_buckets: 24", "")], ["an IdFeature needs exactly one of hash_bucket_size", "got none"], 23),
    ([(' vocab_list: ["a", "b"]', "")], ["a TagFeature needs exactly one of"], 25),
    (
        [("embedding_dim: 8 hash_bucket_size: 1000\n", "embedding_dim: 8\n")],
        ["a ComboFeature needs hash_bucket_size, got none"],
        26,
    ),
    ([(' input_type: INT32 default_val: "0"', " input_type: INT32")], ["default_val is missing", "(line 35)"], 17),
    ([("    position_tower { }\n", "")], ["the model has no position_tower to read it"], 35),
    (
        [('group_name: "position" ', 'group_name: "pos" ')],
        ['the group "position", read by the position tower, is not defined'],
        49,
    ),
    ([('tower_name: "ctr" ', "")], ["tower_name is missing"], 47),
    ([('input_name: "download" input_type: INT32', 'input_name: "download"')], ["of a label must be INT32"], 8),
    (
        [
            (
                'eval_input_path: "val.csv"\n',
                'export_config { enable_early_stop: true best_exporter_metric: "auc_ctr" }\n',
            )
        ],
        ["needs rows to measure on"],
        2,
    ),
    ([("train_config { num_steps: 500 }\n", "train_config { }\n")], ["training would not end"], 4),
]


@pytest.mark.parametrize(("replacements", "parts", "number"), BY_TEXT)
def test_line_numbers(report, change, replacements, parts, number):
    lines = report(change(*replacements))
    assert len(lines) == 1, "\n".join(lines)
    assert lines[0].startswith(f"a.config:{number}: ")
    for part in parts:
        assert part in lines[0]


def test_the_base_is_right(report, base):
    assert report() == []
    assert parse_text(base).warnings == []


def test_attention_key_of_another_length(report, change):
    lines = report(change(("    fm { }\n", "")), ["feature_config.features[feature_name=app].embedding_dim=4"])
    assert len(lines) == 2
    assert "which has embedding_dim 4; expected the same, got 8" in lines[0]
    assert 'expected a feature of embedding_dim 8, as here; "app" has 4' in lines[1]


def test_shared_table_of_two_lengths(report, change):
    lines = report(change(("    fm { }\n", "")), [f"{USER}.embedding_name=app", f"{USER}.embedding_dim=4"])
    # The first of the table is user; app and history both disagree with it.
    assert len(lines) == 2
    assert all("expected the same, got 8" in line for line in lines)


def test_neither_body_nor_fm(report, change):
    text = change(("    body { mmoe { expert_dnn { hidden_units: [32, 16] } num_expert: 2 } }\n    fm { }\n", ""))
    assert report(text) == [
        "a.config:43: model_config.rank_model: has neither body nor fm, so nothing reads the features;"
        " expected one of them or both."
    ]


def test_tower_network_without_input(report, change):
    text = change(
        (
            "    body { mmoe { expert_dnn { hidden_units: [32, 16] } num_expert: 2 } }\n    fm { }\n",
            "fm {group_name: 'all'}\n",
        )
    )
    lines = report(text)
    assert len(lines) == 2
    assert all("there is no body, so this network has no input" in line for line in lines)
    assert report(text, [f"{R}.fm.output=TOWER_INPUT"]) == []


def test_longer_funnel(report, change):
    text = change(
        (
            "    position_tower { }\n",
            '    task_towers { tower_name: "pay" label_name: "click" }\n    position_tower { }\n',
        )
    )
    (line,) = report(text)
    assert 'task_towers[tower_name=pay].label_name: a step of the funnel before it has the label "click"' in line
    assert report(text, [f"{R}.head.independent={{}}"]) == []
    label = [f'{D}.input_fields+={{ input_name: "paid" input_type: INT32 }}', f"{D}.label_fields=click,download,paid"]
    pay = f"{R}.task_towers[tower_name=pay]"
    assert report(text, [*label, f"{pay}.label_name=paid"]) == []
    (line,) = report(text, [*label, f"{pay}.label_name=paid", f"{CVR}.tower_name=ctr_to_pay"])
    assert '"ctr_to_pay" names the product of the funnel\'s towers; expected another name, such as "cvr".' in line
    (line,) = report(text, [*label, f"{pay}.label_name=paid", f"{pay}.task_space_indicator_label=click"])
    assert "a later step of a funnel is trained over all impressions" in line


def test_funnel_of_one(report):
    (line,) = report(overrides=[f"{R}.task_towers=[{{ tower_name: 'ctr' label_name: 'click' }}]"])
    assert "a funnel has two towers or more, such as click and conversion, got 1." in line


def test_no_row_in_the_task(report):
    lines = report(
        overrides=[
            f"{CTR}.task_space_indicator_label=download",
            f"{CTR}.in_task_space_weight=0",
            f"{CTR}.out_task_space_weight=0",
        ]
    )
    assert len(lines) == 1
    assert "so no row would count" in lines[0]


def test_uris_of_every_kind_are_data(report):
    paths = "s3://bucket/a/*.parquet,gs://bucket/a.csv,hdfs:///a,hdfs://me@name:8020/a,file:///data/a"
    assert report(overrides=[f"train_input_path={paths}", f"eval_input_path={paths}"]) == []


def test_vocab_file_of_nothing(report, tmp_path):
    (tmp_path / "words.txt").write_text("")
    overrides = [f"{TAGS}.vocab_list=", f"{TAGS}.vocab_file={tmp_path}/words.txt"]
    (line,) = report(overrides=overrides)
    assert "is empty; expected one word a line" in line
    (tmp_path / "words.txt").write_text("a\t3\n")
    assert report(overrides=[*overrides, f"{TAGS}.min_count=2"]) == []


@pytest.mark.parametrize(
    ("overrides", "part"),
    [
        (
            ["model_config.feature_groups[0].feature_names=app,hour,age,tags,user_x_hour,history"],
            'the feature "user" is in no group',
        ),
        (["export_config.best_exporter_metric=auc_ctr"], "has no effect: exporter_type is not best"),
        (
            [f"{COSINE}.learning_rate_base=1", f"{COSINE}.total_steps=400", f"{COSINE}.warmup_steps=9"],
            "total_steps: the rate is 0 from step 400 on, and num_steps is 500",
        ),
        (
            [f"{COSINE}.learning_rate_base=1", f"{COSINE}.total_steps=900", f"{COSINE}.warmup_steps=500"],
            "warmup_steps: num_steps is 500, so the rate never comes to learning_rate_base",
        ),
        (
            # Half a cosine over 1,000 steps is at its middle, half the rate, at 500.
            [f"{COSINE}.learning_rate_base=1", f"{COSINE}.total_steps=1000", f"{COSINE}.warmup_steps=0"],
            "total_steps: num_steps is 500, so the schedule is left at 50%: the rate ends at 0.5 of learning_rate_base",
        ),
        (["export_config.gate_max_drop=.1"], "has no effect: there is no gate_metric"),
        (["export_config.max_check_steps=10"], "has no effect: enable_early_stop is false"),
        ([f"{D}.holdout_fraction=.1"], "keeps rows out of training that nothing uses"),
        ([f"{D}.shuffle=false", f"{D}.shuffle_buffer_size=10"], "has no effect: shuffle is false"),
        ([f"{CTR}.task_space_indicator_label=download"], "rows inside and outside weigh the same"),
        (
            [f"{D}.sample_weight=cost", f"{CTR}.use_sample_weight=false", f"{CVR}.use_sample_weight=false"],
            "every tower has weights of its own",
        ),
        (
            [f'{D}.input_fields[input_name=download].not_observed=["-1", ""]'],
            'not_observed[1]: a row whose "download" is empty does not count for ctcvr. If it is empty wherever there '
            'is no "click", ctcvr is learned from rows with a "click" alone: write 0 there',
        ),
    ],
)
def test_warnings(base, overrides, part):
    (warning,) = parse_text(base, "a.config", overrides).warnings
    assert part in warning


@pytest.mark.parametrize(
    "overrides",
    [
        [f"{D}.input_fields[input_name=download].not_observed=-1"],
        [f"{D}.input_fields[input_name=click].not_observed="],
        [f"{D}.input_fields[input_name=download].not_observed=", f"{R}.head=independent {{}}"],
    ],
)
def test_a_label_that_is_not_observed_is_warned_of_where_it_is_a_later_step_and_empty(base, overrides):
    assert parse_text(base, "a.config", overrides).warnings == []


def test_warns_of_an_unread_group_and_an_unused_length(base, change):
    text = change(
        (
            POSITION_GROUP,
            f'  feature_groups {{ group_name: "wide" feature_names: "age2" wide_deep: WIDE }}\n{POSITION_GROUP}',
        ),
        (
            TAGS_FEATURE,
            '  features { feature_name: "age2" input_names: "age" feature_type: RawFeature embedding_dim: 8 }\n'
            + TAGS_FEATURE,
        ),
    )
    (warning,) = parse_text(text).warnings
    assert 'no part of the model reads the group "wide"' in warning
    (warning,) = parse_text(text, "a", [f"{R}.fm.wide_group_name=wide"]).warnings
    assert "only first-order weights read this feature" in warning


def test_first_order_group_must_be_wide(report, change):
    text = change(
        (
            POSITION_GROUP,
            f'  feature_groups {{ group_name: "wide" feature_names: "user" wide_deep: DEEP }}\n{POSITION_GROUP}',
        )
    )
    (line,) = report(text, [f"{R}.fm.wide_group_name=wide"])
    assert "read by the first-order part of the FM only; expected WIDE, got DEEP" in line


def test_every_feature_option_has_a_rule():
    from apps_rec.config.features import FEATURES, FOR_ALL, types_with
    from apps_rec.protos.feature_pb2 import FeatureConfig

    options = {option for row in FEATURES.values() for option in row.options}
    assert {*options, *FOR_ALL} == set(FeatureConfig.DESCRIPTOR.fields_by_name)
    assert set(FEATURES) == set(FeatureConfig.FeatureType.values())
    assert types_with("separator") == [
        "RawFeature",
        "TagFeature",
        "LookupFeature",
        "SequenceFeature",
        "LookupRawFeature",
    ]


def test_two_features_of_one_name(report, change):
    (line,) = report(
        change(
            (
                HOUR_FEATURE,
                "  features { feature_name: 'user' input_names: 'app' hash_bucket_size: 9 embedding_dim: 8 }\n"
                + HOUR_FEATURE,
            )
        )
    )
    assert line.startswith("a.config:23: ")
    assert '"user" is the name of another feature too (line 21); expected its own' in line


def test_a_misspelt_column_of_a_feature_without_a_name(report, change):
    (line,) = report(change(('feature_name: "user" input_names: "user"', 'input_names: "usr"')))
    assert 'no column is called "usr"' in line


def test_a_sequence_is_no_sum(report, change):
    lines = report(change(('    sequence_combiner { target_attention { key: "app" } }\n', "    combiner: 'sum'\n")))
    assert len(lines) == 1
    assert 'a SequenceFeature is averaged, or weighted by its sequence_combiner; got "sum"' in lines[0]


@pytest.mark.parametrize(
    ("kind", "word", "told"),
    [
        ("INT32", "0.0", 'is read as "0"; write that'),
        ("INT32", "01", 'is read as "1"; write that'),
        ("INT64", "+1", 'is read as "1"; write that'),
        ("INT64", "-0", 'is read as "0"; write that'),
        ("INT32", " 1", 'is read as "1"; write that'),
        ("INT32", "2147483648", "expected a whole number in its range"),
        ("INT32", "1_0", "expected a whole number in its range"),
        ("INT32", "", "expected a whole number in its range"),
        ("INT64", "9" * 5000, "expected a whole number in its range"),
        ("BOOL", "1", 'is read as "true"; write that'),
        ("BOOL", "False", 'is read as "false"; write that'),
        ("BOOL", "yes", 'expected "true" or "false"'),
        ("STRING", "late\t", 'expected "late"'),
    ],
)
@pytest.mark.parametrize("in_file", [False, True])
def test_words_that_can_never_match(report, change, tmp_path, kind, word, told, in_file):
    written = word.replace("\t", "\\t") if not in_file else word.replace("\t", " ")
    vocabulary = f'vocab_list: ["{written}"]'
    if in_file:
        file = tmp_path / "words"
        file.write_text(f"{written}\n")
        vocabulary = f'vocab_file: "{file}"'
    if in_file and not word:
        return  # an empty line is no word
    text = change(
        (' input_name: "hour" input_type: INT32 default_val: "-1" ', f' input_name: "hour" input_type: {kind} '),
        ("num_buckets: 24", vocabulary),
    )
    (line,) = report(text)
    assert told in line
    assert (f"{file}:1: " in line) if in_file else ("vocab_list[0]" in line)


def test_words_that_match(report, change, tmp_path):
    column = ' input_name: "hour" input_type: INT32 default_val: "-1" '
    for kind, words in (("INT32", ["-1", "0", "2147483647"]), ("BOOL", ["true", "false"]), ("STRING", ["", "a b"])):
        words_in_quotes = ", ".join(f'"{word}"' for word in words)
        changes = (
            (column, f' input_name: "hour" input_type: {kind} '),
            (
                "num_buckets: 24",
                f"vocab_list: [{words_in_quotes}]",
            ),
        )
        assert report(change(*changes)) == []


def test_statistics_of_a_wider_column(report, base):
    times = ["min_val=1700000000", "max_val=1700086400"]
    age = "feature_config.features[feature_name=age]"
    overrides = ["data_config.input_fields[input_name=age].input_type=DOUBLE", *(f"{age}.{item}" for item in times)]
    assert report(base, overrides) == []


def test_asset_files_have_names_of_their_own(base):
    text = f'{base}\nexport_config {{ asset_files: ["a/x.csv", "b/y.csv", "b/x.csv"] }}'
    with pytest.raises(ConfigError, match=r'asset_files\[2\]: "a/x.csv" would have the same name') as caught:
        parse_text(text, files_here=False)
    assert len(str(caught.value).splitlines()) == 1
