"""One page of HTML on what check-data found, which needs no other file and no network."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from apps_rec.errors import shown
from apps_rec.pages import head
from apps_rec.profile.findings.finding import DataReport
from apps_rec.profile.findings.show import LEGENDS, summary, tables_of

# Longer cells are broken into lines.
_LONG = 30


def html_of(report: DataReport) -> str:
    """Returns the page: findings, the tables of the terminal, the columns of each file, and how it was measured."""
    findings = [(one.level, one.check, one.where, one.text) for one in report.findings]
    body = [_table(("level", "check", "where", "what"), findings, [one.level for one in report.findings])]
    for title, (names, rows) in tables_of(report).items():
        if rows:
            body += [f"<h2>{title}</h2>", _table(names, rows)]
            body += [f"<p>{_text(' '.join(LEGENDS[title]))}</p>"] if title in LEGENDS else []
    files = [
        (file.path, ", ".join(f"{name} {stored}".rstrip() for name, stored in file.types.items()))
        for file in report.schemas
    ]
    body += ["<h2>files</h2>", _table(("file", "columns"), files), "<h2>how it was measured</h2>", "<ul>"]
    body += [*(f"<li>{_text(remark)}</li>" for remark in report.remarks), "</ul>"]
    title = _text(summary(report))
    return f"{head(title)}</head>\n<body><h1>{title}</h1>\n" + "\n".join(body) + "\n</body></html>\n"


def _table(names: Sequence[str], rows: Sequence[Sequence[str]], classes: Sequence[str] = ()) -> str:
    lines = ['<div class="wide"><table><tr>' + "".join(f"<th>{_text(cell)}</th>" for cell in names) + "</tr>"]
    for at, row in enumerate(rows):
        named = f' class="{classes[at]}"' if classes else ""
        lines.append(f"<tr{named}>" + "".join(map(_cell, row)) + "</tr>")
    return "\n".join([*lines, "</table></div>"])


def _cell(cell: str) -> str:
    named = ' class="long"' if len(cell) > _LONG else ""
    return f"<td{named}>{_text(cell)}</td>"


def _text(text: str) -> str:
    return escape(shown(text))
