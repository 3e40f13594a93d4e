"""Every block of commands in README.md and docs/ is run by a test, or says in the page why it is not.

A block that nothing is said about is run here as it stands, in the slow suite; one of ELSEWHERE by another test.
"""

import os
import shutil
import subprocess
import sys

import pytest

from tests.website.command_blocks import DOCUMENTS, ROOT, Block, blocks
from tests.website.prepared import PREPARED

# The first command of a block, and the test that runs what it does.
ELSEWHERE = {
    "docs/ab.md": {
        "apps-rec simulate ab": "tests/simulation/experiment_test.py::test_an_export_beats_a_random_order_by_what_the",
    },
    "docs/check-data.md": {
        "apps-rec check-data": "tests/profile/findings/quarantine_test.py::test_exit_codes_and_files_of_the_command",
    },
    "docs/quickstart-zh.md": {"": "tests/website/commands_test.py::test_both_quick_starts_give_the_same_commands"},
    "docs/results.md": {
        "apps-rec simulate store": "tests/samples/appstore_test.py::test_a_full_run_holds_its_bands",
        "python samples/appstore/cvr_study.py": "tests/samples/cvr_study_test.py::test_a_seed_comes_out_again",
        "python samples/task_correlation.py": "tests/samples/task_correlation_test.py::test_a_repeat_comes_out",
        ".venv/bin/python -m pytest -m slow -s tests/training/cost_test.py": "tests/training/cost_test.py::test_",
    },
    "docs/serving.md": {
        "tf=$(": "tests/serving/native_test.py::test_a_program_in_cpp_scores_a_thousand_rows_like_the_live_model",
        "python tests/serving/native/rows.py": "tests/serving/native_test.py::test_a_program_in_cpp_ranks_by_the",
        "pip install ./clients/python": "tests/clients/python/package_test.py::test_it_imports_what_it_declares",
    },
    "docs/tuning.md": {
        "apps-rec tune": "tests/tools/tuning/tune_test.py::test_a_signal_ends_the_study_cleanly",
    },
}

# Commands that a page shows because they fail, and their exit codes.
FAILING = {"apps-rec check torch.config": 2}


def all_blocks():
    return [block for page in DOCUMENTS for block in blocks(page, (ROOT / page).read_text(encoding="utf-8"))]


def elsewhere(block):
    starts = ELSEWHERE.get(block.page, {})
    return next((test for start, test in starts.items() if block.commands[0].startswith(start)), None)


def to_run(page):
    return [b for b in all_blocks() if b.page == page and not b.is_marked and not elsewhere(b)]


def test_every_block_is_run_or_says_why_not():
    pages = {block.page for block in all_blocks() if not block.is_marked and not elsewhere(block)}
    assert pages == set(PREPARED), "prepare what a page's commands read in tests/website/prepared.py, or mark the block"
    assert len(all_blocks()) > 30


def test_what_is_run_elsewhere_is_there():
    for page, starts in ELSEWHERE.items():
        found = [block for block in all_blocks() if block.page == page]
        for start, test in starts.items():
            assert any(not b.is_marked and b.commands[0].startswith(start) for b in found), f"{page}: no block {start}"
            file, _, name = test.partition("::")
            assert f"def {name}" in (ROOT / file).read_text(encoding="utf-8"), test


def test_both_quick_starts_give_the_same_commands():
    english, chinese = (
        [b.commands for b in all_blocks() if b.page == page] for page in ("docs/quickstart.md", "docs/quickstart-zh.md")
    )
    assert english == chinese
    assert len(english) == 5


def test_blocks_by_hand():
    text = "\n".join(
        [
            "Text `apps-rec check`:",
            "",
            "    apps-rec train a.config",
            "",
            "    apps-rec export a.config",
            "",
            "Not tested: it takes a day.",
            "",
            "```",
            "$ apps-rec predict x \\",
            "    -o y",
            "10 rows",
            "$ ls y",
            "```",
            "",
            "```python",
            "make()",
            "```",
            "```",
            "task auc",
            "```",
            "    features { }",
        ]
    )
    assert blocks("a.md", text) == [
        Block("a.md", 3, ("apps-rec train a.config", "apps-rec export a.config"), True),
        Block("a.md", 9, ("apps-rec predict x      -o y", "ls y"), False),
    ]


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """A folder to run in, where `apps-rec` and `python` are this checkout's."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name, command in (("apps-rec", '-m apps_rec "$@"'), ("python", '"$@"')):
        (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {command}\n', encoding="utf-8")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    folder = tmp_path / "folder"
    folder.mkdir()
    return folder


def newest(command, folder):
    """The command without its comment, and with `<version>` filled in: the newest export in the folder before it."""
    command = command.partition(" #")[0]
    while "/<version>" in command:
        before = command.partition("/<version>")[0].split()[-1]
        versions = [version.name for version in (folder / before).glob("[0-9]*")]
        command = command.replace(f"{before}/<version>", f"{before}/{max(versions)}", 1)
    return command


@pytest.mark.slow
@pytest.mark.parametrize("page", list(PREPARED))
def test_the_commands_of_a_page_run_as_they_stand(shell, monkeypatch, page):
    monkeypatch.chdir(shell)
    prepare, one_by_one = PREPARED[page]
    prepare(shell)
    for block in to_run(page):
        for command in block.commands:
            if one_by_one:
                shutil.rmtree(shell / "out", ignore_errors=True)
            line = ["bash", "-ec", newest(command, shell)]
            done = subprocess.run(line, cwd=shell, capture_output=True, text=True, check=False)
            assert done.returncode == FAILING.get(command, 0), (
                f"{page}:{block.line}: {command}\n{done.stdout}\n{done.stderr}"
            )
