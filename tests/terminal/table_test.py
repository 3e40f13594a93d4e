from apps_rec.terminal.table import aligned


def test_columns_are_aligned_to_the_left_and_from_one_on_to_the_right():
    rows = [("a", "bb", ""), ("ccc", "d", "e")]
    assert aligned(rows) == "a    bb\nccc  d   e"
    assert aligned(rows, right_from=1) == "a    bb\nccc   d  e"
    assert aligned(rows, right_from=0) == "  a  bb\nccc   d  e"
