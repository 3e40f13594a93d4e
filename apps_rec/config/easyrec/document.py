"""docs/easyrec-fields.md, made of the table: `python -m apps_rec.config.easyrec.document` prints it."""

from __future__ import annotations

from apps_rec.config.easyrec.rows import FAMILIES
from apps_rec.config.easyrec.verdict import Verdict

_HEAD = """\
# EasyRec's fields, and what becomes of each

Written by `make docs` from the table that `apps-rec check` reads (`apps_rec/config/easyrec/rows/`); change it there.

A config of EasyRec is read as it stands. Each of its fields, and each value of its enums, has one of three verdicts:

- **used**: it is obeyed. Where its meaning differs, the last column says in what.
- **noted**: it changes nothing here. `apps-rec check` says so in a line, and every command goes on.
- **refused**: it would change the result, and is not obeyed. It is an error that says what to write instead. Some are
  refused but with certain values: with those they change nothing, and are noted.
"""


def document() -> str:
    """Returns the text of docs/easyrec-fields.md."""
    parts = [_HEAD]
    for heading, messages in FAMILIES.items():
        parts.append(f"## {heading}\n")
        for message, rows in messages.items():
            lines = [f"| {message} | verdict | |", "| --- | --- | --- |"]
            lines += [f"| `{name}` | {_kind(verdict)} | {_reason(verdict)} |" for name, verdict in rows.items()]
            parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _kind(verdict: Verdict) -> str:
    return f"{verdict.kind}, or noted" if verdict.harmless else verdict.kind


def _reason(verdict: Verdict) -> str:
    values = " or ".join(f"`{_written(value)}`" for value in verdict.harmless)
    harmless = f". With {values}: {verdict.because}" if values else ""
    return f"{verdict.reason}{harmless}".replace("|", "\\|")


def _written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) or '""'


if __name__ == "__main__":
    print(document(), end="")
