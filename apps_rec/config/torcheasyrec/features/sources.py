"""Sources of features: sides, columns, and what they hold by fg_mode."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from apps_rec.config.report import Report
from apps_rec.protos.feature_pb2 import FeatureConfig

_SIDES = {"user": FeatureConfig.USER, "item": FeatureConfig.ITEM, "context": FeatureConfig.CONTEXT}
_GROUP, _END = chr(29), chr(3)


def separator_of(given: Any) -> str:
    """Returns the separator of the values in a cell: chr(29) where a feature gives none."""
    return given.separator if given.HasField("separator") else _GROUP


def has(given: Any, name: str) -> bool:
    """Tells whether a feature gives an option that not every kind of feature has."""
    return name in given.DESCRIPTOR.fields_by_name and bool(given.HasField(name))


def number_of_ids(given: Any) -> int | None:
    """Returns the number of ids of a feature; 0: it is a number; None: its vocab_file alone knows."""
    for name in ("num_buckets", "hash_bucket_size"):
        if has(given, name):
            return int(getattr(given, name))
    if getattr(given, "vocab_list", ()):
        # Two more, for an empty cell and for words outside.
        return len(given.vocab_list) + 2
    if entries := getattr(given, "vocab_dict", ()):
        return max(int(entry.value) for entry in entries) + 1
    if getattr(given, "boundaries", ()):
        return len(given.boundaries) + 1
    return None if has(given, "vocab_file") else 0


class Sources:
    """A reader of expressions `side:column`.

    Args:
        data: TorchEasyRec's data_config.
        lists: names of features or columns whose cells hold several values, as the user says.
        report: receiver of mistakes.

    Attributes:
        is_encoded: whether columns hold ids (FG_NONE).
        is_generated: whether columns hold the values of features (FG_BUCKETIZE).
        list_separator: separator of lists under FG_NONE.
    """

    def __init__(self, data: Any, lists: Collection[str], report: Report) -> None:
        enum = data.DESCRIPTOR.fields_by_name["fg_mode"].enum_type
        mode = enum.values[data.fg_mode].name if data.HasField("fg_mode") else "FG_NONE"
        if not data.HasField("fg_mode") and data.HasField("fg_encoded") and not data.fg_encoded:
            mode = "FG_NORMAL"
        self.is_encoded, self.is_generated = mode == "FG_NONE", mode == "FG_BUCKETIZE"
        self.list_separator = data.fg_encoded_multival_sep if data.HasField("fg_encoded_multival_sep") else _END
        self._lists, self._report = set(lists), report

    @property
    def by_name(self) -> bool:
        """Tells whether columns have the names of features."""
        return self.is_encoded or self.is_generated

    def is_list(self, feature: str, column: str) -> bool:
        """Tells whether the user said that the cells of a feature or of a column hold several values."""
        return feature in self._lists or column in self._lists

    def one(self, text: str, path: str, name: str) -> tuple[int, str]:
        """Returns side and column of an expression; under FG_BUCKETIZE the column is called like the feature."""
        side, colon, column = text.partition(":")
        if self.is_generated and name:
            return _SIDES.get(side, FeatureConfig.ITEM), name
        if side == "feature":
            said = (
                f'"{text}" is what another feature makes; a feature reads columns alone: write the values to a column'
            )
            self._refuse(path, f"{said}, and name it")
        elif side == "const":
            self._refuse(path, f'"{text}" is the same in every row: write it to a column, and name it')
        elif (not colon or side not in _SIDES) and not self._report.is_broken(path):
            self._report.error(path, f'expected user:, item: or context: and a column, got "{text}".')
        return _SIDES.get(side, FeatureConfig.ITEM), column or text

    def _refuse(self, path: str, text: str) -> None:
        self._report.places.refused.add(path)
        self._report.error(path, f"refused: {text}.")

    def side_of(self, given: Any) -> int:
        """Returns the side of a feature whose column has its name: that of its expressions, ITEM where they differ."""
        texts: list[str] = []
        for name in ("expression", "variables", "map", "key"):
            if name in given.DESCRIPTOR.fields_by_name:
                value = getattr(given, name)
                texts += [value] if isinstance(value, str) else list(value)
        sides = {_SIDES.get(text.partition(":")[0], FeatureConfig.ITEM) for text in texts if ":" in text}
        return sides.pop() if len(sides) == 1 else FeatureConfig.ITEM

    def set_side(self, feature: FeatureConfig, sides: list[int]) -> None:
        """Writes the sides of a feature's columns, where one is not the item's."""
        if set(sides) == {FeatureConfig.ITEM}:
            return
        if len(sides) == 1:
            feature.side = sides[0]  # type: ignore[assignment]
        else:
            feature.input_sides.extend(sides)  # type: ignore[arg-type]
