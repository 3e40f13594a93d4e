"""The log where the program has none."""

import logging

import pytest

from apps_rec.tools.log import show_log


@pytest.fixture
def bare(monkeypatch):
    """Return what makes of this a program that has set nothing up, in the test itself: pytest has handlers."""

    def strip():
        logger = logging.getLogger("apps_rec")
        monkeypatch.setattr(logging.getLogger(), "handlers", [])
        monkeypatch.setattr(logger, "handlers", [])
        monkeypatch.setattr(logger, "propagate", True)
        logger.setLevel(logging.NOTSET)
        return logger

    return strip


def test_progress_is_shown(bare, capsys):
    logger = bare()
    show_log()
    show_log()
    logger.info("step 1")
    assert capsys.readouterr().err == "step 1\n"
    # A notebook's cell has another sys.stderr, as capsys has now.
    logging.getLogger("apps_rec.data").warning("10 rows")
    assert capsys.readouterr().err == "10 rows\n"


def test_a_log_that_was_set_up_is_left_alone(bare, capsys):
    logger = bare()
    handler = logging.NullHandler()
    logging.getLogger().handlers.append(handler)
    show_log()
    assert (logger.handlers, logger.level, logger.propagate) == ([], logging.NOTSET, True)


def test_a_level_of_the_users_own_stays(bare, capsys):
    logger = bare()
    logger.setLevel(logging.WARNING)
    show_log()
    logger.info("step 1")
    logger.warning("careful")
    assert capsys.readouterr().err == "careful\n"
