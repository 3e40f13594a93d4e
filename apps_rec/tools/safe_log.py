"""What the log may hold: no credentials, and nothing that a terminal obeys."""

from __future__ import annotations

import logging

from apps_rec.errors import shown


class _Shown(logging.Filter):
    """Puts the text that `shown` makes of a message in its place, for every handler."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = shown(record.getMessage()), ()
        return True


def keep_log_safe() -> None:
    """Sets this up for the logger "apps_rec", once."""
    logger = logging.getLogger("apps_rec")
    if not any(isinstance(each, _Shown) for each in logger.filters):
        logger.addFilter(_Shown())
