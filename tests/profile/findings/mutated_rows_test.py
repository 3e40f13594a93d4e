"""Rows with mistakes: each bad one is in the quarantine file once, as plain Python judges it; no other is."""

from collections import Counter

import pyarrow.parquet as pq
import pytest

import apps_rec
from apps_rec.data.rows.open import open_stream
from tests.cli.commands import run
from tests.profile.findings import mutated_rows
from tests.profile.findings.conftest import log, write_config
from tests.profile.findings.mutated_rows import KINDS

pytestmark = pytest.mark.usefixtures("here")


def check_rows(capsys, rows, share, seed, kinds=tuple(KINDS)):
    """Numbers of rows by what is expected of them; the command's quarantine file and report agree with each."""
    expected = {}
    for path, count, first in (("train.csv", rows, 0), ("eval.csv", rows // 10, rows)):
        judged = mutated_rows.write(path, log(count, seed + first, first), kinds, seed + first, share)
        expected |= {(path, row): why for row, why in judged.items()}
    write_config("CSVInput", "bad_rows: SKIP max_bad_row_share: 1")
    code, out, err = run(capsys, "check-data", "my.config", "--quarantine", "bad.parquet", "--json", "report.json")
    assert (code, err) in ((0, ""), (3, "my.config: the data has findings of level error\n"))
    table = pq.read_table("bad.parquet").to_pylist()
    bad = {place: why for place, why in expected.items() if why is not None and why[0]}
    dropped = [place for place, why in expected.items() if why == ("", "")]
    assert len(table) == len(bad)
    assert {(one["file"], one["row"]): (one["reason"], one["column"]) for one in table} == bad
    assert all(one["text"].startswith("expected ") for one in table)
    assert f"bad.parquet: {len(bad):,} bad rows" in out
    # Those that are good, bad and filtered are all.
    for part, path in (("train", "train.csv"), ("evaluate", "eval.csv")):
        config = apps_rec.load_config("my.config").message
        config.data_config.shuffle = False
        stream = open_stream(config, part)
        good = sum(batch.size for batch in stream.batches())
        wrong = Counter(reason for (file, _), (reason, _) in bad.items() if file == path)
        assert stream.counts.dropped == wrong
        filtered = sum(file == path for file, _ in dropped)
        assert good + wrong.total() + filtered == sum(file == path for file, _ in expected)
    return Counter(why and why[0] for why in expected.values())


def test_700_rows_with_mistakes(capsys):
    found = check_rows(capsys, 700, 0.5, seed=1)
    assert len(found) >= 8
    assert min(found[None], found["wrong type"], found["ragged"]) > 20


@pytest.mark.slow
def test_10000_rows_with_mistakes(capsys):
    found = check_rows(capsys, 10_000, 1, seed=2)
    print(found)
    assert set(found) == {
        *(None, "", "ragged", "not UTF-8", "wrong type", "empty label", "label not 0 or 1"),
        "conversion without a click",
    }
    assert sum(found[reason] for reason in found if reason) > 3_000


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_3000_rows_with_mistakes_of_a_kind(capsys, kind):
    assert sum(n for why, n in check_rows(capsys, 3_000, 1, seed=3, kinds=[kind]).items() if why) > 300
