"""docs/reference/ is what `make docs` writes of protos/: all has a comment there, and `required` is true."""

import subprocess
from pathlib import Path

import pytest
from google.protobuf import text_format
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from apps_rec.config.load import parse_text
from apps_rec.errors import ConfigError
from apps_rec.plugins import CustomBody, CustomLoss
from apps_rec.plugins.tables import put
from apps_rec.protos import options_pb2
from apps_rec.protos.pipeline_pb2 import PipelineConfig
from tests.docs_test import COMPLETE, MODELS, with_model
from tests.website.required import MORE
from website.reference import pages, parts

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs/reference"


@pytest.fixture(scope="module")
def descriptors(tmp_path_factory):
    if not (ROOT / ".venv-protos/.installed").exists():
        pytest.skip("grpc_tools is not installed: `make .venv-protos/.installed` does that")
    file = tmp_path_factory.mktemp("protos") / "descriptors"
    command = ["make", "--no-print-directory", "descriptors", f"DESCRIPTORS={file}"]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    return FileDescriptorSet.FromString(file.read_bytes())


def test_the_pages_are_what_make_docs_writes(descriptors):
    written = {page.name: page.read_text(encoding="utf-8") for page in FOLDER.glob("*.md")}
    assert written == pages(descriptors), "run `make docs`"


def test_every_message_field_and_value_has_a_comment(descriptors):
    found = parts(descriptors)
    without = [part.name for part in found if not part.comment]
    without += [f"{part.name}.{one.name}" for part in found for one, comment in part.fields if not comment]
    assert without == []
    assert sum(len(part.fields) for part in found) > 500


def test_rows_of_the_pages():
    data, train = ((FOLDER / f"{name}.md").read_text(encoding="utf-8").splitlines() for name in ("data", "train"))
    assert (
        "| `shuffle_buffer_size` | whole number | `65536`; more than 0 | Rows in the shuffling window: read in file"
        " order, handed out in random order. | the default is 65536, EasyRec's is 32 |"
    ) in data
    assert "| `beta1` | number | `0.9`; in [0, 1) | Share of the first moment that stays in a step. | _same_ |" in train
    assert "EasyRec calls it DatasetConfig." in data


def required_fields(message, path=()):
    """Places in a message at which a required field is given: the path to it, its last part a name."""
    for described, value in message.ListFields():
        inner = [] if described.message_type is None else (list(value) if described.is_repeated else [value])
        if described.GetOptions().Extensions[options_pb2.required]:
            yield (*path, described.name)
        for at, one in enumerate(inner):
            yield from required_fields(
                one, (*path, described.name, at) if described.is_repeated else (*path, described.name)
            )


def holder(message, path):
    for part in path[:-1]:
        message = message[part] if isinstance(part, int) else getattr(message, part)
    return message


def all_required():
    """Full names of the fields that are marked, of all messages of a config."""
    found, seen, left = set(), set(), [PipelineConfig.DESCRIPTOR]
    while left:
        message = left.pop()
        seen.add(message.full_name)
        for described in message.fields:
            if described.GetOptions().Extensions[options_pb2.required]:
                found.add(described.full_name)
            if described.message_type is not None and described.message_type.full_name not in seen:
                left.append(described.message_type)
    return found


def configs():
    for text in [text for _, text in COMPLETE] + [with_model(text) for _, text in MODELS]:
        yield text_format.Parse(text, PipelineConfig())
    for fragment in MORE:
        whole = text_format.Parse(COMPLETE[0][1], PipelineConfig())
        if "model_config" in fragment:
            whole.ClearField("model_config")
        yield text_format.Merge(fragment, whole)


def test_without_a_required_field_a_config_has_a_mistake(own_plugins):
    put("my_team", {"mine": CustomBody(print, {"units": 8})}, {"mine": CustomLoss(print)})
    tried, silent = set(), []
    for whole in configs():
        parse_text(text_format.MessageToString(whole, as_utf8=True))
        for path in required_fields(whole):
            name = holder(whole, path).DESCRIPTOR.fields_by_name[path[-1]].full_name
            if name in tried:
                continue
            tried.add(name)
            less = PipelineConfig()
            less.CopyFrom(whole)
            holder(less, path).ClearField(path[-1])
            try:
                parse_text(text_format.MessageToString(less, as_utf8=True))
                silent.append(name)
            except ConfigError:
                pass
    assert (silent, sorted(all_required() - tried)) == ([], [])
