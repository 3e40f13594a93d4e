"""samples/kuairand/prepare.py on a few rows in the source's layout, and on the shared folder where there is one."""

import importlib.util
import os
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

ROOT = Path(__file__).parents[3]
SHARED = Path(os.environ.get("APPS_REC_SHARED", ROOT.parent / "shared" / "data")) / "kuairand_pure"


def _load():
    spec = importlib.util.spec_from_file_location("kuairand_prepare", ROOT / "samples" / "kuairand" / "prepare.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


prepare = _load()

LOG = "user_id,video_id,date,hourmin,time_ms,is_click,is_like,long_view,play_time_ms,duration_ms,is_rand,tab"
USERS = "user_id,user_active_degree,register_days,onehot_feat4\n1,full_active,100,3.0\n2,UNKNOWN,5,\n3,day_new,1,0.0\n"
VIDEOS = (
    "video_id,author_id,video_type,upload_dt,upload_type,tag\n"
    '10,7,NORMAL,2022-04-09,Web,"1,2"\n'
    "11,7,NORMAL,2022-04-10,Web,2\n"
    "12,8,AD,2022-04-11,Kmovie,3\n"
    "13,9,NORMAL,2022-04-10,Web,\n"
)
# user, video, date, hour, milliseconds, click, like, long view
PAST = [
    (1, 10, 20220409, 3, 100, 1, 1, 1),
    (1, 12, 20220410, 3, 200, 0, 0, 0),
    (2, 10, 20220410, 3, 210, 1, 0, 1),
    (1, 13, 20220424, 3, 400, 0, 0, 1),
]
# In the second file, and not in order of time.
LATER = [
    (1, 11, 20220425, 9, 9_000, 1, 0, 1),
    (1, 10, 20220423, 3, 300, 1, 0, 0),
    (1, 10, 20220425, 8, 5_000, 0, 0, 1),
    (1, 11, 20220425, 9, 9_000, 1, 0, 1),
    (3, 13, 20220425, 9, 9_500, 1, 0, 0),
    (2, 11, 20220502, 10, 700_000, 0, 0, 0),
    (2, 12, 20220503, 10, 800_000, 1, 1, 0),
    (2, 12, 20220505, 10, 900_000, 1, 1, 0),
]


def write_log(path, rows):
    text = [f"{u},{v},{d},{h}00,{t},{c},{like},{long},99,1000,0,1" for u, v, d, h, t, c, like, long in rows]
    path.write_text("\n".join([LOG, *text]) + "\n", encoding="utf-8")


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "KuaiRand-Pure" / "data"
    folder.mkdir(parents=True)
    write_log(folder / "log_standard_4_08_to_4_21_pure.csv", PAST)
    write_log(folder / "log_standard_4_22_to_5_08_pure.csv", LATER)
    (folder / "user_features_pure.csv").write_text(USERS, encoding="utf-8")
    (folder / "video_features_basic_pure.csv").write_text(VIDEOS, encoding="utf-8")
    return folder.parent


def rows(folder, name):
    return pq.read_table(folder / f"{name}.parquet").to_pylist()


def test_splits_by_day_and_joins(source, tmp_path):
    assert prepare.main([str(source), "-o", str(tmp_path / "out")]) == 0
    train, val, test = (rows(tmp_path / "out", name) for name in ("train", "val", "test"))
    # The duplicate stays; 5 May is past the test days.
    assert [(r["user_id"], r["video_id"]) for r in train] == [(1, 10), (1, 11), (1, 11), (3, 13)]
    assert [(r["user_id"], r["video_id"]) for r in val + test] == [(2, 11), (2, 12)]
    # A long view without a click is no conversion of the funnel.
    assert [(r["y_click"], r["y_long_view"]) for r in train] == [(0, 0), (1, 1), (1, 1), (1, 0)]
    assert [r["onehot_feat4"] for r in train + val] == [3, 3, 3, 0, None]
    assert train[0]["tags"] == ["1", "2"]
    assert [train[0][name] for name in ("author_id", "hour", "weekday", "video_age_days")] == [7, 8, 0, 16]
    outcomes = {"is_click", "is_like", "long_view", "play_time_ms"}
    assert not outcomes & set(train[0])
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "test.parquet",
        "train.parquet",
        "val.parquet",
    ]


def test_lists_are_latest_first_and_end_on_24_april(source, tmp_path):
    assert prepare.main([str(source), "-o", str(tmp_path / "out")]) == 0
    train, val = rows(tmp_path / "out", "train"), rows(tmp_path / "out", "val")
    for row in train[:3]:
        assert row["watch_history"] == [13, 10, 12, 10]
        assert row["long_watch_history"] == [13, 10]
        assert row["like_history"] == [10]
    assert train[3]["watch_history"] == []
    assert val[0]["watch_history"] == [10]


def test_counts_of_the_histories(source, tmp_path):
    assert prepare.main([str(source), "-o", str(tmp_path / "out")]) == 0
    first, second, _, newcomer = rows(tmp_path / "out", "train")
    wanted = {
        "hist_len": 4,
        "hist_long_watches": 2,
        "hist_likes": 1,
        # Video 10 in all histories: user 1 twice, user 2 once.
        "video_watches": 3,
        "video_long_watches": 2,
        "video_likes": 1,
        "tag_watches": 2,
        "tag_long_watches": 1,
        "tag_likes": 1,
        "author_watches": 2,
        "author_long_watches": 1,
        "same_video_watches": 2,
    }
    assert {name: first[name] for name in wanted} == wanted
    mean = 3 / 5
    assert first["hist_long_share"] == pytest.approx((2 + 10 * mean) / (4 + 10))
    assert first["video_long_share"] == pytest.approx((2 + 10 * mean) / (3 + 10))
    assert first["video_like_share"] == pytest.approx((1 + 10 * 1 / 5) / (3 + 10))
    assert first["tag_share"] == pytest.approx(2 / 4)
    assert first["tag_long_share"] == pytest.approx((1 + 10 * first["hist_long_share"]) / (2 + 10))
    # Video 11, never watched, shares tag 2 and its author with video 10.
    assert [second[name] for name in ("video_watches", "tag_watches", "author_watches")] == [0, 2, 2]
    assert second["same_video_watches"] == 0
    # No history; video 13 has no tag, and no tag is not a tag in common.
    assert [newcomer[name] for name in ("hist_len", "hist_likes", "tag_watches", "author_watches")] == [0, 0, 0, 0]
    assert newcomer["video_watches"] == 1


def test_earlier_impressions_are_strictly_earlier(source, tmp_path):
    assert prepare.main([str(source), "-o", str(tmp_path / "out")]) == 0
    train, val, test = (rows(tmp_path / "out", name) for name in ("train", "val", "test"))
    assert [r["impressions_today"] for r in train] == [0, 1, 1, 0]
    assert [r["seconds_since_last"] for r in train] == [-1, 4, 4, -1]
    assert [(r["impressions_today"], r["seconds_since_last"]) for r in val + test] == [(0, -1), (0, 100)]


def test_features_of_a_row_do_not_change_with_what_comes_after(source, tmp_path):
    assert prepare.main([str(source), "-o", str(tmp_path / "all")]) == 0
    later = source / "data" / "log_standard_4_22_to_5_08_pure.csv"
    cut = [row for row in LATER if row[2] < 20220425 or row[4] <= 9_000]
    write_log(later, [row if row[2] < 20220425 else (*row[:5], 0, 1, 0) for row in cut])
    assert prepare.main([str(source), "-o", str(tmp_path / "cut")]) == 0
    whole, part = (rows(tmp_path / name, "train") for name in ("all", "cut"))
    labels = ("y_click", "y_long_view")
    for one, other in zip(whole[:3], part, strict=True):
        assert {k: v for k, v in one.items() if k not in labels} == {k: v for k, v in other.items() if k not in labels}


def test_long_histories_keep_their_latest(monkeypatch, source, tmp_path):
    monkeypatch.setattr(prepare, "MAX_HISTORY", 2)
    assert prepare.main([str(source), "-o", str(tmp_path / "out")]) == 0
    row = rows(tmp_path / "out", "train")[0]
    assert row["watch_history"] == [13, 10]
    assert row["hist_len"] == 4


def test_what_is_missing_is_said(source, tmp_path, capsys):
    users = source / "data" / "user_features_pure.csv"
    users.write_text(USERS.replace("3,day_new,1,0.0\n", ""), encoding="utf-8")
    assert prepare.main([str(source), "-o", str(tmp_path / "out")]) == 2
    assert "log: user_id 3 has no row of features" in capsys.readouterr().err
    users.unlink()
    assert prepare.main([str(source), "-o", str(tmp_path / "out")]) == 2
    assert "expected log_standard_4_08_to_4_21_pure.csv" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(not SHARED.exists(), reason=f"no {SHARED}: set APPS_REC_SHARED to the folder of the real data")
@pytest.mark.slow
def test_the_shared_folder_against_a_loop(tmp_path):
    assert prepare.main([str(SHARED), "-o", str(tmp_path)]) == 0
    tables = {name: pq.read_table(tmp_path / f"{name}.parquet") for name in ("train", "val", "test")}
    assert {name: len(table) for name, table in tables.items()} == {"train": 115_574, "val": 19_554, "test": 36_543}
    history = pq.read_table(SHARED / "user_history_to_0424.parquet")
    by_user = {row["user_id"]: row for row in history.to_pylist()}
    videos = {row["video_id"]: row for row in pq.read_table(SHARED / "videos.parquet").to_pylist()}
    tags = {video: set((row["tag"] or "").split(",")) - {""} for video, row in videos.items()}
    everything = [video for row in by_user.values() for video in row["long_watch_seq"]]
    test = tables["test"]
    for row in test.take(np.random.default_rng(0).integers(len(test), size=40)).to_pylist():
        own = by_user.get(row["user_id"], {"watch_seq": [], "long_watch_seq": [], "like_seq": [], "history_len": 0})
        candidate = row["video_id"]
        assert row["watch_history"] == own["watch_seq"][::-1]
        assert row["hist_len"] == own["history_len"]
        assert row["hist_likes"] == len(own["like_seq"])
        assert row["tag_watches"] == sum(bool(tags[v] & tags[candidate]) for v in own["watch_seq"])
        assert row["tag_long_watches"] == sum(bool(tags[v] & tags[candidate]) for v in own["long_watch_seq"])
        author = videos[candidate]["author_id"]
        assert row["author_watches"] == sum(videos[v]["author_id"] == author for v in own["watch_seq"])
        assert row["video_long_watches"] == everything.count(candidate)
