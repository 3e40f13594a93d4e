"""Words for a message on a text that is no number: what it most likely is, and what reads it."""

from __future__ import annotations

import re

_HINTS = (
    (
        r"[-+]?(\d+|\d{1,3}(\.\d{3})+),\d+",
        'a decimal comma is read by data_config.decimal_separator: "," of CSV files, and predict --decimal-separator',
    ),
    (
        r"(?i)null|none|n/?a|nil|\\n|#n/a|-+|\?",
        "a word for a missing value is read by data_config.null_words of CSV files, and predict --null-words",
    ),
    (r"\d{4}-\d\d?-\d\d?([T ].*)?|\d\d?[./]\d\d?[./]\d{4}.*", "a date or time is read as text, input_type: STRING"),
    (r"(?i)yes|no|y|n|t|f", "of words true and false alone are numbers, 1 and 0"),
    (r"[-+]?[\d.,\s]+\s?(%|€|\$|£|¥|元)|(€|\$|£|¥)\s?[\d.,\s]+", "a number has no unit"),
    (r"[-+]?\d{1,3}([ ,'\u00a0\u202f]\d{3})+(\.\d+)?", "a number has no marks between its thousands"),
)


def number_hint(text: str) -> str:
    """Returns the end of a message on a text that is no number; "" where nothing is known of it.

    Example:
        >>> number_hint("4,99")
        '; a decimal comma is read by data_config.decimal_separator: "," of CSV files, and predict --decimal-separator'
        >>> number_hint("cheap")
        ''
    """
    hint = next((hint for pattern, hint in _HINTS if re.fullmatch(pattern, text.strip())), None)
    return f"; {hint}" if hint else ""
