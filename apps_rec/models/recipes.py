"""Models that have a name in the papers, for notebooks; `build` makes the model of a config."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apps_rec.features import Embedder
from apps_rec.models.bodies import (
    Body,
    InformationTransfer,
    MixtureOfExperts,
    ProgressiveExtraction,
    SharedBottom,
)
from apps_rec.models.heads import FunnelHead, Head, IndependentHead
from apps_rec.models.rank_model import RankModel
from apps_rec.models.specs import CounterfactualSpec, DnnSpec, ExtractionSpec, FmSpec, Group, Task


def fm(embedder: Embedder, head: Head, features: Sequence[str], **options: Any) -> RankModel:
    """Returns a factorization machine alone: logit = bias + first-order weights + inner products of embeddings.

    Args:
        embedder: owner of the tables, with a first-order weight for every feature.
        head: the tasks and how their logits become probabilities.
        features: names of features of one embedding length.
        **options: further arguments of RankModel.

    References: Rendle 2010, Factorization Machines, equation 1.
    """
    return RankModel(embedder, head, fm=FmSpec(tuple(features), tuple(features)), **options)


def deepfm(
    embedder: Embedder, head: Head, features: Sequence[str], fm_features: Sequence[str] = (), **options: Any
) -> RankModel:
    """Returns the model logit = FM + DNN(embeddings); the DNN is the `dnn` of the head's tasks.

    Args:
        embedder: owner of the tables, with a first-order weight for every feature of the FM.
        head: the tasks and how their logits become probabilities.
        features: names of the features that the DNN reads.
        fm_features: names of the features that the FM reads, of one embedding length; empty: `features`.
        **options: further arguments of RankModel.

    References: Guo, Tang, Ye, Li, He 2017, DeepFM, equation 1.
    """
    body = SharedBottom([Group("deep", tuple(features))], len(head.tasks))
    of_fm = tuple(fm_features or features)
    return RankModel(embedder, head, body=body, fm=FmSpec(of_fm, of_fm), **options)


def shared_bottom(
    embedder: Embedder, head: Head, features: Sequence[str], dnn: DnnSpec | None = None, **options: Any
) -> RankModel:
    """Returns the plainest multi-task model: logit of a task = tower(DNN(embeddings)).

    Args:
        embedder: owner of the tables.
        head: the tasks and how their logits become probabilities.
        features: names of the features that the bottom reads.
        dnn: DNN of the bottom; None: towers read the embeddings.
        **options: further arguments of RankModel.
    """
    body = SharedBottom([Group("all", tuple(features))], len(head.tasks), dnn=dnn, **_of_body(options))
    return RankModel(embedder, head, body=body, **options)


def mmoe(
    embedder: Embedder,
    tasks: Sequence[Task],
    features: Sequence[str],
    num_experts: int,
    expert: DnnSpec,
    head: Head | None = None,
    gate: DnnSpec | None = None,
    **options: Any,
) -> RankModel:
    """Returns a mixture of experts: logit of a task = tower(sum of gate x expert) [+ FM].

    Every task's loss is over all impressions.

    Args:
        embedder: owner of the tables.
        tasks: the tasks; each has one tower and one gate.
        features: names of the features that experts and gates read.
        num_experts: number of experts, shared by all tasks; 1 or more.
        expert: DNN of every expert.
        head: the tasks and how their logits become probabilities; None: IndependentHead.
        gate: DNN of every gate, in front of its softmax; None: there is none.
        **options: further arguments of RankModel.

    References: Ma, Zhao, Yi, Chen, Hong, Chi 2018, Multi-gate Mixture-of-Experts, section 4.2.
    """
    groups = [Group("all", tuple(features))]
    body = MixtureOfExperts(groups, len(tasks), num_experts, expert, gate=gate, **_of_body(options))
    return RankModel(embedder, head or IndependentHead(tasks), body=body, **options)


def esmm(
    embedder: Embedder,
    tasks: Sequence[Task],
    features: Sequence[str],
    num_experts: int = 0,
    expert: DnnSpec | None = None,
    counterfactual: CounterfactualSpec | None = None,
    **options: Any,
) -> RankModel:
    """Returns the model pCTCVR = pCTR x pCVR, trained on clicks and on conversions over all impressions.

    Args:
        embedder: owner of the tables.
        tasks: the click and the conversion, in this order.
        features: names of the features that both towers read.
        num_experts: number of experts; 0: the paper's model, towers over shared embeddings, without gates.
        expert: DNN of every expert.
        counterfactual: a loss of pCVR alone beside that of pCTCVR, as in ESCM2; None: none.
        **options: further arguments of RankModel.

    Raises:
        ValueError: one of `num_experts` and `expert` without the other.

    References: Ma, Zhao, Huang, Wang, Hu, Zhu, Gai 2018, Entire Space Multi-Task Model, section 2.2. Wang et al. 2022,
        ESCM2 (arXiv 2204.05125), of the loss of pCVR.
    """
    if (num_experts > 0) != (expert is not None):
        raise ValueError("num_experts and expert belong together: give both or neither")
    groups = [Group("all", tuple(features))]
    body: Body
    if expert is None:
        body = SharedBottom(groups, len(tasks), **_of_body(options))
    else:
        body = MixtureOfExperts(groups, len(tasks), num_experts, expert, **_of_body(options))
    return RankModel(embedder, FunnelHead(tasks, counterfactual), body=body, **options)


def ple(
    embedder: Embedder,
    tasks: Sequence[Task],
    features: Sequence[str],
    networks: Sequence[ExtractionSpec],
    head: Head | None = None,
    **options: Any,
) -> RankModel:
    """Returns progressive layered extraction: layers of experts of each task and of all, mixed by a gate a task.

    Args:
        embedder: owner of the tables.
        tasks: the tasks; each has one tower.
        features: names of the features that experts and gates read.
        networks: layers from the features to the towers, one or more.
        head: the tasks and how their logits become probabilities; None: IndependentHead.
        **options: further arguments of RankModel.

    References: Tang, Liu, Zhao, Gong 2020, Progressive Layered Extraction, section 4.
    """
    body = ProgressiveExtraction([Group("all", tuple(features))], len(tasks), networks, **_of_body(options))
    return RankModel(embedder, head or IndependentHead(tasks), body=body, **options)


def aitm(
    embedder: Embedder,
    tasks: Sequence[Task],
    features: Sequence[str],
    task_dnn: DnnSpec,
    transfer_dnn: DnnSpec,
    head: Head | None = None,
    **options: Any,
) -> RankModel:
    """Returns adaptive information transfer: each task takes over what it can use of the task before it.

    Args:
        embedder: owner of the tables.
        tasks: the tasks from the first step to the last, two or more.
        features: names of the features that all tasks read.
        task_dnn: DNN of each task.
        transfer_dnn: DNN over what a task hands on; its last layer is as wide as that of `task_dnn`.
        head: the tasks and how their logits become probabilities; None: IndependentHead.
        **options: further arguments of RankModel.

    References: Xi et al. 2021, Modeling the Sequential Dependence among Audience Multi-step Conversions with Multi-task
        Learning in Targeted Display Advertising (arXiv 2105.08489).
    """
    groups = [Group("all", tuple(features))]
    body = InformationTransfer(groups, len(tasks), task_dnn, transfer_dnn, **_of_body(options))
    return RankModel(embedder, head or IndependentHead(tasks), body=body, **options)


def _of_body(options: dict[str, Any]) -> dict[str, Any]:
    """Returns the model's options that its body takes too."""
    return {name: options[name] for name in ("l2", "dtype") if name in options}
