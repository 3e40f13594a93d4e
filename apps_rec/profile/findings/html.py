"""One page of HTML on what check-data found, which needs no other file and no network."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from apps_rec.errors import shown
from apps_rec.profile.findings.finding import DataReport
from apps_rec.profile.findings.show import LEGENDS, summary, tables_of

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; color: #222 }
table { border-collapse: collapse; margin: .5rem 0 1.5rem; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid #ddd; vertical-align: top }
tr.error td:first-child { color: #b00020; font-weight: 600 }
tr.warning td:first-child { color: #a65b00; font-weight: 600 }
"""


def html_of(report: DataReport) -> str:
    """Returns the page: findings, the tables of the terminal, the columns of each file, and how it was measured."""
    findings = [(one.level, one.check, one.where, one.text) for one in report.findings]
    body = [_table(("level", "check", "where", "what"), findings, [one.level for one in report.findings])]
    for title, (head, rows) in tables_of(report).items():
        if rows:
            body += [f"<h2>{title}</h2>", _table(head, rows)]
            body += [f"<p>{_text(' '.join(LEGENDS[title]))}</p>"] if title in LEGENDS else []
    files = [
        (file.path, ", ".join(f"{name} {stored}".rstrip() for name, stored in file.types.items()))
        for file in report.schemas
    ]
    body += ["<h2>files</h2>", _table(("file", "columns"), files), "<h2>how it was measured</h2>", "<ul>"]
    body += [*(f"<li>{_text(remark)}</li>" for remark in report.remarks), "</ul>"]
    title = _text(summary(report))
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{title}</title><style>{_STYLE}</style></head>\n<body><h1>{title}</h1>\n"
        + "\n".join(body)
        + "\n</body></html>\n"
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], classes: Sequence[str] = ()) -> str:
    lines = ["<table><tr>" + "".join(f"<th>{_text(cell)}</th>" for cell in head) + "</tr>"]
    for at, row in enumerate(rows):
        named = f' class="{classes[at]}"' if classes else ""
        lines.append(f"<tr{named}>" + "".join(f"<td>{_text(cell)}</td>" for cell in row) + "</tr>")
    return "\n".join([*lines, "</table>"])


def _text(text: str) -> str:
    return escape(shown(text))
