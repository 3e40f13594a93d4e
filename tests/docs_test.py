"""The documents are true: their configs load, their paths exist, their commands are commands."""

import argparse
import re
import shlex
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest
from google.protobuf import text_format
from tensorflow_serving.config.model_server_config_pb2 import ModelServerConfig

from apps_rec.cli.main import build_parser
from apps_rec.config.load import parse_text
from apps_rec.protos import data_pb2, eval_pb2, export_pb2, model_pb2, network_pb2, pipeline_pb2, train_pb2

ROOT = Path(__file__).parents[1]
CONFIG_GUIDE = ROOT / "docs/config.md"
DOCUMENTS = [*ROOT.glob("README.md"), *sorted(ROOT.glob("docs/**/*.md")), *ROOT.glob("clients/*/README.md")]
MESSAGES = {
    "DataConfig": data_pb2.DataConfig,
    "EvalConfig": eval_pb2.EvalConfig,
    "ExportConfig": export_pb2.ExportConfig,
    "ModelConfig": model_pb2.ModelConfig,
    "Funnel": model_pb2.Funnel,
    "PipelineConfig": pipeline_pb2.PipelineConfig,
    "TaskTower": network_pb2.TaskTower,
    "TrainConfig": train_pb2.TrainConfig,
}

FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
# A path below a folder of the repository, wherever it is written; `<version>` and the like stand for something else.
PATH = re.compile(r"(?<![\w./-])(?:\.ci|apps_rec|benchmarks|clients|docs|protos|samples|tests)/[\w./*{},<>-]*")
# To the end of the line, and looked at only, so that a second command of a line is found too.
COMMAND = re.compile(r"(?<![\w-])apps-rec[ \t]+(?=([a-z-][^\n]*))")
PLACEHOLDER = re.compile(r"<[\w ]+>|\.\.\.")
SHELL_OPERATORS = {"&&", "||", "|", ";", ">", "<", "&", "(", ")"}


def fenced(document, kind):
    """Pairs of line number and text of the blocks of a kind: the words behind the three quotes."""
    text = document.read_text(encoding="utf-8")
    return [(text.count("\n", 0, m.start()) + 1, m[2]) for m in FENCE.finditer(text) if m[1].strip() == kind]


COMPLETE = fenced(CONFIG_GUIDE, "proto-config")
MODELS = fenced(CONFIG_GUIDE, "proto-model")
MODELS_EXPLAINED = fenced(ROOT / "docs/models.md", "proto-model")


def by_line(blocks):
    return [pytest.param(text, id=f"line{line}") for line, text in blocks]


def with_model(text):
    """The guide's first config with another model_config: everything but that stands before it."""
    before, found, _ = COMPLETE[0][1].partition("\nmodel_config {")
    assert found
    return f"{before}\n{text}"


@pytest.mark.parametrize("text", by_line(COMPLETE))
def test_a_complete_config_has_no_mistake_and_no_warning(text):
    assert parse_text(text).warnings == []


@pytest.mark.parametrize("text", by_line([*MODELS, *MODELS_EXPLAINED]))
def test_a_model_fits_the_first_config(text):
    assert parse_text(with_model(text)).warnings == []


def test_a_shorthand_is_rewritten_to_what_the_guide_shows():
    pairs = list(zip(MODELS, fenced(CONFIG_GUIDE, 'proto-model title="the same"'), strict=True))
    assert pairs
    for (_, short), (_, long) in pairs:
        assert parse_text(with_model(short)).message == parse_text(with_model(long)).message


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param(name, text, id=f"{name}-line{n}")
        for name in MESSAGES
        for n, text in fenced(CONFIG_GUIDE, f'proto title="{name}"')
    ],
)
def test_a_part_is_a_message_of_its_name(name, text):
    assert text_format.Parse(text, MESSAGES[name]()).ListFields()


def test_a_file_of_models_is_a_message_of_tensorflow_serving():
    ((_, text),) = fenced(ROOT / "docs/serving.md", 'proto title="ModelServerConfig"')
    (model,) = text_format.Parse(text, ModelServerConfig()).model_config_list.config
    served = list(model.model_version_policy.specific.versions)
    assert sorted(model.version_labels.values()) == served


def test_every_block_of_proto_text_is_checked():
    kinds = {match[1].strip() for match in FENCE.finditer(CONFIG_GUIDE.read_text(encoding="utf-8"))}
    assert kinds <= {
        "",
        "proto-config",
        "proto-model",
        'proto-model title="the same"',
        *(f'proto title="{name}"' for name in MESSAGES),
    }


def test_the_overrides_of_the_guide_reach_its_first_config():
    overrides = [
        build_parser().parse_args(words).set
        for words, _ in commands(CONFIG_GUIDE)
        if "my.config" in words and "--set" in words
    ]
    assert len(overrides) > 3
    for assignments in overrides:
        parse_text(COMPLETE[0][1], "my.config", assignments)


def expand(path):
    """`a/{b,c}.x` -> `a/b.x` and `a/c.x`."""
    parts = re.split(r"\{([^}]*)\}", path)
    choices = [part.split(",") if at % 2 else [part] for at, part in enumerate(parts)]
    return ["".join(choice) for choice in product(*choices)]


def paths(text):
    named = {match[0].rstrip(".,") for match in PATH.finditer(text)}
    return sorted(path for name in named if "<" not in name for path in expand(name))


def anchor(heading):
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.replace("`", "").strip().lower()).replace(" ", "-")


def test_paths_are_found_in_text():
    text = "See `samples/a/{b,c}.config`, docs/x.md. Not out/samples/y or tests/<name>.py."
    assert paths(text) == ["docs/x.md", "samples/a/b.config", "samples/a/c.config"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_paths_that_a_document_names_exist(document):
    text = document.read_text(encoding="utf-8")
    missing = [path for path in paths(text) if not any(ROOT.glob(path.rstrip("/")))]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_of_a_document_lead_somewhere(document):
    missing = []
    for target in LINK.findall(document.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, part = target.partition("#")
        page = document.parent / name if name else document
        headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE) if part else []
        if not page.exists() or (part and part not in map(anchor, headings)):
            missing.append(target)
    assert missing == []


def commands(document):
    """Each `apps-rec` command of a document as its words, and whether it stands in a line of text."""
    text = document.read_text(encoding="utf-8")
    for match in FENCE.finditer(text):
        yield from ((words, False) for words in split_commands(match[2]))
    rest = FENCE.sub("", text)
    for line in re.findall(r"^    .*$", rest, re.MULTILINE):
        yield from ((words, False) for words in split_commands(line))
    for code in re.findall(r"`([^`\n]+)`", re.sub(r"^    .*$", "", rest, flags=re.MULTILINE)):
        # `train CONFIG [--resume \| --restart]`: each of the choices by itself.
        choices = re.search(r"\[([^]]*)\]", code) if "--set" not in code else None
        for choice in re.split(r"\\?\|", choices[1]) if choices else [""]:
            yield from (
                (words, True) for words in split_commands(code.replace(choices[0], choice) if choices else code)
            )


def split_commands(text):
    for match in COMMAND.finditer(text.replace("\\\n", " ")):
        line = re.split(r"\s#", PLACEHOLDER.sub("X", match[1]))[0]
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.commenters, lexer.whitespace_split = "", True
        words = []
        for word in lexer:
            if word in SHELL_OPERATORS:
                break
            words.append(word)
        yield words


def problem(words, may_be_a_name):
    """What the command line says about words, nothing where it takes them."""
    if may_be_a_name and not any(word.startswith("-") for word in words) and len(words) <= 2:
        # `apps-rec train`, `apps-rec simulate store`: the command by its name.
        try:
            build_parser().parse_args([*words, "--help"])
        except SystemExit as end:
            return "" if end.code == 0 else "no such command"
    try:
        build_parser().parse_args(words)
    except SystemExit as end:
        return "" if end.code == 0 else "not taken"
    except argparse.ArgumentError as error:
        return str(error)
    return ""


def test_commands_are_split_as_a_shell_would():
    text = (
        "    apps-rec train a.config --set 'x[n=b].c={ d }' && apps-rec export a.config \\\n  -o out/<version>  # don't"
    )
    assert list(split_commands(text)) == [
        ["train", "a.config", "--set", "x[n=b].c={ d }"],
        ["export", "a.config", "-o", "out/X"],
    ]


@pytest.mark.parametrize(
    ("words", "may_be_a_name", "is_right"),
    [
        (["train", "a.config", "--resume"], False, True),
        (["train"], True, True),
        (["train"], False, False),
        (["trian"], True, False),
        (["train", "a.config", "--resum-e"], False, False),
        (["simulate", "store"], True, True),
        (["--version"], False, True),
    ],
)
def test_commands_are_judged_by_the_parser(words, may_be_a_name, is_right, capsys):
    assert (problem(words, may_be_a_name) == "") == is_right


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_of_a_document_are_taken(document, capsys):
    wrong = [" ".join(words) for words, in_text in commands(document) if problem(words, in_text)]
    assert wrong == [], capsys.readouterr().err


def test_the_parser_needs_no_tensorflow():
    code = "import sys, apps_rec.cli.main; sys.exit('tensorflow' in sys.modules or 'pyarrow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
