import pyarrow as pa
import pytest

from apps_rec.data.schema import Column
from apps_rec.data.values.cast_lists import convert
from apps_rec.data.values.hints import number_hint


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["4,99", "-1.234.567,5", "1000,0"], "decimal_separator"),
        (["NULL", "null", "N/A", "na", "None", "\\N", "-", "?"], "null_words"),
        (
            ["2026-11-01", "2026-11-01T10:00:00Z", "2026-1-2 10:00", "01.11.2026", "11/1/2026 9:00"],
            "input_type: STRING",
        ),
        (["yes", "No", "t", "F"], "true and false alone"),
        (["12%", "4.99 €", "$3", "5元"], "has no unit"),
        (["1 000", "12'345.5", "1,234,567"], "marks between its thousands"),
        (["cheap", "4.99", "1e5", "1.2.3", "nullable", "a,b"], ""),
    ],
)
def test_what_a_text_most_likely_is(texts, said):
    for text in texts:
        assert said in number_hint(text), text
        assert bool(number_hint(text)) == bool(said), text


@pytest.mark.parametrize("dtype", ["FLOAT", "DOUBLE", "INT32", "INT64"])
def test_messages_hold_it(dtype):
    (problem,) = convert(pa.array(["1", " 4,99"]), Column("n", dtype))[1]
    assert problem.describe(1).endswith(
        'got " 4,99"; a decimal comma is read by data_config.decimal_separator: "," of CSV files, and predict '
        "--decimal-separator"
    )
