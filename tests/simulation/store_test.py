import json
import shutil
from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apps_rec.errors import UserError
from apps_rec.simulation import impressions as draws
from apps_rec.simulation import load_truth, simulate_store
from apps_rec.simulation.calibrate import calibrate
from apps_rec.simulation.integrate import sigmoid
from apps_rec.simulation.store import FILES, SUMMARY_FILE
from apps_rec.simulation.world import make_world


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    return folder, simulate_store(folder, users=4000)


@pytest.fixture(scope="module")
def log(store):
    return pa.concat_tables([pq.read_table(store[0] / f"{split}.parquet") for split in ("train", "eval")])


@pytest.fixture(scope="module")
def of_seed_3(tmp_path_factory):
    folder = tmp_path_factory.mktemp("seed_3")
    simulate_store(folder, users=60, seed=3)
    return folder


def test_same_arguments_give_the_same_bytes(tmp_path, of_seed_3):
    simulate_store(tmp_path, users=60, seed=3)
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (of_seed_3 / name).read_bytes()


def test_another_seed_gives_another_log(tmp_path, of_seed_3):
    simulate_store(tmp_path, users=60, seed=4)
    assert (tmp_path / "train.parquet").read_bytes() != (of_seed_3 / "train.parquet").read_bytes()


def test_more_users_leave_the_first_ones_as_they_are(tmp_path, store):
    simulate_store(tmp_path, users=100)
    few = pq.read_table(tmp_path / "eval.parquet")
    many = pq.read_table(store[0] / "eval.parquet")
    assert few.equals(many.filter(pa.array(many["user_id"].to_numpy() < 100)).combine_chunks())


def test_counts_in_the_summary_are_those_of_the_files(store):
    folder, summary = store
    for split in ("train", "eval"):
        table = pq.read_table(folder / f"{split}.parquet")
        counts, cached = getattr(summary, split), table["is_cached"].to_numpy() == 1
        assert counts.rows == len(table)
        assert counts.cached_rows == cached.sum()
        assert counts.users == len(np.unique(table["user_id"].to_numpy()))
        assert counts.clicks == table["click"].to_numpy().sum()
        assert counts.downloads == table["download"].to_numpy().sum()
        assert counts.ctr == pytest.approx(table["click"].to_numpy()[~cached].mean())
    assert json.loads((folder / SUMMARY_FILE).read_text()) == summary.as_dict()


def test_a_download_has_a_click_and_a_cached_row_has_neither(log):
    click, download = log["click"].to_numpy(), log["download"].to_numpy()
    cached = log["is_cached"].to_numpy() == 1
    assert np.all(click >= download)
    assert click[cached].sum() == 0
    assert 0.03 < cached.mean() < 0.05


def test_evaluation_is_later_than_training_and_ids_are_unique(store, log):
    train, evaluation = (pq.read_table(store[0] / f"{split}.parquet") for split in ("train", "eval"))
    assert train["event_time"].to_numpy().max() < evaluation["event_time"].to_numpy().min()
    assert len(np.unique(log["impression_id"].to_numpy())) == len(log)


def test_columns_hold_nulls_lists_other_scripts_and_heavy_tails(log):
    for name in ("age_band", "gender", "installed_apps", "size_mb", "rating", "network"):
        assert 0 < log[name].null_count < 0.2 * len(log), name
    lengths = np.array([len(apps) for apps in log["installed_apps"][:20_000].to_pylist() if apps is not None])
    assert lengths.min() == 0
    assert lengths.max() == draws.MAX_HISTORY
    assert {"金融理财", "игры для детей"} <= set(log["category"].to_pylist())
    size = log["size_mb"].drop_null().to_numpy()
    assert size.max() > 10 * np.median(size)


def test_an_app_has_one_category_and_a_page_shows_it_once(log):
    pairs = set(zip(log["app_id"].to_pylist(), log["category"].to_pylist(), strict=True))
    assert len(pairs) == len({app for app, _ in pairs})
    page = Counter(
        zip(log["user_id"].to_pylist(), log["event_time"].to_pylist(), log["app_id"].to_pylist(), strict=True)
    )
    # Two sessions of one user in the same second happen in a log of this size, if hardly ever.
    assert sum(count > 1 for count in page.values()) <= 5
    assert log["position"].to_numpy().min() == 1
    assert log["position"].to_numpy().max() == draws.MAX_POSITION


def test_position_lowers_clicks(store):
    table = pq.read_table(store[0] / "train.parquet", columns=["position", "click"])
    click, position = table["click"].to_numpy(), table["position"].to_numpy()
    assert click[position <= 2].mean() > 1.3 * click[position >= 7].mean()


def assert_rates(folder, ctr, cvr):
    truth = load_truth(folder, "train")
    assert truth["p_ctr_columns"].mean() == pytest.approx(ctr, rel=0.05)
    assert truth["p_ctcvr_columns"].mean() / truth["p_ctr_columns"].mean() == pytest.approx(cvr, rel=0.05)


def test_rates_are_a_tenth_and_43_percent(store):
    assert_rates(store[0], 0.1, 0.43)


@pytest.mark.parametrize(("ctr", "cvr"), [(0.02, 0.3), (0.3, 0.6)])
def test_rates_are_those_asked_for(tmp_path, ctr, cvr):
    simulate_store(tmp_path, users=4000, ctr=ctr, cvr=cvr, impressions_per_user=10)
    assert_rates(tmp_path, ctr, cvr)


def test_downloads_per_user_at_store_rates_vary_2_to_3_times_as_much_as_poisson():
    # Variance of the count = variance of its mean given the user + mean of its variance given the user: no labels are
    # drawn, which leaves less noise. A store reported 2.4 to 2.6 at these rates.
    world = make_world(7, 0.5)
    click, download = calibrate(world, 7, 0.004, 0.43)
    rng, count = np.random.default_rng(0), 200_000
    users = draws.draw_users(rng, world, 0, count, 8 / draws.MEAN_SESSION_LENGTH)
    shown = draws.draw_impressions(rng, world, users)
    pctr = sigmoid(shown.click_logit + shown.click_remainder + click)
    pctcvr = pctr * sigmoid(shown.download_logit + shown.download_remainder + download)
    mean = np.bincount(shown.user, pctcvr, minlength=count)
    within = np.bincount(shown.user, pctcvr * (1 - pctcvr), minlength=count)
    assert pctr.mean() == pytest.approx(0.004, rel=0.1)
    assert pctcvr.mean() / pctr.mean() == pytest.approx(0.43, rel=0.1)
    assert len(shown.user) / count == pytest.approx(8, rel=0.05)
    assert 2.0 < (mean.var() + within.mean()) / mean.mean() < 3.0


def test_correlation_is_that_of_the_two_utilities():
    realised = []
    for correlation in (-1.0, -0.5, 0.0, 0.5, 1.0):
        world = make_world(7, correlation)
        rng = np.random.default_rng(0)
        shown = draws.draw_impressions(rng, world, draws.draw_users(rng, world, 0, 2000, 2.0))
        realised.append(np.corrcoef(shown.click_logit, shown.download_logit)[0, 1])
    assert np.all(np.diff(realised) > 0.15)
    assert realised[0] < -0.5
    assert realised[-1] > 0.7


def test_earlier_files_are_replaced_and_others_left_alone(tmp_path, of_seed_3):
    shutil.copytree(of_seed_3, tmp_path, dirs_exist_ok=True)
    (tmp_path / "notes.txt").write_text("mine")
    first = (tmp_path / "train.parquet").read_bytes()
    simulate_store(tmp_path, users=30)
    assert (tmp_path / "train.parquet").read_bytes() != first
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*FILES, SUMMARY_FILE, "notes.txt"])
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_data_of_our_files_names_that_is_not_simulated_is_never_replaced(tmp_path):
    (tmp_path / "train.parquet").write_text("mine")
    with pytest.raises(UserError, match=r"train\.parquet would be replaced.*Give another folder"):
        simulate_store(tmp_path, users=30)
    assert [path.name for path in tmp_path.iterdir()] == ["train.parquet"]
    assert (tmp_path / "train.parquet").read_text() == "mine"


def test_all_wrong_arguments_are_named_at_once(tmp_path):
    with pytest.raises(UserError) as caught:
        simulate_store(tmp_path, users=0, seed=-1, ctr=1.5, cvr=0.0, correlation=1.2, impressions_per_user=1)
    for text in (
        "users: expected 1 or more, got 0",
        "seed",
        "ctr",
        "got 1.5",
        "cvr",
        "got 1.2",
        "impressions_per_user",
    ):
        assert text in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_not_a_number_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"ctr: expected .* got nan"):
        simulate_store(tmp_path, users=10, ctr=float("nan"))


def test_a_file_in_place_of_the_folder_is_an_error_with_its_name(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(UserError, match="taken: the simulated log cannot be written"):
        simulate_store(tmp_path / "taken", users=10)


def test_a_folder_that_cannot_be_looked_into_is_an_error_with_its_name(tmp_path):
    with pytest.raises(UserError, match=r"xxx: the simulated log cannot be written \(File name too long\)"):
        simulate_store(tmp_path / ("x" * 300), users=10)
