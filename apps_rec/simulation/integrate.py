"""Gauss-Hermite means of click and download probabilities over Gaussian remainders in their logits."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# For standard deviations of 2.3 (click) and .8 (download) the mean is within 1e-5 of its limit. Where probabilities are
# small the relative error is below 3e-6. Tests measure both.
CLICK_NODES = 24
DOWNLOAD_NODES = 8
_BLOCK_ROWS = 4096


def sigmoid(logits: Array) -> Array:
    """Returns the probability of a logit, 1 / (1 + exp(-x)), without overflow at either end."""
    return 0.5 * (1.0 + np.tanh(0.5 * logits))


def mean_probability(logits: Array, stddev: Array, nodes: int = CLICK_NODES) -> Array:
    """Returns E[sigmoid(logit + stddev * x)] for a standard normal x.

    Args:
        logits: known part of each row's logit, `[N]`.
        stddev: standard deviation of the unknown part of each row's logit, `[N]`.
        nodes: number of points of the quadrature.
    """
    points, weights = _standard_normal_points(nodes)
    result = np.empty_like(logits)
    for rows in _blocks(len(logits)):
        result[rows] = sigmoid(logits[rows, None] + stddev[rows, None] * points) @ weights
    return result


def mean_product(
    click_logits: Array,
    download_logits: Array,
    click_stddev: Array,
    download_stddev: Array,
    correlation: Array,
    shift: float = 0.0,
    share: float = 0.0,
    click_nodes: int = CLICK_NODES,
    download_nodes: int = DOWNLOAD_NODES,
) -> Array:
    """Returns E[sigmoid(click logit + x) * sigmoid(download logit + y)] for a bivariate normal (x, y) of mean zero.

    The inner mean is over y given x. Each point x of the outer rule therefore shifts the download logit by E[y | x].

    Args:
        click_logits: known part of the click logit, `[N]`.
        download_logits: known part of the download logit given a click, `[N]`.
        click_stddev: standard deviation of x, `[N]`.
        download_stddev: standard deviation of y, `[N]`.
        correlation: correlation of x and y, in [-1, 1], `[N]`.
        shift: number added to the click logit in a share of the cases, whatever x and y are.
        share: share of those cases, in [0, 1].
        click_nodes: number of points of the outer rule.
        download_nodes: number of points of the inner rule.
    """
    outer_points, outer_weights = _standard_normal_points(click_nodes)
    inner_points, inner_weights = _standard_normal_points(download_nodes)
    known = correlation * download_stddev
    left = download_stddev * np.sqrt(np.maximum(1.0 - correlation**2, 0.0))
    result = np.empty_like(click_logits)
    for rows in _blocks(len(click_logits)):
        # Odds against a download are a product: an exponential for each point of either rule, none for each pair.
        inner = np.exp(-(download_logits[rows] + left[rows] * inner_points[:, None]))  # [I, B]
        outer = np.exp(-known[rows] * outer_points[:, None])  # [O, B]
        pcvr = sum(weight / (1.0 + odds * outer) for weight, odds in zip(inner_weights, inner, strict=True))  # [O, B]
        click = click_logits[rows] + click_stddev[rows] * outer_points[:, None]  # [O, B]
        pctr = sigmoid(click) + share * (sigmoid(click + shift) - sigmoid(click))
        result[rows] = outer_weights @ (pctr * pcvr)
    return result


@cache
def _standard_normal_points(nodes: int) -> tuple[Array, Array]:
    """Returns points and weights of the Gauss-Hermite rule for a standard normal. The weights sum to 1."""
    points, weights = np.polynomial.hermite_e.hermegauss(nodes)
    return points, weights / weights.sum()


def _blocks(rows: int) -> list[slice]:
    """Returns slices of the rows, so small that the intermediate arrays stay in the processor's cache."""
    return [slice(start, start + _BLOCK_ROWS) for start in range(0, rows, _BLOCK_ROWS)]
