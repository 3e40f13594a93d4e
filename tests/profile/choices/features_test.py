"""Features of columns: ids, cut points, and tables that are shared."""

import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apps_rec.profile.choices.features import embedding_dim, hash_buckets, make_features
from apps_rec.profile.choices.kinds import FEATURES, Roles, kinds_of
from apps_rec.profile.engine import engine
from apps_rec.profile.find_source import find_source
from apps_rec.profile.table import Wanted, read_facts
from apps_rec.protos.feature_pb2 import FeatureConfig


@pytest.fixture
def made_of(tmp_path, monkeypatch):
    """Features and columns of a table, by name."""
    monkeypatch.chdir(tmp_path)

    def make(columns, **roles):
        pq.write_table(pa.table(columns), Path("t.parquet"))
        with engine("t") as database:
            _, table = read_facts(database, find_source(database, "t.parquet"), Wanted(()), lambda *_: None)
            kinds = kinds_of(table, Roles(**roles))
            used = [name for name, kind in kinds.items() if kind.what in FEATURES]
            return {made.column.name: made for made in make_features(database, table, used, kinds)}

    return make


def test_the_length_is_the_fourth_root_up_to_a_power_of_two():
    assert [embedding_dim(n) for n in (1, 256, 257, 4096, 4097, 65536, 65537, 10**9)] == [8, 8, 8, 8, 16, 16, 32, 32]


def test_buckets():
    assert [hash_buckets(n) for n in (1, 100, 30_000, 300_000, 10**9)] == [100, 500, 150_000, 600_000, 20_000_000]


def test_few_numbers_have_an_id_each_and_missing_one_has_its_own(made_of):
    made = made_of({"age": [10, 20, 30, None] * 30, "size": [0, 5, 7, 5] * 30})
    age, size = made["age"], made["size"]
    assert (list(age.feature.boundaries), age.field.default_val) == ([10, 20, 30], "-1")
    assert (list(size.feature.boundaries), size.field.default_val) == ([5, 7], "")
    assert age.feature.feature_type == FeatureConfig.RawFeature


def test_many_numbers_are_cut_into_equal_parts_with_0_apart(made_of):
    numbers = [0.0] * 2000 + [n / 100 for n in range(1, 1001)]
    feature = made_of({"price": numbers})["price"].feature
    cuts = list(feature.boundaries)
    assert cuts[0] == 0.01
    assert len(cuts) == 50
    # Equal parts of the 1,000 numbers above 0.
    assert cuts[1:4] == pytest.approx([0.2, 0.4, 0.6], abs=0.02)


def test_float32_cuts_have_few_digits(made_of):
    prices = pa.array([4.99, 0.1, 2.5, 0.0] * 30, pa.float32())
    assert list(made_of({"price": prices})["price"].feature.boundaries) == [0.1, 2.5, 4.99]


def test_ids(made_of):
    draw = random.Random(5)
    made = made_of(
        {
            "app_id": [draw.randrange(300) for _ in range(2000)],
            "author_id": [draw.randrange(300) * 1_000_003 for _ in range(2000)],
            "city": [f"city {draw.randrange(300)}" for _ in range(2000)],
            "network": [draw.choice(["wifi", "4g"]) for _ in range(2000)],
            "blank": [draw.choice([" a", "b"]) for _ in range(2000)],
            "flag": [bool(draw.randrange(2)) for _ in range(2000)],
        }
    )
    assert (made["app_id"].feature.num_buckets, made["app_id"].field.default_val) == (300, "-1")
    assert made["author_id"].feature.hash_bucket_size == 1500
    assert made["city"].feature.hash_bucket_size == 1500
    assert sorted(made["network"].feature.vocab_list) == ["4g", "wifi"]
    assert made["blank"].feature.hash_bucket_size == 100  # a word with blanks around it is refused in a config
    assert made["flag"].feature.num_buckets == 2


def test_lists_share_the_table_of_the_id_whose_values_they_hold(made_of):
    draw = random.Random(6)
    apps = [draw.randrange(200) for _ in range(3000)]
    made = made_of(
        {
            "app_id": apps,
            "package": [f"com.app{app}" for app in apps],
            "history": [[draw.randrange(200) for _ in range(draw.randrange(1, 6))] for _ in apps],
            "installed": ["|".join(f"com.app{draw.randrange(200)}" for _ in range(3)) for _ in apps],
            "tags": [[draw.randrange(60)] for _ in apps],
            "vector": [[1.5, draw.random()] for _ in apps],
        },
        item="app_id",
    )
    history, installed = made["history"].feature, made["installed"].feature
    assert (history.embedding_name, history.num_buckets, history.max_seq_len) == ("app_id", 200, 5)
    assert history.feature_type == FeatureConfig.SequenceFeature
    assert installed.embedding_name == "package" or installed.hash_bucket_size
    # Small numbers among which are all those of an id are tags still.
    assert made["tags"].feature.feature_type == FeatureConfig.TagFeature
    assert not made["tags"].feature.embedding_name
    assert made["vector"].feature.raw_input_dim == 2
