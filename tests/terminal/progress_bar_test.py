"""Bars: what a terminal shows, and that nothing else sees them."""

import io
import logging
import re
import threading

import pytest

from apps_rec.terminal import progress_bar
from apps_rec.terminal.progress_bar import Bar, bars_on_terminal
from apps_rec.tools.log import ToStderr


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr(progress_bar, "_SECONDS_BETWEEN_CHANGES", 0.0)
    return Terminal()


def plain(terminal):
    """What was written, less the codes that move the cursor and colour."""
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", terminal.getvalue())


class Recorded:
    """Stands for rich's bars: keeps what a bar is told."""

    def __init__(self):
        self.told = []

    def update(self, task, **fields):
        self.told.append(fields)


def test_a_bar_says_share_and_rate_but_not_more_often_than_anybody_sees():
    times = iter([0.0, 0.1, 1.0, 2.0])
    recorded = Recorded()
    bar = Bar((recorded, 0), clock=lambda: next(times))
    bar.add(10, 0.1)  # at 0.1 s: too soon
    bar.add(90, 0.5)
    bar.add(100)
    assert bar.rows == 200
    assert recorded.told == [{"total": 1.0, "completed": 0.5, "rate": "100 rows/s"}, {"rate": "100 rows/s"}]


def test_the_first_step_does_not_count_for_the_rate():
    times = iter([0.0, 60.0, 61.0])
    recorded = Recorded()
    bar = Bar((recorded, 0), clock=lambda: next(times))
    bar.skip_start()
    bar.add(500, 0.5)
    assert recorded.told[0]["rate"] == "500 rows/s"


def test_a_terminal_shows_the_bar_and_lines_above_it_and_is_left_clean(terminal, monkeypatch):
    monkeypatch.setattr("sys.stderr", terminal)
    handler = ToStderr()
    with bars_on_terminal(), progress_bar.progress_bar("training") as bar:
        assert bar.is_shown
        bar.add(1000, 0.25)
        with progress_bar.progress_bar("measuring") as inner:
            inner.add(7)
            progress_bar._terminal._progress.refresh()
        handler.handle(handler_record("step 10"))
    text = plain(terminal)
    assert "training" in text
    assert "25%" in text
    assert "measuring" in text
    assert "step 10\n" in text
    # The cursor is shown again, and no thread goes on drawing.
    assert terminal.getvalue().rindex("\x1b[?25h") > terminal.getvalue().rindex("\x1b[?25l")
    assert progress_bar._terminal is None
    drawing = [thread for thread in threading.enumerate() if "Refresh" in type(thread).__name__]
    for thread in drawing:
        thread.join(5)
    assert not any(thread.is_alive() for thread in drawing)


def handler_record(text):
    return logging.LogRecord("apps_rec", logging.INFO, "", 0, text, None, None)


def test_a_bar_ends_with_the_error_of_its_pass(terminal):
    with (
        pytest.raises(KeyboardInterrupt),
        bars_on_terminal(terminal),
        progress_bar.progress_bar("scoring"),
    ):
        raise KeyboardInterrupt
    assert progress_bar._terminal is None
    assert terminal.getvalue().rindex("\x1b[?25h") > terminal.getvalue().rindex("\x1b[?25l")


def test_a_file_gets_no_bar():
    log = io.StringIO()
    with bars_on_terminal(log), progress_bar.progress_bar("training") as bar:
        bar.add(5, 0.5)
        assert not bar.is_shown
    assert log.getvalue() == ""
    assert bar.rows == 5


def test_commands_show_bars_on_a_terminal(terminal, monkeypatch, trained_small, capsys):
    from apps_rec.cli.main import main

    monkeypatch.setattr("sys.stderr", terminal)
    assert main(["evaluate", "tiny.config"]) == 0
    text = plain(terminal)
    assert "measuring" in text
    # 200 rows before the filter.
    assert " 90% " in text
    assert "rows/s" in text
    assert "calibration" in capsys.readouterr().out
