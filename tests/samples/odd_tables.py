"""Tables as new users have them: of people, with two labels, and every oddity of the programs that write CSV."""

from __future__ import annotations

import csv
import datetime
import io
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

CODECS = {"": None, ".gz": "gzip", ".zst": "zstd"}


class Form(NamedTuple):
    """How a program writes the table.

    Args:
        ending: ending behind .csv.
        separator, line_end, start: of the text; `start` may be a byte order mark.
        names: names of the columns, for those of `COLUMNS`.
        missing: share of empty cells.
        number: writes a number.
        day: format of days.
        labels: words for no and yes of each label.
    """

    ending: str
    separator: str
    line_end: str
    start: str
    names: tuple[str, ...]
    missing: float
    number: Callable[[float], str]
    day: str
    labels: tuple[tuple[str, str], tuple[str, str]]


def with_commas(value: float) -> str:
    """Writes a number as in Germany: 1.234,50."""
    return f"{value:,.2f}".replace(",", "_").replace(".", ",").replace("_", ".")


COLUMNS = ("number", "age", "work", "education", "job", "sex", "gain", "hours", "day", "note", "income", "single")
SPREADSHEET = Form(
    *(".gz", ";", "\r\n", "\ufeff"),
    ("编号", "年龄", "工作类别", "学历", "职业", "性别", "资本收益", "每周小时", "登记日期", "备注", "收入高", "未婚"),
    *(0.3, with_commas, "%d.%m.%Y", (("否", "是"), ("false", "true"))),
)
# As pandas writes one: its index has no name.
PANDAS = Form(*(".zst", ",", "\n", ""), ("", *COLUMNS[1:]), *(0.3, str, "%Y-%m-%d", (("0", "1"), ("False", "True"))))
SCRIPT = Form(*("", "\t", "\n", ""), COLUMNS, *(0.0, str, "%b %d, %Y", (("no", "yes"), ("N", "Y"))))
FORMS = {"spreadsheet": SPREADSHEET, "pandas": PANDAS, "script": SCRIPT}


def people_of_adult(path: Path, count: int) -> list[dict[str, Any]]:
    """Rows of the Adult data set."""
    rows = pq.read_table(path).slice(0, count).to_pylist()
    return [
        {
            "age": row["age"],
            "work": row["workclass"],
            "education": row["education"],
            "job": row["occupation"],
            "sex": row["sex"],
            "gain": row["capital_gain"],
            "hours": row["hours_per_week"] + 0.5,
            "income": row["y_income"],
            "single": row["y_never_married"],
        }
        for row in rows
    ]


def made_people(count: int) -> list[dict[str, Any]]:
    """Rows of people who do not exist: the old earn more, and are married."""
    draw = random.Random(1)
    made = []
    for _ in range(count):
        age = draw.randrange(18, 80)
        words = {name: f"{name} {draw.randrange(6)}" for name in ("work", "education", "job", "sex")}
        numbers = {"gain": draw.choice((0, draw.randrange(20_000))), "hours": draw.randrange(20, 60) + 0.5}
        labels = {"income": int(draw.random() < age / 100), "single": int(draw.random() < (80 - age) / 100)}
        made.append({"age": age, **words, **numbers, **labels})
    return made


def write(people: list[dict[str, Any]], form: Form, stem: str) -> str:
    """Writes people of sixty days, the first without gaps, as a CSV file of a form; returns its path."""
    draw = random.Random(2)
    text = io.StringIO(newline="")
    rows = csv.writer(text, delimiter=form.separator, lineterminator=form.line_end)
    rows.writerow(form.names)
    first = datetime.date(2026, 1, 1)
    for at, person in enumerate(people):
        note = f'zwei\nZeilen; "{person["sex"]}", und'
        cells = [
            *(person["age"], person["work"], person["education"], person["job"], person["sex"]),
            *(form.number(person["gain"]), form.number(person["hours"])),
        ]
        cells = ["" if at and draw.random() < form.missing else cell for cell in cells]
        day = (first + datetime.timedelta(days=at * 60 // len(people))).strftime(form.day)
        labels = [words[person[name]] for name, words in zip(("income", "single"), form.labels, strict=True)]
        rows.writerow([at, *cells, day, note, *labels])
    path = f"{stem}.csv{form.ending}"
    with pa.output_stream(path, compression=CODECS[form.ending]) as file:
        file.write((form.start + text.getvalue()).encode())
    return path
