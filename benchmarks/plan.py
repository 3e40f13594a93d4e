"""The runs of `make bench`, and the goals that its figures are held against."""

from __future__ import annotations

from dataclasses import dataclass, replace

from benchmarks.configs import OPTIMIZERS, Job

STEPS = 110
# glibc's own variables for what apps_rec sets itself: a peer under the same allocator settings.
SAME_ALLOCATOR = {
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(2**31 - 1),
    "MALLOC_TOP_PAD_": str(64 << 20),
}


@dataclass(frozen=True)
class Entry:
    """One process of a round.

    Attributes:
        name: name in results and tables.
        side: ours, deepctr or rechub.
        job: model and columns to train.
        flags: flags of the worker.
        environment: variables set for it.
        has_auc: true if its first round evaluates after training.
    """

    name: str
    side: str
    job: Job
    flags: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    has_auc: bool = True


def entries() -> list[Entry]:
    """Returns all processes of a round, in their order."""
    mmoe, ple, esmm, deepfm = Job("mmoe"), Job("ple"), Job("esmm"), Job("deepfm")
    din, few = Job("din"), 2_000
    legacy = ("--optimizer", "legacy_adam")
    allocator = tuple(SAME_ALLOCATOR.items())
    return [
        Entry("mmoe/ours", "ours", mmoe),
        Entry("mmoe/deepctr", "deepctr", mmoe),
        Entry("mmoe/deepctr_legacy_adam", "deepctr", mmoe, legacy),
        Entry("mmoe/rechub", "rechub", mmoe),
        Entry("mmoe/ours_bare_loop", "ours", mmoe, ("--bare-loop",), has_auc=False),
        Entry("mmoe/ours_fm", "ours", replace(mmoe, fm=True)),
        Entry("mmoe/ours_bf16", "ours", replace(mmoe, options="mixed_precision: true")),
        Entry("mmoe/deepctr_our_allocator", "deepctr", mmoe, environment=allocator, has_auc=False),
        Entry("mmoe/deepctr_legacy_adam_our_allocator", "deepctr", mmoe, legacy, allocator, has_auc=False),
        Entry("ple/ours", "ours", ple),
        Entry("ple/deepctr", "deepctr", ple),
        Entry("esmm/ours", "ours", esmm),
        Entry("esmm/deepctr", "deepctr", esmm),
        Entry("esmm/rechub", "rechub", esmm),
        Entry("deepfm/ours", "ours", deepfm),
        Entry("deepfm/deepctr", "deepctr", deepfm),
        Entry("deepfm/rechub", "rechub", deepfm),
        Entry("din/ours", "ours", din),
        Entry("din/deepctr", "deepctr", din),
        Entry("mmoe_2000/ours", "ours", replace(mmoe, vocabulary=few)),
        Entry("mmoe_2000/deepctr", "deepctr", replace(mmoe, vocabulary=few)),
        Entry("esmm_2000/ours", "ours", replace(esmm, vocabulary=few)),
        Entry("esmm_2000/deepctr", "deepctr", replace(esmm, vocabulary=few)),
    ]


@dataclass(frozen=True)
class Goal:
    """A ratio of two entries' rows per CPU-second, what it must reach and what it aims at."""

    name: str
    ours: str
    other: str
    least: float
    aim: float | None = None


GOALS = (
    Goal('MMOE beside DeepCTR, "adam"', "mmoe/ours", "mmoe/deepctr", 1.9, 2.4),
    Goal("MMOE beside DeepCTR, legacy Adam", "mmoe/ours", "mmoe/deepctr_legacy_adam", 1.4, 1.7),
    Goal("MMOE with FM beside DeepCTR without", "mmoe/ours_fm", "mmoe/deepctr", 1.7),
    Goal("MMOE beside torch-rechub", "mmoe/ours", "mmoe/rechub", 2.0),
    Goal("PLE beside DeepCTR", "ple/ours", "ple/deepctr", 1.5),
    Goal("plain ESMM beside DeepCTR", "esmm/ours", "esmm/deepctr", 1.8, 2.4),
    Goal("DIN over 50 items beside DeepCTR", "din/ours", "din/deepctr", 1.5),
    Goal("MMOE of 12 x 2,000 ids beside DeepCTR", "mmoe_2000/ours", "mmoe_2000/deepctr", 1.0, 1.2),
    Goal("plain ESMM of 12 x 2,000 ids beside DeepCTR", "esmm_2000/ours", "esmm_2000/deepctr", 1.0, 1.2),
    Goal("training beside a bare loop over its step", "mmoe/ours", "mmoe/ours_bare_loop", 0.9),
)

# Largest difference of parameters between two entries that a goal compares; an FM's first-order weights apart.
PARAMETERS_DIFFER_BY = 1e-3

# Rows of one table that all features share, for the cost of a step against its size.
TABLE_ROWS = (100_000, 1_000_000, 10_000_000)
VOCABULARY_OPTIMIZERS = OPTIMIZERS
LARGEST_VOCABULARY_RATIO = 1.4
# Rows of a file, for memory against them.
FILE_ROWS = (100_000, 1_000_000)
# Rows that the input alone goes through: reading is ahead by a window of 65,536, which must weigh little.
INPUT_ROWS = 2_000_000
FIRST_STEP_SECONDS, FIRST_STEP_AIM = 12.0, 8.0
INPUT_RATIOS = {"parquet": 3.0, "csv": 1.5}
