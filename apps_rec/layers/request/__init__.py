"""Computes once what all rows of a request share: columns that layers take for a tensor, kernels kept for them."""

from apps_rec.layers.request.columns import RequestColumns, each_row, in_precision_of
from apps_rec.layers.request.kernels import KeptKernels

__all__ = ["KeptKernels", "RequestColumns", "each_row", "in_precision_of"]
