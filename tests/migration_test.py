"""The configs of docs/migration.md are imported, and its short outputs are what the commands print."""

import re
from pathlib import Path

import pytest

from apps_rec.config import load_config
from tests.cli.commands import run

TEXT = (Path(__file__).parents[1] / "docs/migration.md").read_text(encoding="utf-8")


def blocks(kind):
    return re.findall(rf"^```{kind}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, kind in (("easyrec", "easyrec-config"), ("torch", "torcheasyrec-config")):
        (text,) = blocks(kind)
        (tmp_path / f"{name}.config").write_text(text, encoding="utf-8")
    return tmp_path


def test_what_check_says(folder, capsys):
    code, out, _ = run(capsys, "check", "easyrec.config")
    assert (code, [out]) == (0, blocks("easyrec-check"))
    code, _, err = run(capsys, "check", "torch.config")
    assert (code, [err]) == (2, blocks("torcheasyrec-check"))


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("easyrec", ["easyrec.config", "-o", "my.config"]),
        ("torcheasyrec", ["torch.config", "-o", "my_torch.config", "--lists", "tags"]),
    ],
)
def test_what_import_writes(folder, capsys, kind, words):
    assert f"    apps-rec import-easyrec {' '.join(words)}\n" in TEXT
    code, _, err = run(capsys, "import-easyrec", *words)
    assert (code, err) == (0, "".join(blocks(f"{kind}-warning")))
    written = (folder / words[2]).read_text(encoding="utf-8")
    shown = blocks(f"{kind}-imported")
    assert shown
    assert all(part in written for part in shown)
    assert load_config(words[2], files_here=False).warnings == []
