"""CSV files that `predict` scores, written otherwise than the config says."""

import pyarrow.parquet as pq
import pytest

import apps_rec
from apps_rec.errors import ArgumentError, DataError
from tests.cli.commands import run

pytestmark = pytest.mark.usefixtures("loaded_once")


@pytest.fixture(scope="module")
def scores(exported, trained, tmp_path_factory):
    """Return the scores of rows.csv."""
    output = tmp_path_factory.mktemp("scores") / "scores.parquet"
    return pq.read_table(apps_rec.predict(exported, str(trained.folder / "rows.csv"), str(output)).output)


def written_by_a_spreadsheet(trained, folder, separator=";", decimal=",", missing="NA"):
    """Write rows.csv with other separators, a BOM and a word for missing numbers; return the path."""
    rows = trained.rows("rows.csv")
    lines = [separator.join(rows[0])]
    for row in rows:
        cells = {**row, "price": row["price"].replace(".", decimal) or missing}
        assert not any(separator in cell for cell in cells.values())
        lines.append(separator.join(cells.values()))
    path = folder / "spreadsheet.csv"
    path.write_text("\ufeff" + "\r\n".join(lines) + "\r\n", encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("separator", [";", None])
def test_a_table_of_a_spreadsheet_scores_like_the_same_rows(exported, trained, scores, tmp_path, separator):
    path = written_by_a_spreadsheet(trained, tmp_path)
    output = str(tmp_path / "s.parquet")
    how = {"decimal_separator": ",", "null_words": ["NA"], "separator": separator}
    assert pq.read_table(apps_rec.predict(exported, path, output, **how).output).equals(scores)


def test_the_separator_that_was_found_is_told(exported, trained, scores, tmp_path, capsys):
    path = written_by_a_spreadsheet(trained, tmp_path, "\t", ".", "")
    code, _, err = run(capsys, "predict", str(exported), path, "-o", str(tmp_path / "s.parquet"))
    assert (code, pq.read_table(tmp_path / "s.parquet").equals(scores)) == (0, True)
    assert f'{path}: read with the separator "\\t", as its line of names has it' in err


def test_a_comma_or_a_word_is_no_number_and_the_message_names_the_flag(exported, trained, tmp_path):
    output = str(tmp_path / "s.csv")
    with pytest.raises(DataError, match=r'column "price".*got "\d+,\d+".*predict --decimal-separator'):
        apps_rec.predict(exported, written_by_a_spreadsheet(trained, tmp_path, missing=""), output)
    with pytest.raises(DataError, match=r'column "price".*got "NA".*predict --null-words'):
        apps_rec.predict(exported, written_by_a_spreadsheet(trained, tmp_path, decimal="."), output)


def test_another_separator_than_the_file_has_is_obeyed(exported, trained, tmp_path):
    path = written_by_a_spreadsheet(trained, tmp_path)
    with pytest.raises(DataError, match=r'there is no column.*holds ";".*predict --separator'):
        apps_rec.predict(exported, path, str(tmp_path / "s.csv"), separator="|")


def test_wrong_options(exported, capsys, tmp_path):
    for name, given in (("separator", ";;"), ("decimal_separator", ";")):
        with pytest.raises(ArgumentError, match=rf'{name}: expected .*, got "{given}"'):
            apps_rec.predict(exported, "rows.csv", str(tmp_path / "s.csv"), **{name: given})
    code, _, err = run(
        capsys, "predict", str(exported), "rows.parquet", "-o", str(tmp_path / "s.csv"), "--separator", ";"
    )
    assert (code, "--separator: is for CSV files; rows.parquet is none" in err) == (2, True)
