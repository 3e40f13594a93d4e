"""Distillation that a config asks for, and what is said of wrong ones."""

import pytest

from apps_rec.config import parse_text
from apps_rec.config.tasks.distillation import soft_labels

# A column of a teacher beside the labels of the config that the tests share.
TEACHER = ("data_config.label_fields+=teacher", 'data_config.input_fields+={ input_name: "teacher" input_type: FLOAT }')
GOOD = {"pred_name": '"logits_ctr"', "soft_label_name": '"teacher"', "loss_type": "CROSS_ENTROPY_LOSS"}
R = "model_config.rank_model"


def kd(**fields):
    text = " ".join(f"{name}: {value}" for name, value in {**GOOD, **fields}.items() if value)
    return [*TEACHER, f"model_config.kd+={{ {text} }}"]


def test_a_kd_without_mistake(base, report):
    assert report(base, kd()) == []
    message = parse_text(base, overrides=kd()).message
    assert message.model_config.kd[0].loss_name == "kd_logits_ctr"
    assert soft_labels(message.model_config) == {"teacher": "number"}


MISTAKES = [
    (kd(pred_name='"logits_ctx"'), ['kd[0].pred_name: no output "logits_ctx" can learn', 'Did you mean "logits_ctr"?']),
    (
        kd(pred_name=""),
        ["kd[0]: pred_name is missing", "one of logits_ctr, probs_ctr, logits_cvr, probs_cvr, probs_ctcvr"],
    ),
    (kd(loss_type=""), ["kd[0]: loss_type is missing"]),
    (kd(soft_label_name=""), ["kd[0]: soft_label_name is missing"]),
    (kd(soft_label_name='"age"'), ['soft_label_name: no label is called "age"']),
    (kd(soft_label_name='"click"'), ['"click" is a label of tower "ctr"; expected the column of another model']),
    (kd(pred_name='"probs_ctcvr"'), ["pred_is_logits: expected false: probs_ctcvr holds probabilities."]),
    (
        kd(loss_type="L2_LOSS", label_is_logits="false"),
        ["label_is_logits: L2_LOSS compares them as they are; expected true"],
    ),
    (kd(loss_type="CLASSIFICATION"), ["label_is_logits: CLASSIFICATION takes probabilities; expected false"]),
    (kd(loss_type="L2_LOSS", temperature="2"), ["temperature: L2_LOSS has no temperature; expected 1, got 2"]),
    (kd(temperature="0"), ["kd[0].temperature: expected more than 0, got 0"]),
    (kd(loss_weight="-1"), ["kd[0].loss_weight: expected more than 0, got -1"]),
    (kd(loss_name='"ctr"'), ['loss_name: "loss_ctr" may be the name of another loss']),
    (kd(loss_name='"a b"'), ["loss_name: expected a letter, then letters"]),
    (kd(soft_label_names='"teacher"', soft_label_name=""), ["soft_label_names: logits_ctr is one number a row"]),
    (kd(soft_label_names='"teacher"'), ["soft_label_name: soft_label_names are given too; expected one of them."]),
    (kd(out_task_space_weight="0"), ["out_task_space_weight: needs task_space_indicator_name"]),
    (kd(task_space_indicator_name='"hour"'), ["kd[0]: task_space_indicator_value is missing"]),
    ([*kd(), kd()[-1]], ['kd[1].loss_name: "kd_logits_ctr" is the name of another loss of kd too']),
    (kd(pairwise_loss="{ }"), ["pairwise_loss: refused: a soft label is learned row by row"]),
    (kd(loss_type="JRC_LOSS"), ["loss_type", "JRC_LOSS"]),
    ([*kd(), f"{R}.head=independent {{ }}", f"{R}.task_towers[tower_name=ctr].loss_type=L2_LOSS"], ["pred_name"]),
]


@pytest.mark.parametrize(("overrides", "parts"), MISTAKES, ids=lambda value: str(value)[-60:])
def test_one_mistake_gives_one_line(overrides, parts, report):
    lines = report(overrides=overrides)
    assert len(lines) == 1, lines
    assert all(part in lines[0] for part in parts), lines[0]


VECTOR = (
    "data_config.label_fields=[click, download, soft]",
    'data_config.input_fields+={ input_name: "soft" }',
    "data_config.label_dim=[1, 1, 3]",
    'data_config.label_sep=["", "", "#"]',
)


def three_classes(base):
    text = base.replace("    position_tower { }\n", "").replace("position: true", "")
    text = text.replace("fm { }", "fm { output: TOWER_INPUT }").replace("head { funnel { } }", "")
    return text.replace('label_name: "click"', 'label_name: "click" num_class: 3')


def test_a_vector_of_classes_in_one_column(base, report):
    text, one = three_classes(base), kd(soft_label_name='"soft"')[-1]
    assert report(text, [*VECTOR, one]) == []
    two = one.replace("logits_ctr", "logits_cvr")
    for overrides, said in (
        (
            [*VECTOR[:2], "data_config.label_dim=[1, 1, 4]", VECTOR[3], one],
            '"soft" holds 4; expected its label_dim to be 3',
        ),
        ([*VECTOR[:2], one], 'the column "soft" of a label must be INT32'),
        ([*VECTOR[:3], one], 'expected the character between the 3 numbers of "soft", got ""'),
        ([*VECTOR[:2], "data_config.label_dim=[1, 3]", one], "expected one number for each of 3 label_fields, got 2"),
        ([*VECTOR[:2], "data_config.label_dim=[3, 1, 3]", VECTOR[3], one], 'tower "ctr" learns one number of "click"'),
        ([*VECTOR, two], 'logits_cvr has 1 and a cell of "soft" holds 3; expected one number'),
    ):
        found = report(text, overrides)
        assert any(said in line for line in found), found


def test_several_classes(base, report):
    text = three_classes(base).replace(" num_class: 3", "")
    classes = [
        f"{R}.head=independent {{ }}",
        f"{R}.task_towers[tower_name=ctr].num_class=3",
    ]
    columns = [f'data_config.input_fields+={{ input_name: "t{at}" input_type: FLOAT }}' for at in range(3)]
    columns += [f"data_config.label_fields+=t{at}" for at in range(3)]
    three = [
        'model_config.kd+={ pred_name: "logits_ctr" soft_label_names: ["t0", "t1", "t2"]'
        " loss_type: KL_DIVERGENCE_LOSS }"
    ]
    found = report(text, [*classes, *columns, *three])
    assert found == []
    two = [three[0].replace(', "t2"', "")]
    found = report(text, [*classes, *columns, *two])
    assert any("logits_ctr has 3 classes; expected soft_label_names with a column for each" in line for line in found)
    binary = [three[0].replace("KL_DIVERGENCE_LOSS", "BINARY_CROSS_ENTROPY_LOSS")]
    assert any("is of one logit, and logits_ctr has 3" in line for line in report(text, [*classes, *columns, *binary]))
