"""`apps-rec check` on files with the mistakes that people and editors make: one readable report each, in a moment."""

import random
import re
import time
import unicodedata
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

import apps_rec
from tests.cli.commands import run
from tests.mutants.kinds import KINDS, misspelt_name, mutant
from tests.profile.conftest import funnel_log

SAMPLES = Path(__file__).parents[2] / "samples"


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    """Texts of all samples, and of configs as `init` writes them for tables of several kinds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("init"))
        log = pa.table(funnel_log(400))
        pq.write_table(log, "log.parquet")
        pa.csv.write_csv(log, "log.csv", pa.csv.WriteOptions(delimiter=";"))
        pq.write_table(log.rename_columns([f"列 {name}" for name in log.column_names]), "列.parquet")
        written = [
            apps_rec.init("log.parquet", ["click", "download"], "funnel.config"),
            apps_rec.init("log.parquet", ["click", "download"], "easyrec.config", easyrec=True),
            apps_rec.init("log.csv", ["click"], "one.config", separator=";"),
            apps_rec.init("列.parquet", ["列 click", "列 download"], "names.config"),
        ]
        made = [one.output.read_text(encoding="utf-8") for one in written]
    return [path.read_text(encoding="utf-8") for path in sorted(SAMPLES.glob("*/*.config"))] + made * 4


def is_readable(line):
    return len(line) < 1100 and all(char.isprintable() or unicodedata.category(char) == "Zs" for char in line)


def check_all(texts, count, seed, capsys):
    """Ends of `check` by kind and exit code, for files with a mistake each, as many of each kind."""
    draw = random.Random(seed)
    ends = Counter()
    for number in range(count):
        kind = list(KINDS)[number % len(KINDS)]
        Path("mutant.config").write_bytes(mutant(draw.choice(texts), kind, draw))
        started = time.process_time()
        code, out, err = run(capsys, "check", "mutant.config")
        took = time.process_time() - started
        assert took < 4, (number, kind, took)
        lines = err.splitlines()
        assert len(lines) <= 202, (number, kind, len(lines))
        assert all(map(is_readable, lines)), (number, kind, err)
        if code == 0:
            assert out.endswith("mutant.config: no mistakes found\n"), (number, kind)
        else:
            # A line of each mistake says where it is.
            assert (code, out) == (2, ""), (number, kind)
            assert re.match(r"mutant\.config:", lines[-1]) or "mutant.config:" in lines[0], (number, kind, err)
        ends[kind, code] += 1
    return ends


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_21_mistakes_of_every_kind(texts, capsys):
    ends = check_all(texts, 21, 1, capsys)
    assert sum(n for (_, code), n in ends.items() if code == 2) > 10


@pytest.mark.slow
def test_2000_mistakes_of_every_kind(texts, capsys):
    ends = check_all(texts, 2_002, 2, capsys)
    print(ends)
    for kind in KINDS:
        assert ends[kind, 2] > 150, ends


@pytest.mark.slow
def test_100_misspelt_names_of_fields_get_the_right_one_suggested(texts, capsys):
    draw = random.Random(3)
    right = 0
    for _ in range(100):
        text, name, wrong = misspelt_name(draw.choice(texts), draw)
        Path("mutant.config").write_text(text, encoding="utf-8")
        code, _, err = run(capsys, "check", "mutant.config")
        right += wrong == name or (code == 2 and f'"{wrong}"' in err and f'Did you mean "{name}"?' in err)
    print(right)
    assert right > 90


@pytest.mark.slow
def test_a_list_of_20000_columns_is_refused_in_a_moment(texts, capsys):
    (text,) = [text for text in texts if 'input_names: "country"' in text][:1]
    many = ", ".join(['"country"'] * 20_000)
    Path("mutant.config").write_text(text.replace('input_names: "country"', f"input_names: [{many}]"), encoding="utf-8")
    started = time.process_time()
    code, _, err = run(capsys, "check", "mutant.config")
    assert time.process_time() - started < 4
    assert code == 2
    assert "an IdFeature reads one column, got 20000." in err
