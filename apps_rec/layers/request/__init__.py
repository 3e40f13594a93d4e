"""Computes once what all rows of a request share: columns that layers take for a tensor, kernels kept for them."""

from apps_rec.layers.request.columns import RequestColumns, in_precision_of
from apps_rec.layers.request.kernels import KeptKernels

__all__ = ["KeptKernels", "RequestColumns", "in_precision_of"]
