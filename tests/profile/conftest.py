import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apps_rec.profile.engine import engine
from apps_rec.profile.find_source import find_source
from apps_rec.profile.table import Wanted, read_facts


def no_check(source, table):
    """A check of labels that finds nothing wrong."""


@pytest.fixture
def facts_of(tmp_path, monkeypatch):
    """Writes columns as a Parquet file and reads their facts."""
    monkeypatch.chdir(tmp_path)

    def read(columns, labels=(), user=None, item=None):
        pq.write_table(pa.table(columns), Path("t.parquet"))
        with engine("t") as database:
            source = find_source(database, "t.parquet")
            return read_facts(database, source, Wanted(tuple(labels), user, item), no_check)[1]

    return read


def funnel_log(rows=2_000, seed=1):
    """Columns of a log with a planted signal: apps differ in their click rate, clicks in their downloads."""
    draw = random.Random(seed)
    log = {name: [] for name in ("user_id", "app_id", "age", "hour", "day", "price", "click", "download", "stay_time")}
    for n in range(rows):
        user, app = draw.randrange(100), draw.randrange(40)
        click = int(draw.random() < 0.1 + 0.6 * (app % 5 == 0))
        download = int(click and draw.random() < 0.5)
        price = None if draw.random() < 0.2 else round(draw.random() * 9, 2)
        row = (user, f"app{app}", 18 + user % 40, draw.randrange(24), f"2026-11-{n * 20 // rows + 1:02d}", price)
        for name, value in zip(log, (*row, click, download, draw.randrange(1, 99) if click else 0), strict=True):
            log[name].append(value)
    return log
