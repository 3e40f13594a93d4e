"""Joins KuaiRand-Pure into train, val and test Parquet files that samples/kuairand/*.config read.

SOURCE is one of

* the data set's own folder (or its `data` folder), with log_standard_4_08_to_4_21_pure.csv,
  log_standard_4_22_to_5_08_pure.csv, user_features_pure.csv and video_features_basic_pure.csv;
* a folder with log_0425_0504.parquet, user_history_to_0424.parquet, users.parquet and videos.parquet.

Rows are impressions from 25 April to 4 May 2022, exact duplicates included; 2 May is val, 3 and 4 May are test.
Histories end on 24 April, so whatever is counted in them lies before every row. Two files of the source are left
unread: log_random_* (another policy showed those videos) and video_features_statistic_* (its counts reach to 8 May,
past the test days). Outcomes other than the labels are not written, so that no config can take one as an input.

Example:
    python samples/kuairand/prepare.py KuaiRand-Pure -o data/kuairand
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.parquet as pq

HISTORY_END = 20220424
SPLIT_DAYS = {"train": (20220425, 20220501), "val": (20220502, 20220502), "test": (20220503, 20220504)}
MAX_HISTORY = 50
SOURCE_LOGS = ("log_standard_4_08_to_4_21_pure.csv", "log_standard_4_22_to_5_08_pure.csv")
SOURCE_USERS, SOURCE_VIDEOS = "user_features_pure.csv", "video_features_basic_pure.csv"
FOLDER_FILES = ("log_0425_0504.parquet", "user_history_to_0424.parquet", "users.parquet", "videos.parquet")
LISTS = {"watch": "watch_seq", "long_watch": "long_watch_seq", "like": "like_seq"}
LOG_COLUMNS = ("user_id", "video_id", "date", "hourmin", "time_ms", "duration_ms", "tab")
TEXT_COLUMNS = ("video_type", "upload_dt", "upload_type", "tag", "user_active_degree")
# Rows that a share is pulled towards the mean with, so that one watch out of one does not read as certainty.
SMOOTHING = 10.0


class SourceError(ValueError):
    """SOURCE does not hold what is needed; the text says what is missing where."""


def load(source: Path) -> tuple[pa.Table, pa.Table, pa.Table, pa.Table]:
    """Log, histories, users and videos of either layout.

    Raises:
        SourceError: neither layout is there, or a file lacks a column.
    """
    folder = source / "data" if (source / "data" / SOURCE_LOGS[0]).exists() else source
    if all((folder / name).exists() for name in FOLDER_FILES):
        log, history, users, videos = (pq.read_table(folder / name) for name in FOLDER_FILES)
    elif all((folder / name).exists() for name in (*SOURCE_LOGS, SOURCE_USERS, SOURCE_VIDEOS)):
        log, history = split_source_log(pa.concat_tables([read_csv(folder / name) for name in SOURCE_LOGS]))
        users, videos = read_csv(folder / SOURCE_USERS), read_csv(folder / SOURCE_VIDEOS)
    else:
        raise SourceError(
            f"{source}: expected {', '.join((*SOURCE_LOGS, SOURCE_USERS, SOURCE_VIDEOS))} (the data set's own files) "
            f"or {', '.join(FOLDER_FILES)}; found {', '.join(sorted(p.name for p in folder.glob('*'))) or 'nothing'}"
        )
    require(log, "log", (*LOG_COLUMNS, "y_click", "y_long_view"))
    require(history, "histories", ("user_id", "history_len", *LISTS.values()))
    require(users, "users", ("user_id", "user_active_degree", "register_days"))
    require(videos, "videos", ("video_id", "author_id", "upload_dt", "tag"))
    return log, history, users, videos


def read_csv(path: Path) -> pa.Table:
    """A CSV file of the source; text columns stay text where every value looks like a number or a date."""
    options = csv.ConvertOptions(
        column_types={name: pa.string() for name in TEXT_COLUMNS}, strings_can_be_null=True, null_values=["", "NULL"]
    )
    return csv.read_csv(path, convert_options=options)


def require(table: pa.Table, what: str, columns: tuple[str, ...]) -> None:
    """Raises SourceError where columns are missing."""
    missing = [name for name in columns if name not in table.column_names]
    if missing:
        raise SourceError(f"{what}: no column {', '.join(missing)}; there are {', '.join(table.column_names)}")


def split_source_log(log: pa.Table) -> tuple[pa.Table, pa.Table]:
    """The source's log -> (impressions with labels from 25 April on, one history per user up to 24 April)."""
    require(log, "log", (*LOG_COLUMNS, "is_click", "long_view", "is_like"))
    # Stable, so that impressions of one millisecond keep the order of the file.
    log = log.take(np.argsort(column(log, "time_ms"), kind="stable"))
    click, long_view = column(log, "is_click"), column(log, "long_view")
    log = log.append_column("y_click", pa.array(click.astype(np.int8)))
    log = log.append_column("y_long_view", pa.array((click * long_view).astype(np.int8)))
    date = column(log, "date")
    last_day = max(last for _, last in SPLIT_DAYS.values())
    past = log.filter(date <= HISTORY_END)
    users, length = np.unique(column(past, "user_id"), return_counts=True)
    history = {"user_id": pa.array(users), "history_len": pa.array(length)}
    kept = {"watch_seq": np.ones(len(past), bool), "long_watch_seq": column(past, "long_view") == 1}
    kept["like_seq"] = column(past, "is_like") == 1
    for name, mask in kept.items():
        history[name] = group_lists(users, column(past, "user_id")[mask], column(past, "video_id")[mask])
    return log.filter((date > HISTORY_END) & (date <= last_day)), pa.table(history)


def group_lists(users: np.ndarray, user: np.ndarray, video: np.ndarray) -> pa.Array:
    """The last MAX_HISTORY videos of each user, oldest first, as one list per entry of users."""
    order = np.argsort(user, kind="stable")
    user, video = user[order], video[order]
    ends = np.searchsorted(user, users, side="right")
    from_end = np.repeat(ends, np.diff(ends, prepend=0)) - np.arange(len(user))
    keep = from_end <= MAX_HISTORY
    offsets = np.concatenate([[0], np.searchsorted(user[keep], users, side="right")])
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.array(video[keep].astype(np.int64)))


def column(table: pa.Table, name: str) -> np.ndarray:
    """A whole column as int64.

    Raises:
        SourceError: it holds missing values.
    """
    values = table[name]
    if values.null_count:
        raise SourceError(f"column {name}: {values.null_count} missing values, expected none")
    return values.combine_chunks().to_numpy(zero_copy_only=False).astype(np.int64)


def rows_of(keys: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Index of each wanted key among keys (each once); -1 where it is not there."""
    order = np.argsort(keys)
    at = np.minimum(np.searchsorted(keys, wanted, sorter=order), len(keys) - 1)
    found = order[at]
    return np.where(keys[found] == wanted, found, -1)


class Lists:
    """The lists of one column of the histories, flattened: `user` (row of the history) and `video` per element."""

    def __init__(self, history: pa.Table, name: str):
        array = history[name].combine_chunks()
        self.lengths = pc.list_value_length(array).to_numpy(zero_copy_only=False).astype(np.int64)
        self.user = np.repeat(np.arange(len(history)), self.lengths)
        self.video = array.flatten().to_numpy(zero_copy_only=False).astype(np.int64)

    def latest_first(self, rows: np.ndarray) -> pa.ListArray:
        """Per row of the log the list of history row `rows` (empty where -1), latest first."""
        starts = np.concatenate([[0], np.cumsum(self.lengths)])
        lengths = np.where(rows >= 0, np.minimum(self.lengths[rows], MAX_HISTORY), 0)
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        # Stored oldest first (it is their beginning that long ones lost), so a list is read backwards from its end.
        back = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)
        taken = self.video[np.repeat(starts[rows + 1], lengths) - 1 - back]
        return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.array(taken, pa.int64()))


def count_pairs(users: np.ndarray, items: np.ndarray, user: np.ndarray, item: np.ndarray) -> np.ndarray:
    """How often each pair (user, item) is among the pairs (users, items); 0 where either is negative."""
    width = max(int(items.max(initial=0)), int(item.max(initial=0))) + 1
    keys, counts = np.unique((users * width + items)[items >= 0], return_counts=True)
    if not len(keys):
        return np.zeros(len(user), np.int64)
    at = rows_of(keys, user * width + item)
    return np.where((at >= 0) & (user >= 0) & (item >= 0), counts[at], 0)


def tag_overlap(lists: Lists, tag_set: np.ndarray, shares: np.ndarray, user: np.ndarray, own: np.ndarray) -> np.ndarray:
    """How many videos of the user's list share a tag with the candidate.

    Args:
        lists: the histories.
        tag_set: per element of the lists, the number of its video's set of tags.
        shares: bool [S, S], which sets have a tag in common.
        user: per row of the log, its row of the histories, or -1.
        own: per row of the log, the number of the candidate's set of tags.
    """
    num_sets = len(shares)
    flat = np.bincount(lists.user * num_sets + tag_set, minlength=len(lists.lengths) * num_sets)
    overlap = flat.reshape(-1, num_sets).astype(np.float32) @ shares.astype(np.float32)
    return np.where(user >= 0, overlap[user, own], 0).astype(np.int64)


def history_features(log: pa.Table, history: pa.Table, videos: pa.Table) -> dict[str, np.ndarray | pa.Array]:
    """What histories up to 24 April say about each row of the log: counts of the user, the video, tag and author."""
    video_ids = column(videos, "video_id")
    item = rows_of(video_ids, column(log, "video_id"))
    user = rows_of(column(history, "user_id"), column(log, "user_id"))
    authors = np.unique(column(videos, "author_id"), return_inverse=True)[1]
    set_of_video, shares = tag_sets(videos["tag"].to_pylist())
    own, video, tag, author, same = {}, {}, {}, {}, {}
    out: dict[str, np.ndarray | pa.Array] = {"hist_len": np.where(user >= 0, column(history, "history_len")[user], 0)}
    for name, source in LISTS.items():
        lists = Lists(history, source)
        at = rows_of(video_ids, lists.video)
        if (at < 0).any():
            raise SourceError(f"histories: video {lists.video[at < 0][0]} is not among the videos")
        own[name] = np.where(user >= 0, lists.lengths[user], 0)
        video[name] = np.bincount(at, minlength=len(video_ids))[item]
        tag[name] = tag_overlap(lists, set_of_video[at], shares, user, set_of_video[item])
        author[name] = count_pairs(lists.user, authors[at], user, authors[item])
        same[name] = count_pairs(lists.user, at, user, item)
        out[f"{name}_history"] = lists.latest_first(user)
    out |= {"hist_long_watches": own["long_watch"], "hist_likes": own["like"]}
    out |= {"video_watches": video["watch"], "video_long_watches": video["long_watch"], "video_likes": video["like"]}
    out |= {"tag_watches": tag["watch"], "tag_long_watches": tag["long_watch"], "tag_likes": tag["like"]}
    out |= {"author_watches": author["watch"], "author_long_watches": author["long_watch"]}
    out["same_video_watches"] = same["watch"]
    # The long watches of a list may reach further back than its watches, both being cut at the same length: a share
    # may pass 1, and says then that nearly all was watched long.
    mean_share = column_sum(history, "long_watch_seq") / max(1, column_sum(history, "watch_seq"))
    out["hist_long_share"] = smoothed(own["long_watch"], own["watch"], mean_share)
    out["video_long_share"] = smoothed(video["long_watch"], video["watch"], mean_share)
    mean_like = column_sum(history, "like_seq") / max(1, column_sum(history, "watch_seq"))
    out["video_like_share"] = smoothed(video["like"], video["watch"], mean_like)
    out["tag_share"] = tag["watch"] / np.maximum(1, own["watch"])
    out["tag_long_share"] = smoothed(tag["long_watch"], tag["watch"], out["hist_long_share"])
    return out


def tag_sets(texts: list[str | None]) -> tuple[np.ndarray, np.ndarray]:
    """Number of each video's set of tags ("39,68"), and which two sets have a tag in common, bool [S, S]."""
    tags = [frozenset(text.split(",")) if text else frozenset() for text in texts]
    sets = sorted(set(tags), key=sorted)
    number = {own: i for i, own in enumerate(sets)}
    return np.array([number[own] for own in tags]), np.array([[bool(a & b) for b in sets] for a in sets])


def column_sum(history: pa.Table, name: str) -> int:
    """Elements of a column's lists, all together."""
    return pc.sum(pc.list_value_length(history[name])).as_py() or 0


def smoothed(part: np.ndarray, whole: np.ndarray, mean: float | np.ndarray) -> np.ndarray:
    """Share `part / whole`, pulled towards mean as if SMOOTHING more rows of it had been seen."""
    return (part + SMOOTHING * mean) / (whole + SMOOTHING)


def context_features(log: pa.Table, videos: pa.Table) -> dict[str, np.ndarray]:
    """Hour, weekday (0 is Monday), the video's age in days, and what the user was shown before, clicked or not."""
    day = np.array([f"{d // 10000:04d}-{d // 100 % 100:02d}-{d % 100:02d}" for d in column(log, "date")], "M8[D]")
    item = rows_of(column(videos, "video_id"), column(log, "video_id"))
    uploaded = np.array(videos["upload_dt"].to_pylist(), "M8[D]")[item]
    # 1970-01-01 was a Thursday, the fourth day of the week.
    return {
        "hour": column(log, "hourmin") // 100,
        "weekday": (day.astype(np.int64) + 3) % 7,
        "video_age_days": (day - uploaded).astype(np.int64),
        **earlier_impressions(column(log, "user_id"), column(log, "date"), column(log, "time_ms")),
    }


def earlier_impressions(user: np.ndarray, date: np.ndarray, time_ms: np.ndarray) -> dict[str, np.ndarray]:
    """Rows of the same user and day, and seconds since the user's last row (-1: none), of strictly earlier rows."""
    order = np.lexsort((time_ms, user))
    user, date, time_ms = user[order], date[order], time_ms[order]
    row = np.arange(len(user))
    new_user = np.diff(user, prepend=user[0] - 1) != 0
    first_of_moment = np.maximum.accumulate(np.where(new_user | (np.diff(time_ms, prepend=0) != 0), row, 0))
    first_of_day = np.maximum.accumulate(np.where(new_user | (np.diff(date, prepend=0) != 0), row, 0))
    last = first_of_moment - 1
    seconds = np.where(new_user[first_of_moment], -1, (time_ms - time_ms[last]) // 1000)
    # A day's rows may begin with several of one moment: none of them has an earlier one.
    counts, out_seconds = np.empty_like(user), np.empty_like(user)
    counts[order], out_seconds[order] = np.maximum(first_of_moment - first_of_day, 0), seconds
    return {"impressions_today": counts, "seconds_since_last": out_seconds}


def tidy(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whole numbers as int64 (the source has some as floats, for their missing values), text as string."""
    if pa.types.is_floating(values.type):
        return pc.if_else(pc.is_nan(values), None, values).cast(pa.int64())
    if pa.types.is_large_string(values.type) or pa.types.is_dictionary(values.type):
        return values.cast(pa.string())
    return values.cast(pa.int64()) if pa.types.is_integer(values.type) else values


def join(log: pa.Table, history: pa.Table, users: pa.Table, videos: pa.Table) -> pa.Table:
    """One row per impression: labels, context, user, video, counts of the history and the lists, latest first.

    Raises:
        SourceError: a user or a video of the log has no row.
    """
    columns: dict[str, pa.ChunkedArray | pa.Array | np.ndarray] = {
        name: tidy(log[name]) for name in ("user_id", "video_id", "date", "time_ms", "tab", "duration_ms")
    }
    columns |= {name: tidy(log[name]) for name in ("y_click", "y_long_view")}
    for what, table in (("user_id", users), ("video_id", videos)):
        at = rows_of(column(table, what), column(log, what))
        if (at < 0).any():
            raise SourceError(f"log: {what} {column(log, what)[at < 0][0]} has no row of features")
        for name in table.column_names:
            if name not in ("user_id", "video_id", "upload_dt"):
                columns[name] = tidy(table[name].take(pa.array(at)))
    columns["tags"] = pc.split_pattern(pc.fill_null(columns["tag"], ""), ",")
    del columns["tag"]
    columns |= context_features(log, videos)
    columns |= history_features(log, history, videos)
    return pa.table(columns)


def write(table: pa.Table, output: Path) -> dict[str, int]:
    """Writes train.parquet, val.parquet and test.parquet, each aside first; returns the rows of each."""
    output.mkdir(parents=True, exist_ok=True)
    date, rows = column(table, "date"), {}
    for name, (first, last) in SPLIT_DAYS.items():
        part = table.filter((date >= first) & (date <= last))
        aside = output / f".{name}.parquet.partial"
        pq.write_table(part, aside, compression="zstd")
        aside.replace(output / f"{name}.parquet")
        rows[name] = len(part)
    return rows


def main(argv: list[str] | None = None) -> int:
    """Reads SOURCE, writes the three files, prints their rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="folder of KuaiRand-Pure, or of its four Parquet files")
    parser.add_argument("-o", "--output", type=Path, default=Path("data/kuairand"), help="default: %(default)s")
    args = parser.parse_args(argv)
    try:
        rows = write(join(*load(args.source)), args.output)
    except SourceError as error:
        print(error, file=sys.stderr)
        return 2
    print(", ".join(f"{args.output / name}.parquet: {count} rows" for name, count in rows.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
