"""Writes Census-Income (KDD) as train and val (and test) Parquet files that samples/census/mmoe.config reads.

SOURCE is one of

* the data set as UCI publishes it (number 117): a folder with census-income.data and census-income.test, plain or .gz,
  or a tar archive that holds them;
* a folder with train.parquet and val.parquet, and perhaps test.parquet, in the columns named below.

UCI's columns `instance weight` (how many people a row stands for: its own notes say not to learn from it) and `year`
are left out. Words become shorter: everything that begins with "Not in universe" is NIU; "?" and "Not identifiable"
are NA. UCI has one evaluation file of 99,762 rows: val is a random half of it, chosen by --seed, test the other half.

Labels: y_income (more than 50,000 dollars), y_never_married (marital_stat is "Never married"), y_any_college and
y_college_degree (of education). A column that a label was made from must not be an input of a model that learns the
label: marital_stat for y_never_married, education and hs_college for the college labels.

Example:
    python samples/census/prepare.py census-income -o data/census
"""

from __future__ import annotations

import argparse
import gzip
import io
import sys
import tarfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.parquet as pq

# In UCI's order.
COLUMNS = [
    "age",
    "class_worker",
    "det_ind_code",
    "det_occ_code",
    "education",
    "wage_per_hour",
    "hs_college",
    "marital_stat",
    "major_ind_code",
    "major_occ_code",
    "race",
    "hisp_origin",
    "sex",
    "union_member",
    "unemp_reason",
    "full_or_part_emp",
    "capital_gains",
    "capital_losses",
    "stock_dividends",
    "tax_filer_stat",
    "region_prev_res",
    "state_prev_res",
    "det_hh_fam_stat",
    "det_hh_summ",
    "instance_weight",
    "mig_chg_msa",
    "mig_chg_reg",
    "mig_move_reg",
    "mig_same",
    "mig_prev_sunbelt",
    "num_emp",
    "fam_under_18",
    "country_father",
    "country_mother",
    "country_self",
    "citizenship",
    "own_or_self",
    "vet_question",
    "vet_benefits",
    "weeks_worked",
    "year",
    "income",
]
LEFT_OUT = ("instance_weight", "year", "income")
NUMBERS = ("age", "wage_per_hour", "capital_gains", "capital_losses", "stock_dividends", "num_emp", "weeks_worked")
LABELS = ("y_income", "y_never_married", "y_college_degree", "y_any_college")
SOURCE_FILES = {"train": "census-income.data", "eval": "census-income.test"}
INCOME = ("- 50000.", "50000+.")
DEGREES = (
    "Bachelors degree(BA AB BS)",
    "Masters degree(MA MS MEng MEd MSW MBA)",
    "Prof school degree (MD DDS DVM LLB JD)",
    "Doctorate degree(PhD EdD)",
)
SOME_COLLEGE = (
    "Some college but no degree",
    "Associates degree-occup /vocational",
    "Associates degree-academic program",
)


class SourceError(ValueError):
    """SOURCE does not hold what is needed; the text says what is wrong where."""


def load(source: Path, seed: int) -> dict[str, pa.Table]:
    """The tables of train and val, and of test where the source has one, in either layout.

    Raises:
        SourceError: neither layout is there, or a file is not as expected.
    """
    if (source / "train.parquet").exists() and (source / "val.parquet").exists():
        return {name: read_parquet(source / f"{name}.parquet") for name in present(source)}
    train, evaluation = (parse(*read_source(source, name)) for name in SOURCE_FILES.values())
    order = np.random.default_rng(seed).permutation(len(evaluation))
    half = len(order) // 2
    # In the order of the file, so that only the choice of rows depends on the seed.
    return {
        "train": train,
        "val": evaluation.take(np.sort(order[:half])),
        "test": evaluation.take(np.sort(order[half:])),
    }


def present(source: Path) -> list[str]:
    """Names of the Parquet files that a folder in our own columns has."""
    return [name for name in ("train", "val", "test") if (source / f"{name}.parquet").exists()]


def read_parquet(path: Path) -> pa.Table:
    """A Parquet file that has the columns and labels already."""
    table = pq.read_table(path)
    wanted = [name for name in COLUMNS if name not in LEFT_OUT] + list(LABELS)
    missing = [name for name in wanted if name not in table.column_names]
    if missing:
        raise SourceError(f"{path}: no column {', '.join(missing)}; there are {', '.join(table.column_names)}")
    return table.select(wanted)


def read_source(source: Path, name: str) -> tuple[str, bytes]:
    """(Path for messages, content) of one of UCI's files: plain, .gz, or inside a tar archive."""
    if source.is_file() and tarfile.is_tarfile(source):
        with tarfile.open(source) as archive:
            for member in archive:
                if Path(member.name).name in (name, f"{name}.gz") and (file := archive.extractfile(member)):
                    content = file.read()
                    return f"{source}:{member.name}", gzip.decompress(content) if member.name.endswith(
                        ".gz"
                    ) else content
        raise SourceError(f"{source}: no {name} or {name}.gz in the archive")
    for path in (source / name, source / f"{name}.gz"):
        if path.exists():
            return str(path), gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    raise SourceError(
        f"{source}: expected {' and '.join(SOURCE_FILES.values())} (plain, .gz or in a tar archive), or "
        f"train.parquet and val.parquet"
    )


def parse(path: str, content: bytes) -> pa.Table:
    """UCI's lines (comma separated, a blank before each value, no quotes, no header) -> our columns and labels.

    Raises:
        SourceError: a line has another number of values, a number is none, an income is neither of the two.
    """
    options = csv.ConvertOptions(column_types={name: pa.string() for name in COLUMNS}, strings_can_be_null=False)
    try:
        table = csv.read_csv(
            io.BytesIO(content),
            csv.ReadOptions(column_names=COLUMNS),
            csv.ParseOptions(quote_char=False),
            options,
        )
    except pa.ArrowInvalid as error:
        raise SourceError(f"{path}: expected {len(COLUMNS)} values a line: {error}") from error
    text = {name: pc.utf8_trim_whitespace(table[name]) for name in COLUMNS}
    out: dict[str, pa.ChunkedArray | pa.Array] = {}
    for name in COLUMNS:
        if name in NUMBERS:
            try:
                out[name] = text[name].cast(pa.int32())
            except pa.ArrowInvalid as error:
                raise SourceError(f"{path}: column {name}: {error}") from error
        elif name not in LEFT_OUT:
            out[name] = shorten(text[name]).dictionary_encode()
    return pa.table({**out, **labels(path, text)})


def shorten(words: pa.ChunkedArray) -> pa.ChunkedArray:
    """NIU for "Not in universe" and whatever follows it, NA for "?" and "Not identifiable"."""
    words = pc.if_else(pc.starts_with(words, "Not in universe"), "NIU", words)
    return pc.if_else(pc.is_in(words, pa.array(["?", "Not identifiable"])), "NA", words)


def labels(path: str, text: dict[str, pa.ChunkedArray]) -> dict[str, pa.ChunkedArray]:
    """The four labels of UCI's words, int8."""
    known = pc.is_in(text["income"], pa.array(INCOME))
    if not pc.all(known).as_py():
        row = known.to_pylist().index(False)
        came = text["income"][row].as_py()
        raise SourceError(f"{path}:{row + 1}: income is {came!r}, expected {' or '.join(map(repr, INCOME))}")
    flags = {
        "y_income": pc.equal(text["income"], INCOME[1]),
        "y_never_married": pc.equal(text["marital_stat"], "Never married"),
        "y_college_degree": pc.is_in(text["education"], pa.array(DEGREES)),
        "y_any_college": pc.is_in(text["education"], pa.array(DEGREES + SOME_COLLEGE)),
    }
    return {name: flags[name].cast(pa.int8()) for name in LABELS}


def write(tables: dict[str, pa.Table], output: Path) -> None:
    """Writes <name>.parquet for each table, aside first, so that a file that is there is whole."""
    output.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        aside = output / f".{name}.parquet.partial"
        pq.write_table(table, aside, compression="zstd")
        aside.replace(output / f"{name}.parquet")


def main(argv: list[str] | None = None) -> int:
    """Reads SOURCE, writes the files, prints their rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="folder or tar archive of UCI's files, or folder of Parquet files")
    parser.add_argument("-o", "--output", type=Path, default=Path("data/census"), help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=1, help="which half of UCI's evaluation file is val (%(default)s)")
    args = parser.parse_args(argv)
    try:
        tables = load(args.source, args.seed)
    except SourceError as error:
        print(error, file=sys.stderr)
        return 2
    write(tables, args.output)
    print(", ".join(f"{args.output / name}.parquet: {len(table)} rows" for name, table in tables.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
