"""Names of columns, features, tables and groups: any text that can be read in a line, or a mistake that says why."""

import json
import random
import unicodedata

import pytest

from apps_rec.config import parse_text
from apps_rec.errors import ConfigError

GOOD = [
    "用户编号",
    "size mb",
    "a/b",
    "../x",
    "1st",
    "_x",
    "class",
    "self",
    "größe",
    "x" * 1000,
    "a\u200db",
    "\U0001f6d2",
]
BAD = [
    ("a\nb", "without control characters and line breaks, got U+000A"),
    ("a\0b", "U+0000"),
    ("a\x1b[31m", "U+001B"),
    ("a\u2028b", "U+2028"),
    ("\ufeffa", "byte order mark"),
    ("  ", "white space alone"),
    ("x" * 1001, "expected at most 1,000 characters, got 1,001"),
]


def lines_of(text):
    try:
        parse_text(text, "a.config")
    except ConfigError as error:
        return str(error).split("\n")
    return []


def config(column, feature, group, table, alias=None):
    stored = f"column_name: {json.dumps(alias)}" if alias is not None else ""
    column, feature, group, table = (json.dumps(name, ensure_ascii=False) for name in (column, feature, group, table))
    return f"""
train_input_path: "a.parquet" model_dir: "run"
data_config {{
  input_type: ParquetInput num_epochs: 1 label_fields: "click"
  input_fields {{ input_name: "click" input_type: INT32 }}
  input_fields {{ input_name: {column} {stored} }}
}}
feature_config {{ features {{
  feature_name: {feature} input_names: {column}
  embedding_name: {table} hash_bucket_size: 10 embedding_dim: 4
}} }}
model_config {{
  feature_groups {{ group_name: {group} feature_names: {feature} }}
  rank_model {{
    body {{ shared_bottom {{ group_name: {group} }} }}
    task_towers {{ tower_name: "ctr" label_name: "click" }}
  }}
}}
"""


@pytest.mark.parametrize("name", GOOD, ids=lambda name: name[:10])
def test_any_text_that_can_be_read_is_a_name(name):
    assert lines_of(config(name, f"{name[:990]} f", f"{name[:990]} g", f"{name[:990]} t")) == []


@pytest.mark.parametrize(("name", "message"), BAD, ids=lambda part: part[:20])
def test_other_names_are_refused_once_each(name, message):
    for place in range(4):
        names = ["column", "feature", "group", "table"]
        names[place] = name
        (line,) = lines_of(config(*names))
        assert message in line
        assert ("input_name", "feature_name", "group_name", "embedding_name")[place] in line


def test_a_feature_called_after_its_column_is_said_once():
    (line,) = lines_of(config("a\tb", "a\tb", "group", "a\tb"))
    assert "input_name" in line


def test_a_column_name_is_a_name_too():
    (line,) = lines_of(config("column", "feature", "group", "table", alias="a\nb"))
    assert "column_name: expected a name without control characters" in line


def test_two_fields_of_one_column_are_a_mistake():
    (line,) = lines_of(config("price", "feature", "group", "table", alias="click"))
    assert 'the column "click" of the files is read by another of input_fields (line 5)' in line
    assert lines_of(config("price", "feature", "group", "table", alias="Preis (EUR)")) == []


def test_random_names_of_all_of_unicode_work_or_are_refused_with_the_reason():
    draw = random.Random(5)
    planes = [(0x20, 0x7F), (0x20, 0x3000), (0x4E00, 0x9FFF), (0xE000, 0x110000)]
    for _ in range(200):
        low, high = draw.choice(planes)
        name = "".join(chr(draw.randrange(low, high)) for _ in range(draw.randrange(1, 30)))
        strange = any(unicodedata.category(char) in ("Cc", "Zl", "Zp") for char in name)
        lines = lines_of(config(name, f"{name}f", f"{name}g", f"{name}t"))
        assert bool(lines) == (strange or name.startswith("\ufeff") or not name.strip()), (name, lines)
