"""What a config of EasyRec may hold that is a mistake in one of this package: a scalar twice, raw separators."""

import pytest

from apps_rec.config.easyrec.dialect import is_easyrecs
from apps_rec.config.report import Places, Report
from apps_rec.config.text.parse import parse_json, parse_text
from apps_rec.protos.pipeline_pb2 import PipelineConfig


def read(text, as_json=False):
    message, report = PipelineConfig(), Report(Places("a"))
    (parse_json if as_json else parse_text)(text, message, report)
    return message, report


@pytest.mark.parametrize(
    ("names", "theirs"),
    [
        # sync_replicas is EasyRec's alone, seed is ours alone, num_steps is both's.
        (["sync_replicas", "num_steps"], True),
        (["sync_replicas", "num_steps", "seed"], False),
        (["num_steps"], False),
        (["num_steps", "seed"], False),
        # A name of nobody tells nothing.
        (["sync_replicas", "sync_replica"], True),
        ([], False),
    ],
)
def test_whose_dialect(names, theirs):
    assert is_easyrecs(names) is theirs


def test_the_later_of_two_scalars_holds_in_easyrecs_dialect():
    message, report = read("train_config {\n num_steps: 1\n sync_replicas: true\n num_steps: 7\n}")
    assert message.train_config.num_steps == 7
    assert report.errors == []
    assert report.notes[1] == (
        "a:4: train_config.num_steps: noted: given at line 2 already; the later one holds, as in EasyRec"
    )


@pytest.mark.parametrize("text", ["num_steps: 1 num_steps: 7", "sync_replicas: true seed: 3 num_steps: 1 num_steps: 7"])
def test_a_scalar_twice_is_a_mistake_anywhere_else(text):
    _, report = read(f"train_config {{ {text} }}")
    (line,) = report.errors
    assert "train_config.num_steps: given twice, at line 1 and at line 1" in line


def test_a_message_twice_is_a_mistake_everywhere():
    text = "adam_optimizer { beta1: 0.5 } adam_optimizer { beta2: 0.5 }"
    _, report = read(f"train_config {{ sync_replicas: true optimizer_config {{ {text} }} }}")
    (line,) = report.errors
    assert "train_config.optimizer_config[0].adam_optimizer: given twice" in line


def test_raw_control_characters_are_separators_of_easyrec():
    message, report = read('feature_configs { separator: "\x03" combo_join_sep: "\x1d" }\nmodel_dirr: "x"')
    assert message.feature_configs[0].separator == "\x03"
    assert message.feature_configs[0].combo_join_sep == "\x1d"
    # Other mistakes are found as well.
    (line,) = report.errors
    assert line.startswith("a:2: model_dirr: unknown name")


def test_raw_control_characters_outside_of_quotes_are_no_text():
    _, report = read('model_dir: "x"\n\x00\x01')
    assert report.errors == ["a:2: expected text, got the control character 0x00."]


@pytest.mark.parametrize("as_json", [False, True])
def test_verdicts_while_reading(as_json):
    text = (
        '{"train_config": {\n"sync_replicas": true,\n"optimizer_config": {"useMovingAverage": true}},\n'
        '"data_config": {"input_type":\n"KafkaInput"}, "kafkaTrainInput": {"server": "x", "topics": [1, {"a": 2}]},\n'
        '"model_dir": "x"}'
        if as_json
        else "train_config {\n sync_replicas: true\n optimizer_config { use_moving_average: true } }\n"
        'data_config { input_type:\n KafkaInput } kafka_train_input { server: "x" topics: [1, { a: 2 }] }\n'
        'model_dir: "x"'
    )
    message, report = read(text, as_json)
    assert message.model_dir == "x"
    assert not message.data_config.HasField("input_type")
    names = ("useMovingAverage", "kafkaTrainInput") if as_json else ("use_moving_average", "kafka_train_input")
    assert [line.partition("; ")[0] for line in report.errors] == [
        f"a:3: train_config.optimizer_config[0].{names[0]}: refused: weights are not averaged",
        "a:5: data_config.input_type: refused: KafkaInput: streams are not read",
        f"a:5: {names[1]}: refused: streams are not read",
    ]
    (note,) = report.notes
    assert note.startswith("a:2: train_config.sync_replicas: noted: the strategy decides: ")
    assert report.tally.refused == 3


def test_values_of_enums_that_are_read_as_another():
    message, report = read("data_config { input_type: CSVInputV2 }")
    assert message.data_config.input_type == message.data_config.CSVInput
    assert report.notes == [
        "a:1: data_config.input_type: noted: CSVInputV2: read as CSVInput: another reader of the same files"
    ]


def test_notes_alike_are_one_line():
    _, report = read("train_config { sync_replicas: true }\n" + "export_config { asset_filess: 1 }\n")
    assert len(report.notes) == 1
    towers = "".join('task_towers { losses { loss_name: "a" } }\n' for _ in range(5))
    _, report = read(f"model_config {{ mmoe {{\n{towers}}} }}")
    assert report.notes == [
        "a:2: model_config.mmoe.task_towers[0].losses[0].loss_name: noted: losses are shown summed up, by tower"
        " (so 5 times, the last at line 6)"
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        # A valid name of EasyRec gets no suggestion of another.
        ("feature_configs { ev_params { filter_freq: 3 } }", "refused: tables of DeepRec's"),
        ("feature_configs { wide_output_dim: 3 }", 'has no field "wide_output_dim". EasyRec has it in'),
        ("train_config { optimizer_config { num_class: 3 } }", "EasyRec has it in EasyRecModel, TaskTower"),
        # One nearly EasyRec's gets it, also where we have no such field.
        ("train_config { sync_replica: true }", 'Did you mean "sync_replicas"?'),
        ("model_config { esmm { ctr_tower { feature_groups { } } } }", "It belongs in model_config."),
    ],
)
def test_hints_know_easyrecs_names(text, says):
    _, report = read(text)
    (line,) = report.errors
    assert says in line
    assert ("Did you mean" in line) == ("Did you mean" in says)
