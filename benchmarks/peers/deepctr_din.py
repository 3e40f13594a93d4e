"""DeepCTR's DIN of the benchmarks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deepctr.feature_column import SparseFeat, VarLenSparseFeat
from deepctr.models import DIN

from benchmarks.dataset import HISTORY


def make_din(columns: Sequence[Any], key: str, vocabulary: int) -> Any:
    """Makes DIN of feature columns; the history of 50 items, `hist_<key>`, has the table of the column `key`."""
    item = {"vocabulary_size": vocabulary, "embedding_dim": 16, "embedding_name": "item"}
    of_row = [SparseFeat(key, **item) if column.name == key else column for column in columns]
    history = VarLenSparseFeat(SparseFeat(f"hist_{key}", **item), maxlen=HISTORY, length_name="history_length")
    return DIN([*of_row, history], [key], att_activation="relu", att_weight_normalization=True, l2_reg_embedding=0)
