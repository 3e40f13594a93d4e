"""Rankers of a simulated test: an export, or nobody."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa

from apps_rec.simulation.experiment import Ranker
from apps_rec.simulation.world import Array


def export_ranker(export: str | Path, weights: Mapping[str, float] | None = None, trust: bool = False) -> Ranker:
    """Returns the score of an export's signature rank, worked out for the candidates of many requests in one call.

    A row's probabilities do not depend on the other rows of its request, so one call of `serving_default` scores all of
    them; `predict --signature rank` does the same.

    Args:
        export: folder of a version.
        weights: weight of every term of the score, by output; None: the config's.
        trust: whether to run an export that holds operations which are in no export of apps_rec.

    Raises:
        RunError: the export is none, or the weights are of other outputs.
    """
    from apps_rec.serving.batch.arrow import arrow_scorer
    from apps_rec.serving.batch.options import plan_ranking
    from apps_rec.serving.export_folder import open_export
    from apps_rec.serving.schema import build_serving_schema
    from apps_rec.serving.score import plain_score

    served = build_serving_schema(open_export(str(export))[1])
    # The columns that make a request stand in the pages here; the option is there to be checked by one rule.
    ranking = plan_ranking(["user_id"], None, weights, served)
    factors = ranking.weights or tuple(weight for _, weight in served.terms)
    scorer = arrow_scorer(export, keep=[], batch_size=65_536, threads=0, trust=trust)

    def rank(candidates: pa.Table) -> Array:
        scored = scorer(candidates)
        assert isinstance(scored, pa.Table)
        outputs = {name: scored[name].to_numpy() for name, _ in served.terms}
        value = {} if served.value_field is None else {served.value_field: candidates[served.value_field].to_numpy()}
        # As the graph's, of 32 bits.
        return plain_score(outputs, value, served, factors).astype(np.float32).astype(np.float64)

    return rank


def random_ranker(seed: int = 0) -> Ranker:
    """Returns scores that no column tells: candidates in a random order."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(4,)))

    def rank(candidates: pa.Table) -> Array:
        return rng.random(candidates.num_rows)

    return rank
