"""A simulated test: arms rank, positions and labels follow, and the log says what was true."""

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

import apps_rec
from apps_rec.data import build_schema
from apps_rec.data.rows.record_batches import read_record_batches
from apps_rec.errors import RunError, UserError
from apps_rec.serving.engine import Engine
from apps_rec.serving.export_folder import open_export
from apps_rec.serving.requests import request
from apps_rec.serving.schema import RANK, WEIGHTS, build_serving_schema
from apps_rec.simulation.experiment import LOG_WITH_ARMS, simulate_experiment
from apps_rec.simulation.rankers import export_ranker, random_ranker
from apps_rec.simulation.tables import LOG_SCHEMA


def by_app(candidates):
    """App 0 first."""
    return -candidates["app_id"].to_numpy().astype(float)


@pytest.fixture(scope="module")
def test_of_two(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ab")
    made = simulate_experiment({"random": random_ranker(), "by_app": by_app}, folder, users=3000)
    return folder, made, pq.read_table(folder / "log.parquet").to_pandas()


def pages_of(log):
    """The page of each row: a page begins at each position 1."""
    return (log["position"] == 1).cumsum()


def test_the_log_has_the_columns_of_the_stores_log_and_the_arm(test_of_two):
    folder, _, log = test_of_two
    assert pq.read_schema(folder / "log.parquet").equals(LOG_WITH_ARMS)
    assert LOG_WITH_ARMS.names == [*LOG_SCHEMA.names, "arm"]
    assert log["impression_id"].tolist() == list(range(len(log)))
    assert set(log["is_cached"]) == {0}
    assert not log["click"].lt(log["download"]).any()


def test_a_user_is_in_one_arm_and_arms_are_alike(test_of_two):
    _, made, log = test_of_two
    assert set(log.groupby("user_id")["arm"].nunique()) == {1}
    users = log.groupby("arm")["user_id"].nunique()
    assert users.sum() == 3000
    # Four standard deviations of a fair coin.
    assert abs(users["random"] - 1500) < 4 * np.sqrt(3000) / 2
    assert [(name, arm.users) for name, arm in made.arms.items()] == [(n, users[n]) for n in ("random", "by_app")]


def test_a_page_shows_the_best_of_its_candidates_from_position_1_on(test_of_two):
    _, _, log = test_of_two
    page = pages_of(log)
    assert (log.groupby(page)["position"].agg(lambda places: places.tolist() == list(range(1, len(places) + 1)))).all()
    assert log["position"].max() == 10
    of_app = log["arm"] == "by_app"
    # Within a page each next app is of a higher number, and none comes twice.
    steps = log["app_id"].diff()[of_app & (log["position"] > 1)]
    assert (steps > 0).all()
    assert not log.duplicated(["app_id", "user_id", "event_time"]).any()
    # Of 20 candidates by popularity, the lowest numbers are shown.
    assert log.loc[of_app, "app_id"].mean() < 0.5 * log.loc[~of_app, "app_id"].mean()


def test_clicks_and_downloads_are_as_many_as_the_truth_expects(test_of_two):
    _, made, log = test_of_two
    for name, arm in made.arms.items():
        rows = log[log["arm"] == name]
        assert (arm.impressions, arm.clicks, arm.downloads) == (len(rows), rows["click"].sum(), rows["download"].sum())
        # Given the probabilities, a sum of Bernoulli draws varies by less than a Poisson count.
        assert abs(arm.clicks - arm.expected_clicks) < 4 * np.sqrt(arm.expected_clicks)
        assert abs(arm.downloads - arm.expected_downloads) < 4 * np.sqrt(arm.expected_downloads)
    quotient = [arm.expected_downloads / arm.users for arm in made.arms.values()]
    assert made.expected_difference("by_app") == quotient[1] / quotient[0] - 1


def test_where_the_order_is_random_clicks_fall_with_the_position(test_of_two):
    _, _, log = test_of_two
    rate = log[log["arm"] == "random"].groupby("position")["click"].mean()
    # The logit falls by .45 times the logarithm of the position: to exp(-.45 * log 6) = .45 of the odds at the sixth.
    assert 0.4 < rate[6] / rate[1] < 0.7
    assert rate[1] > rate[2] > rate[4]


def test_the_same_seeds_give_the_same_bytes(tmp_path):
    for name in "ab":
        simulate_experiment({"x": random_ranker(), "y": by_app}, tmp_path / name, users=300, draw=5)
    assert (tmp_path / "a/log.parquet").read_bytes() == (tmp_path / "b/log.parquet").read_bytes()
    simulate_experiment({"x": random_ranker(), "y": by_app}, tmp_path / "b", users=300, draw=6)
    assert (tmp_path / "a/log.parquet").read_bytes() != (tmp_path / "b/log.parquet").read_bytes()
    assert json.loads((tmp_path / "b/simulation.json").read_text())["draw"] == 6


def test_more_users_leave_the_first_ones_as_they_are(tmp_path, test_of_two):
    simulate_experiment({"one": by_app, "other": by_app}, tmp_path / "few", users=2000)
    _, _, log = test_of_two
    few = pq.read_table(tmp_path / "few/log.parquet").to_pandas()
    first = log[log["user_id"] < 2000]
    assert first.groupby("user_id").size().tolist() == few.groupby("user_id").size().tolist()
    same = first["arm"].to_numpy() == "by_app"
    assert few["app_id"].to_numpy()[same].tolist() == first["app_id"].to_numpy()[same].tolist()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"users": 0, "candidates": 9},
            "simulate ab: users: expected 1 or more, got 0; candidates: expected from 10 to",
        ),
        ({"draw": -1}, "simulate ab: draw: expected 0 or more, got -1"),
        ({"impressions_per_user": 3}, "simulate ab: impressions_per_user: expected from 8 to 1000, got 3"),
    ],
)
def test_messages(tmp_path, wrong, message):
    with pytest.raises(UserError) as caught:
        simulate_experiment({"x": by_app, "y": by_app}, tmp_path, **wrong)
    assert str(caught.value).startswith(message)


def test_a_log_that_no_simulation_wrote_stays(tmp_path):
    (tmp_path / "log.parquet").write_text("mine")
    with pytest.raises(RunError, match=r"log\.parquet would be replaced, and no simulation wrote it"):
        simulate_experiment({"x": by_app, "y": by_app}, tmp_path)
    assert (tmp_path / "log.parquet").read_text() == "mine"


@pytest.mark.parametrize(
    ("exports", "message"),
    [
        (["random"], "exports: expected two or more, or one and the word random, got random"),
        (["out/x/export/17", "x=other"], "exports: two arms are called x; expected NAME=EXPORT for one of them"),
        (["random", "nothing/here"], "nothing/here"),
    ],
)
def test_messages_on_exports(tmp_path, exports, message):
    with pytest.raises(RunError) as caught:
        apps_rec.simulate_ab(exports, tmp_path / "ab")
    assert str(caught.value).startswith(message)


@pytest.fixture(scope="module")
def esmm(tmp_path_factory):
    """An export of ESMM that a small store trained, in the working directory."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("esmm")
        (folder / "samples").symlink_to(apps_rec.__path__[0] + "/../samples")
        patch.chdir(folder)
        apps_rec.simulate_store("data/appstore", users=4000)
        config = apps_rec.check("samples/appstore/esmm.config", ["model_dir=out/esmm", "train_config.num_steps=300"])
        apps_rec.train(config)
        yield str(apps_rec.export(config, "out/esmm/export"))


@pytest.mark.slow
def test_an_export_beats_a_random_order_by_what_the_truth_says(esmm):
    test = apps_rec.simulate_ab(["random", f"esmm={esmm}"], "out/ab", users=6000)
    row = test.report.comparisons[0]
    assert (row.metric, row.arm, row.is_significant) == ("distribution per user", "esmm", True)
    assert row.interval[0] < test.made.expected_difference("esmm") < row.interval[1]
    assert row.difference > 0.5


@pytest.mark.slow
def test_scores_of_many_requests_are_those_of_the_signature_rank(esmm):
    log = pq.read_table("data/appstore/eval.parquet").slice(0, 400)
    scores = export_ranker(esmm)(log)
    config = open_export(esmm)[1]
    served = build_serving_schema(config)
    schema = replace(build_schema(config, "predict"), input_type="parquet")
    (rows,) = read_record_batches(log.combine_chunks().to_batches(), schema, 400, [])
    # Rows of one page are a request.
    page = pages_of(log.to_pandas()).to_numpy()
    starts = np.flatnonzero(np.append(True, page[1:] != page[:-1]))
    assert len(starts) > 40
    with Engine(Path(esmm)) as engine:
        call = engine.function(RANK, [*(column.name for column in served.columns), WEIGHTS])
        for start, end in pairwise([*starts.tolist(), 400]):
            answer = call(request(RANK, rows.columns.slice(start, end), served, None))
            assert answer["score"] == pytest.approx(scores[start:end], rel=1e-5, abs=1e-7)
