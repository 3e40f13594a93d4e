"""The requests of `make bench-serving`, and the goals that its figures are held against."""

from __future__ import annotations

from dataclasses import dataclass

VOCABULARY = 100_000
# Steps of training before our export: enough for experts that differ.
STEPS = 20
DEEPCTR, DEEPCTR_DIN, PLAIN = "DeepCTR, ready ids", "DeepCTR's DIN, ready ids", "MMOE: rank"


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
        model: ours, ours_half, ours_din, ours_lookup, deepctr, deepctr_din, or least: the inputs and matrix products of
            ours alone.
        signature: signature to call.
        beside: name of the entry whose CPU time it is compared with.
    """

    name: str
    model: str
    signature: str
    beside: str = DEEPCTR

    @property
    def is_scored(self) -> bool:
        """Tells whether it answers with our model's scores."""
        return self.model.startswith("ours")

    @property
    def outputs(self) -> tuple[str, ...]:
        """Returns the outputs that a request asks for: DeepCTR's, or score and order; none: all."""
        if self.model.startswith("deepctr"):
            return ()
        if self.signature.startswith("rank"):
            return "score", "order"
        return ("probs_ctr",) if self.model == "ours_din" else ("probs_ctr", "probs_ctcvr")


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


LIST_ENTRIES = (
    Entry(DEEPCTR_DIN, "deepctr_din", "serving_default", DEEPCTR_DIN),
    Entry("DIN: serving_default", "ours_din", "serving_default", DEEPCTR_DIN),
    Entry("DIN: rank", "ours_din", "rank", DEEPCTR_DIN),
    Entry("DIN: rank_packed", "ours_din", "rank_packed", DEEPCTR_DIN),
    Entry(PLAIN, "ours", "rank", PLAIN),
    Entry("MMOE with a lookup: serving_default", "ours_lookup", "serving_default", PLAIN),
    Entry("MMOE with a lookup: rank", "ours_lookup", "rank", PLAIN),
    Entry("MMOE with a lookup: rank_packed", "ours_lookup", "rank_packed", PLAIN),
)


@dataclass(frozen=True)
class Comparison:
    """Entries that take turns.

    Attributes:
        entries: entries of a round.
        sizes: rows of a request, and requests of a block.
        settings: ways in which requests are made.
    """

    entries: tuple[Entry, ...]
    sizes: dict[int, int]
    settings: tuple[Setting, ...]

    @property
    def models(self) -> frozenset[str]:
        """Returns the names of the models that it needs."""
        return frozenset(entry.model for entry in self.entries)


COMPARISONS = {
    "requests": Comparison(ENTRIES, {1: 200, 100: 100, 1000: 20}, SETTINGS),
    "lists": Comparison(LIST_ENTRIES, {100: 50, 500: 10}, (ONE_THREAD,)),
}


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
