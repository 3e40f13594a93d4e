"""Keeps credentials, and characters that a terminal obeys, out of the log."""

from __future__ import annotations

import logging

from apps_rec.errors import shown


class _Shown(logging.Filter):
    """Replaces each message by its `shown` text, for every handler."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = shown(record.getMessage()), ()
        return True


def keep_log_safe() -> None:
    """Sets up the replacement for the logger "apps_rec", once."""
    logger = logging.getLogger("apps_rec")
    if not any(isinstance(each, _Shown) for each in logger.filters):
        logger.addFilter(_Shown())
