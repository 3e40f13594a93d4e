"""samples/census/prepare.py on lines as UCI writes them, and on the shared folder where there is one."""

import gzip
import importlib.util
import os
import re
import tarfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

ROOT = Path(__file__).parents[3]
SHARED = Path(os.environ.get("APPS_REC_SHARED", ROOT.parent / "shared" / "data")) / "census_income"


def _load():
    spec = importlib.util.spec_from_file_location("census_prepare", ROOT / "samples" / "census" / "prepare.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


prepare = _load()


def line(income="- 50000.", **changes):
    """One of UCI's lines: a child of eight, changed as asked."""
    values = dict.fromkeys(prepare.COLUMNS, "Not in universe")
    values |= dict.fromkeys(prepare.NUMBERS, "0")
    values |= {"age": "8", "education": "Children", "marital_stat": "Never married", "instance_weight": "1069.16"}
    values |= {"year": "95", "income": income, "mig_chg_msa": "?", "vet_benefits": "0"}
    return ", ".join({**values, **changes}[name] for name in prepare.COLUMNS)


TRAIN = [
    line(),
    line(
        "50000+.",
        age="45",
        education="Masters degree(MA MS MEng MEd MSW MBA)",
        marital_stat="Divorced",
        mig_same="Not in universe under 1 year old",
        major_ind_code="Not in universe or children",
        mig_chg_msa="Not identifiable",
        capital_gains="15024",
    ),
    line(age="30", education="Some college but no degree", marital_stat="Married-A F spouse present"),
]
EVALUATION = [line(age=str(age)) for age in range(11)]


def write_source(folder, train=TRAIN, suffix=""):
    folder.mkdir(exist_ok=True)
    for name, lines in (("census-income.data", train), ("census-income.test", EVALUATION)):
        content = ("\n".join(lines) + "\n").encode()
        (folder / f"{name}{suffix}").write_bytes(gzip.compress(content) if suffix else content)
    return folder


def test_uci_lines_become_our_columns_words_and_labels(tmp_path):
    assert prepare.main([str(write_source(tmp_path / "uci")), "-o", str(tmp_path / "out")]) == 0
    table = pq.read_table(tmp_path / "out" / "train.parquet")
    assert table.column_names == [n for n in prepare.COLUMNS if n not in prepare.LEFT_OUT] + list(prepare.LABELS)
    assert table["age"].to_pylist() == [8, 45, 30]
    assert table["capital_gains"].to_pylist() == [0, 15024, 0]
    assert table["mig_chg_msa"].to_pylist() == ["NA", "NA", "NA"]
    assert table["mig_same"].to_pylist() == ["NIU"] * 3
    assert table["major_ind_code"].to_pylist() == ["NIU"] * 3
    assert table["y_income"].to_pylist() == [0, 1, 0]
    assert table["y_never_married"].to_pylist() == [1, 0, 0]
    assert table["y_college_degree"].to_pylist() == [0, 1, 0]
    assert table["y_any_college"].to_pylist() == [0, 1, 1]


def test_the_evaluation_file_is_halved_by_the_seed(tmp_path):
    source = write_source(tmp_path / "uci")
    halves = {}
    for out, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        assert prepare.main([str(source), "-o", str(tmp_path / out), "--seed", seed]) == 0
        halves[out] = [pq.read_table(tmp_path / out / f"{n}.parquet")["age"].to_pylist() for n in ("val", "test")]
    assert halves["a"] == halves["b"]
    assert halves["a"] != halves["c"]
    assert len(halves["a"][0]) == 5
    assert sorted(halves["a"][0] + halves["a"][1]) == list(range(11))


def test_gz_files_and_tar_archives_read_like_plain_files(tmp_path):
    write_source(tmp_path / "plain")
    write_source(tmp_path / "gz", suffix=".gz")
    with tarfile.open(tmp_path / "census.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "plain", "census")
    for name in ("plain", "gz", "census.tar.gz"):
        assert prepare.main([str(tmp_path / name), "-o", str(tmp_path / "out" / name)]) == 0
    tables = [pq.read_table(tmp_path / "out" / n / "train.parquet") for n in ("plain", "gz", "census.tar.gz")]
    assert tables[0].equals(tables[1])
    assert tables[0].equals(tables[2])


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([line(), line("50000")], r"census-income.data:2: income is '50000', expected '- 50000.' or '50000\+.'"),
        ([line(), "8, Private"], "expected 42 values a line"),
        ([line(age="eight")], "column age: .*eight"),
    ],
)
def test_what_is_wrong_with_a_line_is_said(tmp_path, capsys, lines, message):
    assert prepare.main([str(write_source(tmp_path / "uci", lines)), "-o", str(tmp_path / "out")]) == 2
    assert re.search(message, capsys.readouterr().err)
    assert not (tmp_path / "out").exists()


def test_a_folder_of_neither_layout_is_refused(tmp_path, capsys):
    assert prepare.main([str(tmp_path), "-o", str(tmp_path / "out")]) == 2
    assert "census-income.data and census-income.test" in capsys.readouterr().err


def test_a_folder_in_our_columns_is_taken_as_it_is(tmp_path, capsys):
    source = write_source(tmp_path / "uci")
    assert prepare.main([str(source), "-o", str(tmp_path / "first")]) == 0
    assert prepare.main([str(tmp_path / "first"), "-o", str(tmp_path / "second")]) == 0
    for name in ("train", "val", "test"):
        first, second = (pq.read_table(tmp_path / folder / f"{name}.parquet") for folder in ("first", "second"))
        assert first.equals(second)
    pq.write_table(pa.table({"age": [1]}), tmp_path / "first" / "val.parquet")
    assert prepare.main([str(tmp_path / "first"), "-o", str(tmp_path / "third")]) == 2
    assert "val.parquet: no column class_worker" in capsys.readouterr().err


@pytest.mark.skipif(not SHARED.exists(), reason=f"no {SHARED}: set APPS_REC_SHARED to the folder of the real data")
def test_the_shared_folder(tmp_path):
    assert prepare.main([str(SHARED), "-o", str(tmp_path)]) == 0
    table = pq.read_table(tmp_path / "train.parquet")
    assert len(table) == 199_523
    assert sum(table["y_income"].to_pylist()) / len(table) == pytest.approx(0.06206, abs=1e-5)
    # The labels follow from the words by the rules that UCI's own files are read with.
    words = {name: table[name].cast(pa.string()) for name in ("marital_stat", "education")}
    words["income"] = pa.chunked_array([["- 50000."] * len(table)])
    flags = prepare.labels("train", words)
    for name in prepare.LABELS[1:]:
        assert flags[name].to_pylist() == table[name].to_pylist()
