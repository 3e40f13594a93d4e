import pytest

from apps_rec.data.formats.bad_rows import remedy, too_many


@pytest.mark.parametrize(
    ("bad", "read", "share", "at_end", "expected"),
    [
        (10, 1000, 0.01, False, False),
        (11, 1000, 0.01, False, True),
        (999, 999, 0.01, False, False),
        (999, 999, 0.01, True, True),
        (10, 60, 0.01, True, False),
        (11, 60, 0.01, True, True),
        (1, 1, 0.01, True, True),
        (1, 3, 0.01, True, False),
        (1, 3, 0.0, True, True),
        (600, 1000, 0.6, True, False),
        (601, 1000, 0.6, True, True),
        (5, 5, 1.0, True, False),
    ],
)
def test_too_many(bad, read, share, at_end, expected):
    assert too_many(bad, read, share, at_end=at_end) is expected


def test_skipping_is_advised_where_it_drops_few_rows():
    assert "bad_rows: SKIP" in remedy("ragged", 1, 5000, 0.01)
    many = remedy("ragged", 4000, 5000, 0.01)
    assert "SKIP" not in many
    assert "4,000 of the 5,000 rows" in many
    assert "data_config.separator, with_header, quoting" in many
    assert "SKIP" not in remedy("empty label", 4000, 5000, 0.01)


@pytest.mark.parametrize(
    ("bad", "read", "run", "rows"),
    [
        (4000, 4000, 4000, "All 4,000 rows looked at"),
        (2, 2, 2, "All 2 rows looked at"),
        (4000, 5000, 3990, "All 3,990 rows looked at from this one on"),
        (20, 5000, 20, "All 20 rows looked at from this one on"),
    ],
)
def test_a_column_that_is_wrong_in_all_rows_is_to_be_corrected(bad, read, run, rows):
    text = remedy("wrong type", bad, read, 0.01, "age", run)
    assert text.startswith(f'{rows} are wrong in "age": correct the column, or what the config says of it')
    assert ("SKIP" in text) == (bad == 20)


@pytest.mark.parametrize(("bad", "read", "run"), [(1, 1, 1), (19, 5000, 19), (4000, 5000, 0)])
def test_few_rows_at_the_end_are_no_column(bad, read, run):
    assert remedy("wrong type", bad, read, 0.01, "age", run).startswith("Correct the row")


@pytest.mark.parametrize("bad", [1, 4000])
def test_a_stray_quote_leads_to_quoting(bad):
    text = remedy("stray quote", bad, 5000, 0.01)
    assert "data_config.quoting: NONE" in text
    assert ("SKIP" in text) == (bad == 1)
