import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from apps_rec.errors import DataError, RunError
from apps_rec.simulation import best_auc, load_truth, pcvr_errors, probability_error, simulate_store


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("truth")
    simulate_store(path, users=6000, correlation=0.8)
    return path


@pytest.fixture(scope="module")
def truth(folder):
    return load_truth(folder, "train")


def test_products_and_quotients_hold(truth):
    np.testing.assert_allclose(truth["p_ctcvr"], truth["p_ctr"] * truth["p_cvr"])
    np.testing.assert_allclose(truth["p_cvr_clicked_columns"], truth["p_ctcvr_columns"] / truth["p_ctr_columns"])
    for values in truth.probabilities.values():
        assert values.min() > 0
        assert values.max() < 1


def assert_calibrated(expected, observed, groups, slack):
    """In each tenth of the rows by `expected` its mean is near that of `observed`.

    The spread of the gap is taken over users' sums, as rows of one session share what no column tells.
    """
    for rows in np.array_split(np.argsort(expected), 10):
        gaps = np.bincount(groups[rows], observed[rows] - expected[rows])
        # One more squared event: among rows that are hardly ever clicked none may have been.
        error = np.sqrt(np.sum(gaps**2) + 1.0)
        assert abs(gaps.sum()) < slack * error, (expected[rows].mean(), observed[rows].mean())


@pytest.fixture(scope="module")
def groups(folder):
    table = pq.read_table(folder / "train.parquet", columns=["user_id", "is_cached"])
    return table["user_id"].to_numpy()[table["is_cached"].to_numpy() == 0]


@pytest.mark.parametrize("suffix", ["", "_columns"])
def test_labels_follow_the_probabilities_in_every_tenth(truth, groups, suffix):
    assert_calibrated(truth[f"p_ctr{suffix}"], truth.click, groups, 4)
    assert_calibrated(truth[f"p_ctcvr{suffix}"], truth.download, groups, 4)


@pytest.mark.parametrize("name", ["p_ctr", "p_cvr", "p_ctcvr"])
def test_means_given_the_columns_are_means_of_the_truth(truth, groups, name):
    assert_calibrated(truth[f"{name}_columns"], truth[name], groups, 4)


def test_downloads_of_clicked_rows_follow_the_quotient_and_not_the_mean_over_all_rows(truth, groups):
    clicked = truth.click == 1
    quotient, over_all = truth["p_cvr_clicked_columns"][clicked], truth["p_cvr_columns"][clicked]
    assert_calibrated(quotient, truth.download[clicked], groups[clicked], 4)
    # Tastes agree here, so who clicks likes the app better than the columns tell.
    assert truth.download[clicked].mean() - over_all.mean() > 0.5 * (quotient.mean() - over_all.mean()) > 0.003


def test_the_columns_tell_less_than_everything(truth):
    columns, everything = best_auc(truth), best_auc(truth, "everything")
    for task in ("ctr", "cvr_masked", "ctcvr"):
        assert columns[task] + 0.02 < everything[task]
    assert 0.65 < columns["ctr"] < 0.85
    assert columns["ctr"] == pytest.approx(roc_auc_score(truth.click, truth["p_ctr_columns"]), abs=1e-9)
    clicked = truth.click == 1
    masked = roc_auc_score(truth.download[clicked], truth["p_cvr_clicked_columns"][clicked])
    assert columns["cvr_masked"] == pytest.approx(masked, abs=1e-9)


def test_truth_stands_in_the_order_of_the_rows_not_from_a_cache(folder):
    log = pq.read_table(folder / "eval.parquet").filter(pa.compute.field("is_cached") == 0)
    truth = load_truth(folder)
    np.testing.assert_array_equal(log["impression_id"].to_numpy(), truth.impression_id)
    np.testing.assert_array_equal(log["click"].to_numpy(), truth.click)


def test_rows_of_finds_impressions_in_any_order(truth):
    picked = np.array([5, 0, len(truth) - 1, 5])
    np.testing.assert_array_equal(truth.rows_of(truth.impression_id[picked]), picked)
    with pytest.raises(DataError, match=r"impression_id -7 \(row 1; 1 such rows\) has no truth"):
        truth.rows_of(np.array([truth.impression_id[0], -7]))


def test_errors_by_hand():
    error = probability_error(np.array([0.5, 0.2]), np.array([0.4, 0.5]))
    assert error.rows == 2
    assert error.mean_absolute == pytest.approx(0.2)
    assert error.root_mean_square == pytest.approx(np.sqrt(0.05))
    assert error.bias == pytest.approx(-0.1)
    first = 0.4 * np.log(0.4 / 0.5) + 0.6 * np.log(0.6 / 0.5)
    second = 0.5 * np.log(0.5 / 0.2) + 0.5 * np.log(0.5 / 0.8)
    assert error.relative_entropy == pytest.approx((first + second) / 2)


def test_relative_entropy_is_the_log_loss_beyond_the_least():
    true = np.array([0.0, 1.0, 1.0, 0.0])
    predicted = np.array([0.1, 0.8, 0.6, 0.3])
    assert probability_error(predicted, true).relative_entropy == pytest.approx(log_loss(true, predicted))


def test_certain_and_wrong_is_finite():
    assert np.isfinite(probability_error(np.array([0.0]), np.array([0.3])).relative_entropy)


def test_errors_of_pcvr_are_smallest_for_the_mean_given_the_columns(truth):
    right = pcvr_errors(truth["p_cvr_columns"], truth)
    assert right["all_columns"].mean_absolute == 0
    assert right["all"] == right["best"]
    assert right["all"].rows == right["clicked"].rows + right["unclicked"].rows == len(truth)
    shrunk = pcvr_errors(0.5 * truth["p_cvr_columns"], truth)
    for name in ("all", "clicked", "unclicked", "all_columns"):
        assert shrunk[name].relative_entropy > right[name].relative_entropy
        assert shrunk[name].bias < -0.1


@pytest.mark.parametrize("wrong", [np.array([0.1, 1.2]), np.array([0.1, np.nan]), np.array([0.1])])
def test_what_is_no_probability_a_row_is_refused(wrong):
    with pytest.raises(DataError, match="probability_error"):
        probability_error(wrong, np.array([0.1, 0.2]))


def test_a_folder_without_a_simulation_says_how_to_make_one(tmp_path):
    with pytest.raises(RunError, match="apps-rec simulate store"):
        load_truth(tmp_path)


def test_log_and_truth_of_two_simulations_are_told_apart(folder, tmp_path):
    simulate_store(tmp_path, users=50, seed=1)
    shutil.copy(folder / "eval.parquet", tmp_path)
    with pytest.raises(DataError, match="not those of"):
        load_truth(tmp_path)
