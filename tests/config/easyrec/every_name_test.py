"""A name that EasyRec has is never taken for a slip, and inputs that are not read are refused in so many words."""

import os
from pathlib import Path

import pytest

from apps_rec.cli.main import main
from apps_rec.config.easyrec.names import ALSO, easyrec_name
from apps_rec.config.easyrec.table import TABLE
from apps_rec.config.report import Places, Report
from apps_rec.config.text.parse import parse_text
from apps_rec.protos.pipeline_pb2 import PipelineConfig

SHARED = Path(os.environ.get("APPS_REC_SHARED", Path(__file__).parents[4] / "shared" / "data")).parent
FIELDS = SHARED / "design" / "easyrec-fields.tsv"
VALUES = {"string": "'x'", "bool": "true", "float": "0.5", "double": "0.5"}
WHOLE = {"uint32", "uint64", "int32", "int64"}


def places():
    """Names of fields that lead to each message of EasyRec that is one of ours too."""
    found = {"EasyRecConfig": ()}
    left = [(PipelineConfig.DESCRIPTOR, ())]
    while left:
        descriptor, path = left.pop(0)
        for field in descriptor.fields:
            if field.message_type is not None and easyrec_name(field.message_type) not in found:
                found[easyrec_name(field.message_type)] = (*path, field.name)
                left.append((field.message_type, (*path, field.name)))
    return found | {theirs: found[ours] for theirs, ours in ALSO.items()}


def value(kind):
    if kind in VALUES:
        return f": {VALUES[kind]}"
    if kind in WHOLE:
        return ": 1"
    values = TABLE.get(kind) or TABLE.get(f"DatasetConfig.{kind}") or TABLE.get(f"FeatureConfig.{kind}") or {}
    is_enum = bool(values) and all(name[0].isupper() for name in values)
    return f": {next(iter(values))}" if is_enum else " { }"


@pytest.mark.skipif(not FIELDS.exists(), reason="the list of EasyRec's fields is not here")
def test_no_name_of_easyrec_is_taken_for_a_slip():
    known, asked = places(), 0
    for line in FIELDS.read_text(encoding="utf-8").splitlines()[1:]:
        message, field, _, kind = line.split("\t")[:4]
        if message not in known:
            continue
        text = f"{field}{value(kind)}"
        for name in reversed(known[message]):
            text = f"{name} {{ {text} }}"
        report = Report(Places("a.config"))
        parse_text(text, PipelineConfig(), report)
        wrong = [one for one in report.errors if "unknown name" in one or "Did you mean" in one or "belongs" in one]
        assert not wrong, text
        asked += 1
    assert asked > 300


@pytest.mark.parametrize(
    ("inputs", "kind", "said"),
    [
        ('kafka_train_input {{ server: "a:1" topic: "t" group: "g" }}', "KafkaInput", "name them in train_input_path"),
        ('datahub_train_input {{ endpoint: "a" topic: "t" }}', "DataHubInput", "name them in train_input_path"),
        ('hive_train_input {{ host: "a" table_name: "t" }}', "HiveInput", "name their files in train_input_path"),
        ('binary_train_input {{ category_path: "a" }}', "CriteoInput", "name them in train_input_path"),
        ('train_input_path: "odps://p/tables/t"', "OdpsInputV3", "unload them to files, and write CSVInput"),
    ],
)
def test_inputs_that_are_not_read_are_refused(tiny, capsys, inputs, kind, said):
    text = tiny.config.read_text(encoding="utf-8")
    for old, new in (
        ('train_input_path: "train.csv"', inputs.replace("{{", "{").replace("}}", "}")),
        ("CSVInput", kind),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    tiny.config.write_text(text, encoding="utf-8")
    assert main(["check", "tiny.config"]) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if "fields used" not in line]
    assert any(said in line for line in lines)
    assert all("refused" in line or "without a scheme" in line for line in lines), lines
    assert len(lines) == 2
