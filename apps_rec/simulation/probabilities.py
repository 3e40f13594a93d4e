"""Computes the true probabilities of drawn impressions, and their means given only the columns of the log."""

import numpy as np

from apps_rec.simulation.impressions import Impressions
from apps_rec.simulation.integrate import mean_probability, mean_product, sigmoid
from apps_rec.simulation.world import SETUP_LOGIT, SETUP_SHARE, Array, Codes, World

TRUTH_COLUMNS = (
    "p_ctr",
    "p_cvr",
    "p_ctcvr",
    "p_ctr_columns",
    "p_cvr_columns",
    "p_ctcvr_columns",
    "p_cvr_clicked_columns",
)


def true_probabilities(
    world: World, impressions: Impressions, click_intercept: float, download_intercept: float
) -> dict[str, Array]:
    """Returns the columns of a truth file by name. The docs of `simulate_store` explain each."""
    app = impressions.app
    click = impressions.click_logit + click_intercept
    download = impressions.download_logit + download_intercept
    pctr = sigmoid(click + impressions.click_remainder)
    pcvr = sigmoid(download + impressions.download_remainder)
    pctr_columns = pctr_given_columns(world, app, click)
    pctcvr_columns = pctcvr_given_columns(world, app, click, download)
    return {
        "p_ctr": pctr,
        "p_cvr": pcvr,
        "p_ctcvr": pctr * pcvr,
        "p_ctr_columns": pctr_columns,
        "p_cvr_columns": mean_probability(download, world.download_stddev[app]),
        "p_ctcvr_columns": pctcvr_columns,
        "p_cvr_clicked_columns": pctcvr_columns / pctr_columns,
    }


def pctr_given_columns(world: World, app: Codes, click_logits: Array) -> Array:
    """Returns the mean of p_ctr over sessions that set up a device and all others, each integrated over a Gaussian."""
    stddev = world.click_stddev[app]
    usual = mean_probability(click_logits, stddev)
    return usual + SETUP_SHARE * (mean_probability(click_logits + SETUP_LOGIT, stddev) - usual)


def pctcvr_given_columns(world: World, app: Codes, click_logits: Array, download_logits: Array) -> Array:
    """Returns the mean of p_ctcvr in the same way. The tastes correlate the two Gaussians."""
    spread = (world.click_stddev[app], world.download_stddev[app], world.remainder_correlation[app])
    return mean_product(click_logits, download_logits, *spread, shift=SETUP_LOGIT, share=SETUP_SHARE)


def draw_labels(rng: np.random.Generator, truth: dict[str, Array], is_cached: np.ndarray) -> tuple[Codes, Codes]:
    """Draws clicks and downloads by their true probabilities: none on cached rows, no download without a click."""
    click = (rng.random(len(is_cached)) < truth["p_ctr"]) & ~is_cached
    download = (rng.random(len(is_cached)) < truth["p_cvr"]) & click
    return click.astype(np.int64), download.astype(np.int64)
