"""The requests of `make bench-serving`, and the goals that its figures are held against."""

from __future__ import annotations

from dataclasses import dataclass

VOCABULARY = 100_000
# Steps of training before our export: enough for experts that differ.
STEPS = 20
# Rows of a request, and requests of a block.
SIZES = {1: 200, 100: 100, 1000: 20}
DEEPCTR = "DeepCTR, ready ids"


@dataclass(frozen=True)
class Setting:
    """The way in which requests are made.

    Attributes:
        name: name in results and the document.
        threads: number of threads of the session; 0: TensorFlow's choice.
        is_fed: true if `Session.run` feeds by name, or a callable made beforehand takes the arrays as they are.
    """

    name: str
    threads: int
    is_fed: bool


ONE_THREAD = Setting("one thread", 1, is_fed=True)
SETTINGS = (
    ONE_THREAD,
    Setting("one thread, made callable", 1, is_fed=False),
    Setting("default threads", 0, is_fed=True),
)


@dataclass(frozen=True)
class Entry:
    """One signature of one SavedModel.

    Attributes:
        name: name in results and tables.
        model: ours, ours_half, deepctr, or least: the inputs and matrix products of ours alone.
        signature: signature to call.
    """

    name: str
    model: str
    signature: str

    @property
    def is_scored(self) -> bool:
        """Tells whether it answers with our model's scores."""
        return self.model.startswith("ours")

    @property
    def outputs(self) -> tuple[str, ...]:
        """Returns the outputs that a request asks for: two everywhere, as DeepCTR's model has two; none: all."""
        if self.model == "deepctr":
            return ()
        return ("score", "order") if self.signature.startswith("rank") else ("probs_ctr", "probs_ctcvr")


ENTRIES = (
    Entry(DEEPCTR, "deepctr", "serving_default"),
    Entry("serving_default", "ours", "serving_default"),
    Entry("serving_tf_example", "ours", "serving_tf_example"),
    Entry("rank", "ours", "rank"),
    Entry("rank_packed", "ours", "rank_packed"),
    Entry("serving_default, half precision", "ours_half", "serving_default"),
    Entry("rank_packed, half precision", "ours_half", "rank_packed"),
    Entry("rank, inputs and products alone", "least", "rank"),
    Entry("rank_packed, inputs and products alone", "least", "rank_packed"),
)


@dataclass(frozen=True)
class Goal:
    """CPU time of an entry's request beside DeepCTR's, on one thread: at most `most`, aiming at `aim`."""

    entry: str
    rows: int
    most: float
    aim: float | None = None


GOALS = (
    Goal("rank_packed", 1, 0.6, 0.5),
    Goal("rank_packed", 100, 0.65, 0.5),
    Goal("rank", 100, 0.8),
    Goal("serving_default", 100, 1.05),
)
