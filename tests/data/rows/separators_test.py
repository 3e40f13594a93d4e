"""Lists that are written in another way than the config says are told of, and columns of plain words are not."""

import itertools

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apps_rec.data.rows.separators import LOOKED_AT, told_of
from apps_rec.data.rows.stream import RowStream
from apps_rec.data.schema import Column, Schema, TagWeights

TAGS = Column("tags", list_separator="|")
WORDS = ("fun", "chat", "rpg", "music", "food", "maps", "news", "kids")


def lists(join, rows=300, words=WORDS, longest=4):
    """Returns cells of lists of 1 to `longest` different words."""
    rng = np.random.default_rng(1)
    return [join(list(rng.choice(words, rng.integers(1, longest + 1), replace=False))) for _ in range(rows)]


@pytest.mark.parametrize(
    ("separator", "written"),
    [
        (",", '","'),
        (", ", '", "'),
        (";", '";"'),
        (" ", '" "'),
        ("\t", r'"\x09"'),
        ("\x1d", r'"\x1d"'),
    ],
)
def test_another_separator_is_told_with_a_cell_and_what_to_write(separator, written):
    cells = lists(separator.join)
    text = told_of(TAGS, cells)
    example = next(cell for cell in cells if separator in cell).replace("\t", r"\x09").replace("\x1d", r"\x1d")
    assert text == (
        f'column "tags": none of its first 300 cells holds "|", the separator of its lists, and most hold {written}, '
        f'as "{example}": each cell is one word as it stands. '
        f"If cells are lists, write separator: {written} into the features that read the column"
    )


def test_a_pipe_is_found_where_a_comma_is_declared():
    assert 'most hold "|"' in told_of(Column("tags", list_separator=","), lists("|".join))


@pytest.mark.parametrize("separator", ["|", ",", " "])
@pytest.mark.parametrize(
    ("join", "wrong"),
    [
        (str, "[{!r}, {!r}]"),
        (lambda words: "[" + ",".join(f'"{word}"' for word in words) + "]", '["{}","{}"]'),
        (lambda words: "{" + ",".join(words) + "}", "{{{},{}}}"),
        (lambda words: "(" + ", ".join(words) + ")", "({}, {})"),
    ],
)
def test_printed_lists_are_told_whatever_the_separator(separator, join, wrong):
    words = ["fun", "chat"]
    cells = [join(words), *lists(join)]
    text = told_of(Column("tags", list_separator=separator), cells)
    assert text == (
        f'column "tags": its lists are written with brackets, as "{wrong.format(*words)}", which are taken for a part '
        f'of the words; expected words joined by "{separator}", as "fun{separator}chat". '
        "Write the cells so, or as a list column of Parquet"
    )


def test_weights_of_values_do_not_hide_them():
    rng = np.random.default_rng(2)
    cells = lists(lambda words: ";".join(f"{word}:{rng.random():.4f}" for word in words))
    assert told_of(TAGS, cells) is None  # each part is another
    assert 'most hold ";"' in told_of(TAGS, cells, ":")


def test_ids_may_be_of_one_cell_each():
    rng = np.random.default_rng(3)
    cells = [" ".join(map(str, rng.integers(0, 10**9, rng.integers(1, 9)))) for _ in range(99)]
    assert 'most hold " "' in told_of(TAGS, cells)


NAMES = [f"{last}, {first}" for last, first in itertools.product(("Smith", "Kim", "Roy"), ("Ann", "Bo", "Li", "Max"))]


@pytest.mark.parametrize(
    "cells",
    [
        lists("|".join),
        ["a|b", *lists(",".join)],  # one cell holds the separator
        lists("|".join, longest=1),
        NAMES * 20,
        ["Health & Fitness", "Food & Drink", "Role Playing", "Board Games", "Card Games", "Music", "News", "Maps"] * 9,
        ["Photo, Video", "Food, Drink", "Health, Fitness", "Travel", "Graphics, Design", "News", "Music", "Books"] * 9
        + ["Kids", "Sports", "Weather", "Navigation, Maps"],
        [f"{city}, {country}" for city, country in zip("ABCDEFGHIJKL", ["Germany", "France"] * 6, strict=True)] * 9,
        [f"2026-11-{day:02d} {hour:02d}:00" for day in range(1, 30) for hour in range(24)],
        [f"{euro},{cent:02d}" for euro in range(20) for cent in range(0, 99, 5)],
        ["[UNK]", *(f"[{number}]" for number in range(40))],
        ["(not set)", *(f"({word})" for word in WORDS)] * 9,
        [f"game of the {word}" for word in WORDS] * 9 + [f"{word} {i}" for i, word in enumerate(WORDS * 2)],
        ["[a, b]", *lists("|".join)],
        lists(",".join)[:5],
        [],
    ],
)
def test_no_false_alarm(cells):
    assert told_of(TAGS, cells) is None


def told(caplog):
    return [record.getMessage() for record in caplog.records if 'column "tags"' in record.getMessage()]


def write(tmp_path, cells):
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"tags": cells, "w": ["0.5,1"] * len(cells)}), path, row_group_size=1000)
    return [str(path)]


def stream_of(files, **options):
    columns = (TAGS, Column("w", list_separator="|", is_numbers=True))
    return RowStream(files, Schema(columns, input_type="parquet", declared=columns, **options), 100)


@pytest.mark.parametrize("rows", [40, LOOKED_AT - 1, 3 * LOOKED_AT])
def test_a_pass_says_it_once_of_the_first_rows(tmp_path, caplog, rows):
    stream = stream_of(write(tmp_path, [None, *lists(",".join, rows - 1)]))
    stream.watch()
    batches = stream.batches()
    for _ in range(min(rows, LOOKED_AT + 1000) // 100):
        next(batches)
    assert len(told(caplog)) == (rows > LOOKED_AT)  # before the end of the pass
    list(batches)
    list(stream.batches(1))
    assert len(told(caplog)) == 1
    assert f"none of its first {min(rows, LOOKED_AT) - 1:,} cells" in told(caplog)[0]


def test_cells_after_the_first_rows_are_not_looked_at(tmp_path, caplog):
    stream = stream_of(write(tmp_path, lists("|".join, LOOKED_AT) + lists(",".join, 9000)))
    stream.watch()
    list(stream.batches())
    assert told(caplog) == []


def test_the_separator_of_weights_comes_from_the_schema(tmp_path, caplog):
    rng = np.random.default_rng(2)
    cells = lists(lambda words: ";".join(f"{word}:{rng.integers(9)}" for word in words))
    stream = stream_of(write(tmp_path, cells), tags=(TagWeights("liked", "tags", "|", ":"),))
    stream.watch()
    list(stream.batches())
    assert len(told(caplog)) == 1


def test_processes_with_files_of_their_own_say_it_once(tmp_path, caplog):
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
    stream = stream_of([file for folder in folders for file in write(folder, lists(",".join, 9000))])
    stream.watch()
    for worker in range(2):
        list(stream.of_worker(worker, 2, 100).batches())
    assert len(told(caplog)) == 1
