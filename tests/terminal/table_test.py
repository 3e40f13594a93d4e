from apps_rec.terminal.table import aligned


def test_columns_are_aligned_to_the_left_and_from_one_on_to_the_right():
    rows = [("a", "bb", ""), ("ccc", "d", "e")]
    assert aligned(rows) == "a    bb\nccc  d   e"
    assert aligned(rows, right_from=1) == "a    bb\nccc   d  e"
    assert aligned(rows, right_from=0) == "  a  bb\nccc   d  e"


def test_chinese_signs_take_two_columns_and_accents_none():
    assert aligned([("职业", "x"), ("age", "y")]) == "职业  x\nage   y"
    assert aligned([("e\u0301a", "x"), ("abc", "y")]) == "e\u0301a   x\nabc  y"
