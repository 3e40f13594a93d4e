"""Every field and every value of an enum of EasyRec has a verdict and a reason, and the verdict is kept."""

import csv
import os
from pathlib import Path

import pytest

from apps_rec.config.easyrec.names import ALSO, easyrec_name
from apps_rec.config.easyrec.table import TABLE, fields_of, messages_with, used_lines, verdict_of
from apps_rec.config.easyrec.verdict import NOTED, REFUSED, USED
from apps_rec.protos import data_pb2, model_pb2, network_pb2, train_pb2
from apps_rec.protos.pipeline_pb2 import PipelineConfig

SHARED = Path(os.environ.get("APPS_REC_SHARED", Path(__file__).parents[4] / "shared" / "data")).parent
FIELDS = SHARED / "design" / "easyrec-fields.tsv"


def described():
    """The descriptors of all messages and enums that a config of ours may hold, by EasyRec's names."""
    messages, enums, todo = {}, {}, [PipelineConfig.DESCRIPTOR]
    while todo:
        message = todo.pop()
        if messages.setdefault(easyrec_name(message), message) is message:
            new = [f.message_type for f in message.fields if f.message_type]
            todo += [one for one in new if easyrec_name(one) not in messages]
            enums |= {easyrec_name(f.enum_type): f.enum_type for f in message.fields if f.enum_type}
    return messages | {other: messages[one] for other, one in ALSO.items()}, enums


MESSAGES, ENUMS = described()
ROWS = [(message, name, verdict) for message, rows in TABLE.items() for name, verdict in rows.items()]


@pytest.mark.skipif(not FIELDS.exists(), reason="the list of EasyRec's fields is not here")
def test_no_field_of_easyrec_is_without_verdict_and_reason():
    with open(FIELDS, encoding="utf-8") as file:
        fields = list(csv.DictReader(file, delimiter="\t"))
    names = []
    for row in fields:
        if row["field"] == "(enum)":
            values = row["number"] or row["default"]
            names += [(row["message"], value.partition("=")[0]) for value in values.split()]
        elif row["message"] != "message":
            names.append((row["message"], row["field"]))
    assert len(names) > 600
    assert [pair for pair in names if not TABLE.get(pair[0], {}).get(pair[1])] == []


def test_the_table_does_not_shrink():
    assert len(TABLE) >= 88
    assert len(ROWS) >= 602


def test_each_row_has_a_kind_and_a_reason():
    for message, name, verdict in ROWS:
        assert verdict.kind in (USED, NOTED, REFUSED), (message, name)
        assert len(verdict.reason) > 10, (message, name)
        # It is the end of a sentence, which gets its full stop where it is shown.
        assert not verdict.reason.endswith("."), (message, name)
        assert bool(verdict.harmless) == bool(verdict.because), (message, name)
        assert not verdict.harmless or verdict.kind == REFUSED, (message, name)


def test_what_is_used_is_declared_and_the_other_way_round():
    for message, name, verdict in ROWS:
        if message in MESSAGES:
            assert (name in MESSAGES[message].fields_by_name) == (verdict.kind == USED), (message, name)
        elif message in ENUMS:
            assert (name in ENUMS[message].values_by_name) == (verdict.kind == USED), (message, name)
            assert not verdict.reads_as or verdict.reads_as in ENUMS[message].values_by_name, (message, name)
        else:
            assert verdict.kind != USED, (message, name)


def test_our_names_lead_to_easyrecs():
    field = data_pb2.DataConfig.Field.DESCRIPTOR
    assert easyrec_name(field) == "DatasetConfig.Field"
    assert easyrec_name(train_pb2.TrainConfig.DESCRIPTOR) == "TrainConfig"
    assert easyrec_name(model_pb2.FeatureGroup.WideOrDeep.DESCRIPTOR) == "WideOrDeep"
    assert verdict_of(field, "user_define_fn").kind == REFUSED
    assert verdict_of(field, "column_name") is None
    assert verdict_of(data_pb2.DataConfig.InputType.DESCRIPTOR, "CSVInputEx").reads_as == "CSVInput"
    # A message that only we have.
    assert fields_of(model_pb2.RankModel.DESCRIPTOR) == {}
    assert messages_with("uid_field") == ["GAUC"]
    # One message of ours for two of EasyRec's.
    assert verdict_of(network_pb2.TaskTower.DESCRIPTOR, "relation_dnn") is TABLE["BayesTaskTower"]["relation_dnn"]
    assert "relation_dnn" not in TABLE["TaskTower"]


def test_lines_of_what_is_used():
    lines = used_lines(
        {("apps_rec.protos.DataConfig.Field", "input_name"): 3, ("apps_rec.protos.TrainConfig", "seed"): 1}
    )
    assert lines == [
        "used: DatasetConfig.Field.input_name (3 times): as in EasyRec",
        "used: TrainConfig.seed: a field of this package alone",
    ]
