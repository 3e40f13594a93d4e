"""Reading text: the same language as protobuf's own parser, lines, and going on after a mistake."""

import json

import pytest
from google.protobuf import json_format, text_format

from apps_rec.config import parse_text
from apps_rec.config.report import Places, Report
from apps_rec.config.text.parse import parse_json
from apps_rec.config.text.parse import parse_text as read_text
from apps_rec.protos.pipeline_pb2 import PipelineConfig


def read(text, as_json=False):
    report = Report(Places("a"))
    message = PipelineConfig()
    (parse_json if as_json else read_text)(text, message, report)
    return message, report


FORMS = """
# a comment, and "quotes" in it
train_input_path: "a" 'b'   # neighbours are joined
model_dir: "tab\\t \\"q\\" \\303\\251 é # no comment"
train_config: < num_steps: 0x10, seed: 18446744073709551615; gradient_clipping_by_norm: 1e-3 train_distribute: 2 >
data_config {
  label_fields: ["a", "b"] label_fields: "c"
  input_fields: [{ input_name: "x" input_type: INT32 }, { input_name: "y" }]
  shuffle: false drop_remainder: t shuffle_buffer_size: -7
}
feature_config { features { boundaries: [-1, .5, 2.] min_val: -1.5e2 } }
model_config { esmm { } }
"""


def test_reads_what_protobuf_reads(base):
    for text in (FORMS, base):
        message, report = read(text)
        assert report.errors == []
        assert message == text_format.Parse(text, PipelineConfig())


def test_lines_of_paths():
    _, report = read(FORMS)
    lines = report.places.lines
    assert lines["train_input_path"] == 3
    assert lines["data_config.label_fields[2]"] == 7
    assert lines["data_config.input_fields[1].input_name"] == 8
    assert lines["feature_config.features[0].boundaries"] == 11
    assert report.places.locate("feature_config.features[0].embedding_dim") == "a:11"


def test_json_reads_what_protobuf_reads(base):
    message = parse_text(base).message
    for text in (
        json_format.MessageToJson(message),
        json_format.MessageToJson(message, preserving_proto_field_name=True, indent=None),
    ):
        mine, report = read(text, as_json=True)
        assert report.errors == []
        assert mine == json_format.Parse(text, PipelineConfig())


def test_json_names_line_and_path(report, base):
    text = json_format.MessageToJson(parse_text(base).message, preserving_proto_field_name=True)
    line = next(n for n, row in enumerate(text.split("\n"), 1) if '"embedding_dim": 8' in row)
    broken = text.replace('"embedding_dim": 8', '"embeding_dim": 8', 1)
    (mistake,) = report(broken, name="a.json")
    assert mistake.startswith(f"a.json:{line}: feature_config.features[feature_name=user].embeding_dim: unknown name")
    assert mistake.endswith('Did you mean "embedding_dim"?')


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ('{"model_dir": "a",}', "a.json:1: this is no JSON: "),
        ("[1]", "expected an object in { }"),
        ("{" * 3 + "}", "this is no JSON"),
        ("[" * 200_000, "this is no"),
        ('{"model_dir": 3}', "model_dir: expected text in quotes, got 3."),
        ('{"model_dir": "a", "model_dir": "b"}', "given twice, at line 1 and at line 1"),
        ('{"data_config": {"label_fields": ["a"], "label_fields": ["b"]}}', "given twice, first at line 1"),
        ('{"train_config": {"num_steps": "x"}}', 'expected a whole number from 0 to 4294967295, got "x".'),
    ],
)
def test_wrong_json(report, text, part):
    assert part in report(text, name="a.json")[0]


def test_json_strings_keep_json_escapes():
    message, report = read(json.dumps({"model_dir": 'é "\\ \n # /', "eval_input_path": None}), as_json=True)
    assert report.errors == []
    assert message.model_dir == 'é "\\ \n # /'
    assert not message.HasField("eval_input_path")


# (text, the lines of the report)
FORM_MISTAKES = [
    (
        "model_config { mmoe { experts { expert_name: 'a' }\n task_towers { losses { circle_loss { } } } } }",
        [
            "a:2: model_config.mmoe.task_towers[0].losses[0].circle_loss: refused: a loss of matching models, of users"
            " against sampled items: delete it.",
        ],
    ),
    ('model_dir: "a"\nmodel_dir: "b"', ["a:2: model_dir: given twice, at line 1 and at line 2; expected it once."]),
    (
        'train_config { num_steps: 3 }\nmodel_dir: "x"\ntrain_config {\n num_stepss: 3 }',
        [
            "a:3: train_config: given twice, at line 1 and at line 3; expected it once.",
            'a:4: train_config.num_stepss: unknown name; TrainConfig has no field "num_stepss".'
            ' Did you mean "num_steps"?',
        ],
    ),
    (
        "model_config {\n esmm { }\n mmoe { } }",
        ["a:3: model_config.mmoe: esmm is given already at line 2; expected one of esmm and mmoe, not both."],
    ),
    (
        "train_config {\n num_steps: -1\n seed: 1.5\n deterministic: maybe\n log_step_count_steps: '8' }",
        [
            "a:2: train_config.num_steps: expected a whole number from 0 to 4294967295, got -1.",
            "a:3: train_config.seed: expected a whole number from 0 to 18446744073709551615, got 1.5.",
            "a:4: train_config.deterministic: expected true or false, got maybe.",
            'a:5: train_config.log_step_count_steps: expected a whole number from 0 to 4294967295, got "8".',
        ],
    ),
    (
        "train_config { gradient_clipping_by_norm: 1e60 }",
        ["a:1: train_config.gradient_clipping_by_norm: expected a finite number, got 1e60."],
    ),
    (
        "train_config { gradient_clipping_by_norm: nan }",
        ["a:1: train_config.gradient_clipping_by_norm: expected a finite number, got nan."],
    ),
    (
        "train_config { train_distribute: MirrorStrategy }",
        [
            "a:1: train_config.train_distribute: expected one of NoStrategy, ParameterServerStrategy, PSStrategy,"
            " MirroredStrategy, MultiWorkerMirroredStrategy, CollectiveAllReduceStrategy, OneDeviceStrategy,"
            ' TPUStrategy, got MirrorStrategy. Did you mean "MirroredStrategy"?'
        ],
    ),
    ("model_dir: out", ["a:1: model_dir: expected text in quotes, got out."]),
    ("train_config: 3", ["a:1: train_config: expected a message in { }, got 3."]),
    ("model_dir { }", ['a:1: model_dir: expected text in quotes, got "{".']),
    ('model_dir: ["a"]', ['a:1: model_dir: expected text in quotes, got "[".']),
    ('model_dir: "a\neval_input_path: "b"', ['a:1: model_dir: text has no closing ": "a.']),
    ('model_dir "a"', ['a:1: model_dir: expected ":" or "{" after the name, got "a".']),
    ('model_dir = "a"', ['a:1: model_dir: expected ":" or "{" after the name, got =.']),
    ("model_dir:\ntrain_config { }", ["a:1: model_dir: has no value."]),
    ("train_config { num_steps: }", ["a:1: train_config.num_steps: has no value."]),
    (
        "train_config { num_steps: 1 2 }",
        ["a:1: train_config.num_steps: expected a whole number from 0 to 4294967295, got 1 2."],
    ),
    ('model_dir: "a" }', ['a:1: there is nothing open that this "}" could close.']),
    (
        'train_config {\n num_steps: 1\ndata_config {\n shuffle: true\n}\nmodel_dir: "x"',
        ['a:1: train_config: the "{" of line 1 is not closed before line 3.'],
    ),
    (
        "feature_config {\n features {\n embedding_dim: 1\n features {\n embedding_dim: 2 }\n}",
        ['a:2: feature_config.features[0]: the "{" of line 2 is not closed before line 4.'],
    ),
    ("train_config {\n num_steps: 1", ['a:1: train_config: the "{" of line 1 is never closed.']),
    ("train_config { @ num_steps: 1\n seed: 3 }", ["a:1: train_config: expected the name of a field, got @."]),
    ("train_config { [a.b] { } }", ["a:1: train_config: expected the name of a field, got [."]),
    (
        "model_config { rank_model {\n model_class: 'x' } }",
        [
            'a:2: model_config.rank_model.model_class: unknown name; RankModel has no field "model_class".'
            " It belongs in model_config."
        ],
    ),
    (
        "data_config { label_fields: ['a' 'b', 3] }",
        ["a:1: data_config.label_fields: expected text in quotes, got 3."],
    ),
    ("data_config { label_fields: ['a'; 'b'] }", ['a:1: data_config.label_fields: expected "," or "]" in the list.']),
    ("data_config { label_fields: ['a' }", ['a:1: data_config.label_fields: expected "," or "]" in the list.']),
]


@pytest.mark.parametrize(("text", "lines"), FORM_MISTAKES, ids=lambda value: str(value)[:40])
def test_mistakes_of_form(text, lines):
    _, report = read(text)
    assert report.errors == lines


@pytest.mark.parametrize("text", ["hello world", "{}", "<html><body>hi</body></html>", "1,2,3\n4,5,6", "a,b\n1,2"])
def test_text_that_is_no_config(text):
    _, report = read(text)
    assert len(report.errors) == 1
    assert "this is no config: expected `name: value` or `name { ... }`" in report.errors[0]


def test_a_misspelt_name_is_read_as_its_nearest(report, change):
    # Each of these would be many mistakes if what it holds were lost.
    for old, new in (
        ("feature_config {", "featur_config {"),
        ("rank_model {", "rankmodel {"),
        ("  input_type: CSVInput", "  input_typ: CSVInput"),
        ("  label_fields: [", "  label_field: ["),
        ("num_expert: 2", "num_experts: 2"),
        ("vocab_list: [", "vocab_lst: ["),
        ("input_type: CSVInput", "input_type: CSVInputs"),
        ("feature_type: TagFeature", "feature_type: TagFeatures"),
    ):
        lines = report(change((old, new)))
        assert len(lines) == 1, lines
        assert "Did you mean" in lines[0]


def test_a_value_that_cannot_be_read_is_one_mistake(report, change):
    for old, new in (
        ("num_steps: 500", "num_steps: many"),
        ('tower_name: "cvr" ', "tower_name: cvr "),
        ("num_expert: 2", 'num_expert: "2"'),
        ("feature_type: ComboFeature", "feature_type: PassThroughFeature"),
        ("num_buckets: 24", "num_buckets: 24.5"),
        ("    head { funnel { } }\n", "    head: 3\n"),
    ):
        lines = report(change((old, new)))
        assert len(lines) == 1, lines


def test_an_unknown_model_is_one_mistake(report, change):
    (line,) = report(change(("  rank_model {", "  pepnet {")))
    assert line.startswith(
        'a.config:43: model_config.pepnet: unknown name; ModelConfig has no field "pepnet". Expected one of'
    )


def test_a_refused_model_is_one_mistake(report, change):
    (line,) = report(change(("  rank_model {", "  rocket_launching {")))
    assert line.startswith("a.config:43: model_config.rocket_launching: refused: two models are not trained in one;")


def test_quotes_too_many_or_too_few_are_one_mistake(report, change):
    for old, new in (
        ('tower_name: "ctr"', "tower_name: ctr"),
        ("feature_type: TagFeature", "feature_type: 'TagFeature'"),
        ("embedding_dim: 8 num_buckets: 24", "embedding_dim: '8' num_buckets: 24"),
        ("embedding_dim: 8 num_buckets: 24", "embedding_dim: 8 num_buckets: '24'"),
    ):
        lines = report(change((old, new)))
        assert len(lines) == 1, lines


def test_words_in_another_order(report, change):
    (line,) = report(change(("num_expert: 2", "expert_num: 2")))
    assert line.endswith('Did you mean "num_expert"?')


def test_each_lost_brace_is_one_mistake(report, base):
    for at, char in enumerate(base):
        if char == "}":
            lines = report(base[:at] + base[at + 1 :])
            assert len(lines) == 1, lines
            assert "closed" in lines[0]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (r'"\377"', 'text is no UTF-8 (its escapes give the byte 0xff): "\\377"'),
        (r'"a" "\xff"', 'text is no UTF-8 (its escapes give the byte 0xff): "a" "\\xff"'),
        (r'"\xzz"', 'text has an escape that cannot be read: "\\xzz"'),
        (r'"\777"', 'text has an escape that cannot be read: "\\777"'),
        (r'"\ud800"', 'text has an escape that cannot be read: "\\ud800"'),
        ('"out', 'text has no closing ": "out'),
        (r'"a\000b"', "expected a path, got one with the character NUL in it"),
        (f'"{"é" * 130}"', 'expected names of at most 255 bytes, got one of 260, "éééééééééé..."'),
        ('"' + "abc/" * 1100 + '"', "expected a path of at most 4,095 bytes, got 4,400"),
    ],
)
def test_a_text_that_cannot_be_read_or_be_a_path_is_one_mistake(report, change, text, reason):
    (line,) = report(change(('"out/run"', text)))
    assert line == f"a.config:3: model_dir: {reason}."


def test_bytes_of_one_character_may_stand_in_several_texts(change):
    assert parse_text(change(('"out/run"', r'"\303" "\274"'))).message.model_dir == "ü"


def test_json_of_halves_of_pairs_and_of_long_numbers(report):
    text = (
        '{"model_dir": "\\ud800", "\\udfff": 1, "eval_input_path": "\\ud83d\\ude00", "train_config": {"num_steps": %s}}'
    )
    lines = report(text % ("1" * 5000), name="a.json")
    assert [line[:90] for line in lines[:3]] == [
        'a.json:1: model_dir: text holds half of a UTF-16 pair, \\ud800: "\\ud800".',
        'a.json:1: expected the name of a field, got text holds half of a UTF-16 pair, \\udfff: "\\ud',
        "a.json:1: train_config.num_steps: expected a whole number from 0 to 4294967295, got 111111",
    ]
    assert "😀" not in "".join(lines)


def test_json_names_that_look_like_paths_or_like_attributes(report):
    text = '{"data_config[²]": 1, "ListFields[0]": {}, "data_config": {"input_fields[0].x": 3, "DESCRIPTOR": {}}}'
    lines = report(text, name="a.json")
    for name in ("data_config[²]", "ListFields[0]", "data_config.input_fields[0].x", "data_config.DESCRIPTOR"):
        assert sum(line.startswith(f"a.json:1: {name}: unknown name; ") for line in lines) == 1, lines


def test_control_characters_of_a_config_do_not_reach_the_terminal(report, change):
    (line,) = report(change(('input_names: "user" embedding', r'input_names: "us\033[2Jer\342\200\256" embedding')))
    assert r'no column is called "us\x1b[2Jer\u202e"' in line
    assert line.isprintable()
