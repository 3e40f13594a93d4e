"""The ranking of a model's features by variational dropout, for people to choose features by."""

from __future__ import annotations

import json
import logging
from statistics import fmean

from apps_rec.models import RankModel
from apps_rec.training.run.folder import RunFolder, write_whole

# Number of features that a line of the log shows.
_MOST_SHOWN = 10
log = logging.getLogger("apps_rec")


def write_ranking(model: RankModel, folder: RunFolder) -> None:
    """Writes feature_ranking.json: the probability with which each feature is dropped, the least first.

    Of a feature whose numbers have probabilities of their own, it is their mean.
    """
    if model.variational_dropout is None:
        return
    means = {name: fmean(found) for name, found in model.variational_dropout.probabilities().items() if found}
    ranked = sorted(means, key=lambda name: (means[name], name))
    entries = [{"feature": name, "drop_probability": round(means[name], 6)} for name in ranked]
    write_whole(folder.feature_ranking, json.dumps(entries, indent=1, ensure_ascii=False) + "\n")
    first = ", ".join(f"{name} {means[name]:.3f}" for name in ranked[:_MOST_SHOWN])
    log.info("features dropped least: %s; all of them in %s", first, folder.feature_ranking)
