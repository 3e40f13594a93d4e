"""Logs of experiments whose users are known, and sums over them by numpy alone."""

import numpy as np
import pyarrow as pa
from tea_tasting.aggr import Aggregates


def users_of(arms, seed=0, click_rate=0.1):
    """Columns of users: arm, impressions (may be 0 of a kind), clicks, downloads, and downloads before.

    Args:
        arms: number of users of each arm.
    """
    draw = np.random.default_rng(seed)
    arm = np.repeat(list(arms), list(arms.values()))
    count = len(arm)
    rate = click_rate * draw.gamma(1.0, 1.0, count)
    impressions = 1 + draw.poisson(7.0, count)
    clicks = draw.binomial(impressions, np.minimum(rate, 1.0))
    downloads = draw.binomial(clicks, 0.43)
    before = draw.poisson(20 * rate)
    return {"arm": arm, "impressions": impressions, "click": clicks, "download": downloads, "before": before}


def rows_of(users, seed=0):
    """A table with a row for each impression of these users, in a random order."""
    owner = np.repeat(np.arange(len(users["arm"])), users["impressions"])
    place = np.arange(len(owner)) - np.repeat(
        np.cumsum(users["impressions"]) - users["impressions"], users["impressions"]
    )
    order = np.random.default_rng(seed).permutation(len(owner))
    columns = {
        "user_id": owner,
        "arm": users["arm"][owner],
        "click": (place < users["click"][owner]).astype(np.int8),
        "download": place < users["download"][owner],
        "before": users["before"][owner],
    }
    return pa.table({name: column[order] for name, column in columns.items()})


def sums_of(values):
    """Sums of tea-tasting's kind over users, by numpy: number, means, variances, covariances.

    Args:
        values: float arrays by key, of the users of one arm.
    """
    keys = list(values)
    stacked = np.stack([np.asarray(values[key], np.float64) for key in keys])
    covariance = np.atleast_2d(np.cov(stacked))
    return Aggregates(
        stacked.shape[1],
        dict(zip(keys, stacked.mean(axis=1).tolist(), strict=True)),
        {key: float(covariance[at, at]) for at, key in enumerate(keys)},
        {(a, b): float(covariance[i, j]) for i, a in enumerate(keys) for j, b in enumerate(keys) if i < j},
    )
