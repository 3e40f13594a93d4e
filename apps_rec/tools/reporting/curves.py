"""The curves of a training, from its files for TensorBoard."""

from __future__ import annotations

from dataclasses import dataclass

from tensorboard.backend.event_processing.event_accumulator import TENSORS, EventAccumulator
from tensorboard.plugins.hparams.metadata import SESSION_END_INFO_TAG, SESSION_START_INFO_TAG
from tensorboard.util.tensor_util import make_ndarray

from apps_rec.training.run.folder import RunFolder


@dataclass(frozen=True)
class Curve:
    """The values of a number over the steps.

    Attributes:
        name: name of the number: loss, loss_ctr, learning_rate, or a metric of an evaluation.
        steps: steps, in rising order.
        values: values at these steps.
    """

    name: str
    steps: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True)
class Curves:
    """All curves of a training.

    Attributes:
        curves: curves in the order in which they were written first.
        began: time of the first point, in seconds since 1970; None: there are no curves.
        ended: time of the last point.
    """

    curves: tuple[Curve, ...] = ()
    began: float | None = None
    ended: float | None = None


def read_curves(folder: RunFolder) -> Curves:
    """Reads the curves of a run; those of a run that was resumed go on from file to file."""
    if not folder.summaries.is_dir():
        return Curves()
    # 0: every point, not a sample of them.
    events = EventAccumulator(str(folder.summaries), size_guidance={TENSORS: 0})
    events.Reload()
    found, times = [], []
    for name in events.Tags()[TENSORS]:
        if name in (SESSION_START_INFO_TAG, SESSION_END_INFO_TAG):  # of the page HParams, without numbers
            continue
        # A step that was trained again, behind a checkpoint, stands twice: the later one counts.
        points = {event.step: event for event in events.Tensors(name)}
        times += [event.wall_time for event in points.values()]
        steps = tuple(sorted(points))
        found.append(Curve(name, steps, tuple(float(make_ndarray(points[step].tensor_proto)) for step in steps)))
    return Curves(tuple(found), min(times, default=None), max(times, default=None))
