"""Three sets of data, with the widths that every model has on them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Task:
    """Names a prediction and its label.

    Attributes:
        name: name of the tower and suffix of its metrics.
        label: column of its label.
    """

    name: str
    label: str

    @property
    def title(self) -> str:
        """Returns its name in a table: CTR, CTCVR, or words."""
        words = self.name.replace("_", " ")
        return words.upper() if words.startswith("ct") else words


@dataclass(frozen=True)
class Dataset:
    """A log with two tasks, and the config whose columns, features, optimizer and early stop all models share.

    Attributes:
        name: short name.
        title: name in a table.
        config: config that gives all but the model.
        measured: file that is measured; it neither trains nor stops a model.
        tasks: both tasks; of a funnel the second is over all impressions.
        users: column of users, whose rows are drawn together; "": rows are drawn alone.
        is_funnel: whether a row of the second task is one of the first too.
        dnn: network of an expert, and of the deep model.
        tower: network of a tower.
        experts: number of experts.
        weights: weights of both losses.
        position: the model's position tower, in the config's words.
        l2_regularization: weight of the dense kernels' squares.
        fm_regularization: weight of the embeddings' squares where the FM is alone; None: as for all.
    """

    name: str
    title: str
    config: Path
    measured: str
    tasks: tuple[Task, Task]
    users: str
    is_funnel: bool
    dnn: str
    tower: str
    experts: int = 2
    weights: tuple[float, float] = (1, 1)
    position: str = ""
    l2_regularization: float = 0
    fm_regularization: float | None = None


STORE = Dataset(
    name="store",
    title="simulated store",
    config=ROOT / "samples/appstore/mmoe.config",
    measured="data/appstore/eval.parquet",
    tasks=(Task("ctr", "click"), Task("ctcvr", "download")),
    users="user_id",
    is_funnel=True,
    dnn="hidden_units: [128, 64] use_bn: false dropout_ratio: 0.1",
    tower="hidden_units: 64 use_bn: false dropout_ratio: 0.1",
    weights=(0.95, 0.05),
    position="position_tower { }",
    l2_regularization=1e-6,
    fm_regularization=1e-4,
)
KUAIRAND = Dataset(
    name="kuairand",
    title="KuaiRand-Pure",
    config=ROOT / "samples/kuairand/esmm.config",
    measured="data/kuairand/test.parquet",
    tasks=(Task("ctr", "y_click"), Task("ctcvr", "y_long_view")),
    users="user_id",
    is_funnel=True,
    dnn="hidden_units: [128, 64] use_bn: false dropout_ratio: 0.2",
    tower="hidden_units: 64 use_bn: false dropout_ratio: 0.2",
)
CENSUS = Dataset(
    name="census",
    title="Census-Income",
    config=ROOT / "samples/census/mmoe.config",
    measured="data/census/val.parquet",
    tasks=(Task("income", "y_income"), Task("never_married", "y_never_married")),
    users="",
    is_funnel=False,
    dnn="hidden_units: [128, 64] use_bn: false",
    tower="hidden_units: 32 use_bn: false",
)
DATASETS = (STORE, KUAIRAND, CENSUS)
