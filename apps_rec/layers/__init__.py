"""Keras layers with plain constructor arguments, one a file."""

from apps_rec.layers.activations import ACTIVATIONS, TRAINED_ACTIVATIONS, Dice, Prelu
from apps_rec.layers.attention import AttentionPooling, TargetAttention
from apps_rec.layers.batch_norm import GlobalBatchNorm
from apps_rec.layers.cross import Cross
from apps_rec.layers.dnn import Dnn
from apps_rec.layers.dot_interaction import DotInteraction
from apps_rec.layers.dropout import StatelessDropout
from apps_rec.layers.fm import Fm
from apps_rec.layers.head import MultiplicativeHead
from apps_rec.layers.pooling import COMBINERS, masked_pool
from apps_rec.layers.tasks.adaptive_transfer import AdaptiveTransfer
from apps_rec.layers.tasks.cgc import CustomizedGateControl
from apps_rec.layers.tasks.experts import Experts
from apps_rec.layers.tasks.gates import Gates
from apps_rec.layers.tasks.relation_tower import RelationTower
from apps_rec.layers.tower import Tower

__all__ = [
    "ACTIVATIONS",
    "COMBINERS",
    "TRAINED_ACTIVATIONS",
    "AdaptiveTransfer",
    "AttentionPooling",
    "Cross",
    "CustomizedGateControl",
    "Dice",
    "Dnn",
    "DotInteraction",
    "Experts",
    "Fm",
    "Gates",
    "GlobalBatchNorm",
    "MultiplicativeHead",
    "Prelu",
    "RelationTower",
    "StatelessDropout",
    "TargetAttention",
    "Tower",
    "masked_pool",
]
