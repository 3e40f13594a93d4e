from apps_rec.config.tasks.corrections import (
    CORRECTIONS,
    correction_as_text,
    corrections_of,
    given_corrections,
    without_corrections,
)
from apps_rec.protos.network_pb2 import TaskTower

LINE = {"logit_knots": [-1.5, 2.0], "logit_values": [-1.0, 3.0]}


def test_every_correction_is_a_plain_value():
    assert list(corrections_of(TaskTower())) == list(CORRECTIONS)
    assert corrections_of(TaskTower()) == {
        "negatives_kept": 1.0,
        "logit_scale": 1.0,
        "logit_shift": 0.0,
        "logit_knots": (),
        "logit_values": (),
    }
    assert corrections_of(TaskTower(**LINE))["logit_knots"] == (-1.5, 2.0)


def test_what_is_as_if_not_written_corrects_nothing():
    assert given_corrections(TaskTower(negatives_kept=1, logit_shift=0)) == {}
    assert correction_as_text(TaskTower(logit_scale=1)) == ""
    assert given_corrections(TaskTower(logit_scale=2)) == {"logit_scale": 2.0}


def test_texts_of_other_corrections_differ():
    tower = TaskTower(negatives_kept=0.25, **LINE)
    assert correction_as_text(tower) == "negatives_kept 0.25 logit_knots -1.5,2 logit_values -1,3"
    # The numbers are float32: nine digits tell any two apart.
    assert correction_as_text(TaskTower(logit_knots=[1.0000001])) == "logit_knots 1.00000012"
    without_corrections(tower)
    assert tower == TaskTower()
