"""Rows -> requests to rank: what `predict --signature rank` writes is what single rows, sorted by hand, say."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

import apps_rec
from apps_rec.data import Column
from apps_rec.data.rows.columns import Columns
from apps_rec.data.rows.window import Batch
from apps_rec.errors import DataError, RunError
from apps_rec.serving.batch import predict as predict_module
from apps_rec.serving.batch.groups import rank_rows, whole_groups
from apps_rec.serving.batch.options import Ranking, plan_ranking
from apps_rec.serving.batch.predict import predict_file
from apps_rec.serving.requests import request, take
from apps_rec.serving.schema import ServingSchema

OUTPUTS = ["probs_ctcvr", "probs_ctr", "probs_cvr", "score"]
# Read 7 rows at a time, the third group begins in one batch, fills the next and ends in a third.
SIZES = [3, 1, 12, 5, 1, 9]


pytestmark = pytest.mark.usefixtures("loaded_once")

# ---- which rows make a group


def batches_of(size, **columns):
    rows = len(next(iter(columns.values())))
    table = pa.table(columns)
    for start in range(0, rows, size):
        end = min(start + size, rows)
        yield Batch(
            Columns(np.zeros(end - start, np.dtype([("place", np.int64)])), {}),
            np.arange(start + 1, end + 1),
            end == rows,
            table.slice(start, end - start),
        )


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_groups_do_not_hang_on_the_batches(size):
    user = ["a", "a", "b", "b", "b", "b", "b", None, None, "a"]
    page = [1, 1, 1, 1, 2, 2, 2, 2, 2, 2]
    found, rows = [], 0
    for batch, borders in whole_groups(batches_of(size, user=user, page=page), ["user", "page"]):
        assert borders[0] == 0
        assert borders[-1] == batch.size
        for start, end in pairwise(borders.tolist()):
            found.append((batch.kept["user"][start].as_py(), batch.kept["page"][start].as_py(), end - start))
        assert batch.ends.tolist() == list(range(rows + 1, rows + batch.size + 1))
        rows += batch.size
    # User a comes back later: another group.
    assert found == [("a", 1, 2), ("b", 1, 2), ("b", 2, 3), (None, 2, 2), ("a", 2, 1)]


def test_lists_are_no_values_to_group_by():
    batches = batches_of(2, seen=[[1], [1]])
    with pytest.raises(DataError, match=r'group_by: column "seen": expected single values, got list'):
        list(whole_groups(batches, ["seen"]))


# ---- options


def test_weights_stand_in_the_order_of_the_terms(ranked):
    ranking = plan_ranking(["user", "word", "user"], 3, {"probs_ctcvr": 2.0, "probs_ctr": -1.0}, ranked.schema)
    assert (ranking.group_by, ranking.top_k, ranking.weights) == (("user", "word"), 3, (-1.0, 2.0))


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (([], None, None), "^signature rank: expected group_by, the columns"),
        ((["user"], 0, None), "^top_k: expected 1 or more, got 0"),
        (
            (["user"], None, {"probs_ctr": 1.0}),
            r"^weights: .* each term of the score, as probs_ctr=0\.95,probs_ctcvr=0\.05, got probs_ctr=1$",
        ),
        ((["user"], None, {"probs_ctr": 1.0, "probs_ctcvr": float("nan")}), "finite .* got probs_ctr=1,probs_ctcvr=na"),
        ((["user"], None, {"probs_ctr": 1.0, "probs_ctcvr": 1.0, "ctr": 2.0}), "got .*ctr=2"),
        (
            (["user"], None, {"probs_ctr": 1e39, "probs_ctcvr": 1.0}),
            r"finite number of 32 bits .* got probs_ctr=1e\+39",
        ),
    ],
)
def test_options_that_are_wrong(ranked, arguments, text):
    with pytest.raises(RunError, match=text):
        plan_ranking(*arguments, ranked.schema)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"group_by": ["user"]}, "^group_by: for signature rank only; add it, or leave them out"),
        ({"top_k": 3, "weights": {"probs_ctr": 1.0}}, "^top_k, weights: for signature rank only"),
        ({"signature": "rank"}, "expected group_by"),
        ({"signature": "rank_packed"}, "^signature: expected serving_default or rank, got rank_packed"),
    ],
)
def test_options_without_their_signature(ranked, tmp_path, options, text):
    with pytest.raises(RunError, match=text):
        apps_rec.predict(ranked.version, "eval.csv", str(tmp_path / "best.csv"), **options)


# ---- scores


@pytest.fixture
def requests(ranked, tmp_path):
    """Rows of requests of SIZES items, as columns, and as rows.parquet; a user's requests differ in the context."""
    there = ranked.rows()
    count = sum(SIZES)
    rows = take(there, [place % len(there["user"]) for place in range(count)])
    rows["app"] = [(7 * place) % 30 for place in range(count)]
    group = np.repeat(np.arange(len(SIZES)), SIZES).tolist()
    for column in ranked.schema.shared:
        # Groups 0 and 1 are of one user.
        rows[column.name] = [rows[column.name][max(number, 1)] for number in group]
    rows["word"] = [(b"fun", b"spiele")[number % 2] for number in group]
    table = {name: [value.decode() if isinstance(value, bytes) else value for value in rows[name]] for name in rows}
    table |= {"request": group, "row": list(range(count))}
    pq.write_table(pa.table(table), tmp_path / "rows.parquet")
    return rows, str(tmp_path / "rows.parquet")


def scored_one_by_one(ranked, rows):
    each = [
        ranked.engine.run("serving_default", request("serving_default", take(rows, [i]), ranked.schema))
        for i in range(len(rows["app"]))
    ]
    return {name: np.concatenate([one[name] for one in each]) for name in OUTPUTS}


def best_by_hand(scores, top_k):
    """Rows of the input, in the order of the output."""
    expected = []
    for start, end in pairwise(np.cumsum([0, *SIZES]).tolist()):
        order = np.argsort(-scores[start:end], kind="stable")[:top_k]
        expected += [(start + int(place), rank + 1) for rank, place in enumerate(order)]
    return expected


@pytest.mark.parametrize("batch_size", [7, pytest.param(4096, marks=pytest.mark.slow)])
@pytest.mark.parametrize("top_k", [4, None, 1000])
def test_the_best_rows_are_those_of_single_rows_sorted(ranked, requests, tmp_path, top_k, batch_size):
    rows, path = requests
    scores = scored_one_by_one(ranked, rows)
    output = str(tmp_path / "best.parquet")
    options = {"signature": "rank", "group_by": ["request"], "top_k": top_k}
    result = predict_file(str(ranked.version), path, output, ["row", "app"], batch_size=batch_size, **options)
    table = pq.read_table(output)
    assert table.column_names == ["request", "row", "app", "rank", *OUTPUTS]
    expected = best_by_hand(scores["score"], top_k)
    assert list(zip(table["row"].to_pylist(), table["rank"].to_pylist(), strict=True)) == expected
    places = [place for place, _ in expected]
    assert table["app"].to_pylist() == [rows["app"][place] for place in places]
    assert table["request"].to_pylist() == np.repeat(np.arange(len(SIZES)), SIZES)[places].tolist()
    for name in OUTPUTS:
        np.testing.assert_allclose(table[name].to_numpy(), scores[name][places], rtol=0, atol=1e-6, err_msg=name)
    assert (result.rows, result.written, result.groups) == (sum(SIZES), len(expected), len(SIZES))
    if top_k == 4:
        assert len(expected) == 3 + 1 + 4 + 4 + 1 + 4


def test_several_columns_make_the_groups_and_are_kept(ranked, requests, tmp_path):
    rows, path = requests
    output = tmp_path / "best"
    options = {"part_format": "csv", "rows_per_part": 20, "signature": "rank", "group_by": ["user", "word"]}
    result = apps_rec.predict(ranked.version, path, str(output), ["row"], **options)
    assert (result.written, result.files, result.groups) == (sum(SIZES), 2, len(SIZES))
    parts = [pyarrow.csv.read_csv(output / f"part-0000{number}.csv") for number in range(2)]
    assert [part.num_rows for part in parts] == [20, sum(SIZES) - 20]
    table = pa.concat_tables(parts)
    assert table.column_names == ["user", "word", "row", "rank", *OUTPUTS]
    assert table["word"].to_pylist() == [rows["word"][place].decode() for place in table["row"].to_pylist()]


@pytest.mark.slow
def test_weights_change_the_order(ranked, requests, tmp_path):
    rows, path = requests
    scores = scored_one_by_one(ranked, rows)
    orders = []
    for click, download in ((1.0, 0.0), (-1.0, 0.0), (0.3, 2.0)):
        output = str(tmp_path / "best.parquet")
        options = {
            "signature": "rank",
            "group_by": ["request"],
            "weights": {"probs_ctr": click, "probs_ctcvr": download},
        }
        apps_rec.predict(ranked.version, path, output, ["row"], **options)
        table = pq.read_table(output)
        score = click * scores["probs_ctr"] + download * scores["probs_ctcvr"]
        orders.append(table["row"].to_pylist())
        assert orders[-1] == [place for place, _ in best_by_hand(score, None)]
        np.testing.assert_allclose(table["score"].to_numpy(), score[orders[-1]], rtol=0, atol=1e-6)
    assert orders[0] != orders[1]


@pytest.mark.parametrize("weights", [None, {"probs_ctr": -0.3, "probs_ctcvr": 3e38}])
@pytest.mark.parametrize("top_k", [2, pytest.param(None, marks=pytest.mark.slow)])
def test_one_call_for_all_requests_gives_what_a_call_for_each_gives(
    ranked, requests, tmp_path, monkeypatch, weights, top_k
):
    _, path = requests
    make, calls = ranked.engine.function, []

    def counting(signature, inputs):
        call = make(signature, inputs)
        return lambda arrays: calls.append(signature) or call(arrays)

    monkeypatch.setattr(ranked.engine, "function", counting)
    options = {"signature": "rank", "group_by": ["request"], "top_k": top_k, "weights": weights}
    tables = []
    for by_request in (False, True):
        # As an export whose products are of bfloat16 is asked.
        monkeypatch.setattr(predict_module, "is_half_precision", lambda config, by_request=by_request: by_request)
        predict_file(str(ranked.version), path, str(tmp_path / "best.parquet"), ["row"], **options)
        tables.append(pq.read_table(tmp_path / "best.parquet"))
    assert calls == ["serving_default", *["rank"] * len(SIZES)]
    together, each = tables
    assert together.schema == each.schema
    for name in ("request", "row", "rank"):
        assert together[name].to_pylist() == each[name].to_pylist()
    for name in OUTPUTS:
        np.testing.assert_allclose(together[name].to_numpy(), each[name].to_numpy(), rtol=1e-6, atol=1e-6, err_msg=name)


def test_of_equal_scores_the_earlier_row_comes_first():
    scores = np.float32([1, 3, 3, 0.0, -0.0, 7, 3])
    rows = Batch(
        Columns(np.zeros(7, np.dtype([("app", np.int64)])), {}), np.arange(1, 8), True, pa.table({"row": range(7)})
    )
    schema = ServingSchema(
        (Column("app", "INT64", 0),),
        {"app": "item"},
        (),
        frozenset(),
        (("probs_ctr", 2.0),),
        "weighted_sum",
        None,
        ("probs_ctr", "score"),
    )
    call = lambda arrays: {"probs_ctr": scores, "score": scores}
    table = rank_rows(call, rows, np.array([0, 5, 6, 7]), schema, Ranking(("row",)))
    assert table["row"].to_pylist() == [1, 2, 0, 3, 4, 5, 6]
    assert table["rank"].to_pylist() == [1, 2, 3, 4, 5, 1, 1]
    assert table["score"].to_pylist() == [6, 6, 2, 0, 0, 14, 6]


def test_a_user_who_changes_within_a_group(ranked, requests, tmp_path):
    _, path = requests
    table = pq.read_table(path)
    ages, words = table["age"].to_pylist(), table["word"].to_pylist()
    # Row 9 is the sixth of the third group, and the second of the second file.
    place = table.column_names.index("age")
    wrong = table.set_column(place, "age", pa.array([*ages[:9], 77, *ages[10:]], pa.int32()))
    pq.write_table(wrong.slice(0, 8), tmp_path / "a.parquet")
    pq.write_table(wrong.slice(8), tmp_path / "b.parquet")
    files, output = f"{tmp_path}/[ab].parquet", str(tmp_path / "best")
    with pytest.raises(
        DataError,
        match=rf'b\.parquet: row 2, column "age": expected {ages[8]} as in the row before, which is of the same group, '
        r"got 77\. It is a column of the user: one value for each request\. Correct the rows, or group by",
    ):
        predict_file(str(ranked.version), files, output, batch_size=7, signature="rank", group_by=["request"])
    assert not list(tmp_path.glob("*best*"))
    # Rows 2 and 3 are of two groups, in which the context differs: one group by user they must not be.
    assert words[2] != words[3]
    with pytest.raises(DataError, match=rf'row 4, column "word": expected "{words[2]}" .* got "{words[3]}".* context'):
        predict_file(str(ranked.version), path, output, batch_size=7, signature="rank", group_by=["user"])
    # Every column that differs is named, the one of the earliest row first.
    with pytest.raises(
        DataError,
        match=r'column "word": expected .* one value .* Within groups of these rows these differ too: "age" \(user\)\.',
    ):
        predict_file(str(ranked.version), f"{tmp_path}/[ab].parquet", output, signature="rank", group_by=["user"])


def test_columns_that_cannot_be_kept(ranked, requests, tmp_path):
    _, path = requests
    output = str(tmp_path / "best.csv")
    with pytest.raises(DataError, match=r'there is no column "requst"\. Columns are .* Did you mean "request"\?'):
        apps_rec.predict(ranked.version, path, output, signature="rank", group_by=["requst"])
    pq.write_table(pq.read_table(path).append_column("rank", pa.array(range(sum(SIZES)))), path)
    with pytest.raises(DataError, match=r"column rank of .* is called like an output; choose others to keep"):
        apps_rec.predict(ranked.version, path, output, ["rank"], signature="rank", group_by=["request"])
