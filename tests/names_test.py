import random
import re

import pytest

from apps_rec.names import argument_names, file_name, scope_name

STRANGE = [
    "",
    ".",
    "..",
    "../../etc/passwd",
    "/etc/passwd",
    ".hidden",
    "a/b",
    "a\\b",
    "size mb",
    "size%20mb",
    "größe",
    "gro\u0308ße",
    "用户编号",
    "语言语言",
    "A",
    "a",
    "a.b",
    "a_b",
    "_a",
    "1st",
    "class",
    "self",
    "x" * 300,
    "x" * 301,
    "é" * 300,
    "\0",
    "\n",
    "\ud800",
    "%~" + "0" * 16,
]


def random_texts(count):
    draw = random.Random(3)
    return ["".join(chr(draw.randrange(0x110000)) for _ in range(draw.randrange(1, 40))) for _ in range(count)]


@pytest.mark.parametrize("make", [file_name, scope_name])
def test_plain_names_stay_as_they_are(make):
    assert [make(name) for name in ("app_id", "Size-2", "a.b", "x" * 120)] == ["app_id", "Size-2", "a.b", "x" * 120]


def test_a_file_name_is_one_part_of_a_path_and_of_one_text():
    texts = STRANGE + random_texts(2000)
    names = [file_name(text) for text in texts]
    assert len(set(names)) == len(set(texts))
    for name in names:
        assert re.fullmatch(r"[A-Za-z0-9_%~-][A-Za-z0-9_.%~-]*|", name)
        assert len(name) <= 120


def test_a_shortened_file_name_is_no_other_texts():
    long = "é" * 300
    assert file_name(long) != file_name(file_name(long))


def test_a_scope_name_is_one_that_tensorflow_takes():
    texts = STRANGE + random_texts(2000)
    names = [scope_name(text) for text in texts]
    assert len(set(names)) == len(set(texts))
    for name in names:
        # tensorflow/python/framework/ops.py: _VALID_SCOPE_NAME_REGEX of a scope in no other.
        assert re.fullmatch(r"[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*", name), name
        assert len(name) <= 140


def test_argument_names_are_pythons_and_differ_in_more_than_case():
    texts = list(dict.fromkeys(["b", "B_1", "B", *STRANGE, *random_texts(500)]))
    names = argument_names(texts)
    assert list(names) == texts
    assert len({name.lower() for name in names.values()}) == len(texts)
    assert all(name.isidentifier() and name.isascii() and len(name) < 100 for name in names.values())
    assert not {"class", "self"} & set(names.values())
    assert [names[text] for text in ("b", "B_1", "A", "a.b", "a_b")] == ["b", "B_1", "A", names["a.b"], "a_b"]
