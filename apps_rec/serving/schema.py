"""The inputs and outputs of an export: columns with their sides, the order of packed ones, and the ranking score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from apps_rec.config.features import type_of
from apps_rec.config.outputs import output_widths, outputs, score_outputs
from apps_rec.config.sides import ITEM, column_sides
from apps_rec.data import Column, build_schema
from apps_rec.data.dtypes import DTYPES, WHOLE
from apps_rec.errors import ConfigError
from apps_rec.protos.feature_pb2 import FeatureConfig
from apps_rec.protos.model_pb2 import ScoreFormula
from apps_rec.protos.pipeline_pb2 import PipelineConfig

DEFAULT, EXAMPLE, RANK, RANK_PACKED = "serving_default", "serving_tf_example", "rank", "rank_packed"
SIGNATURES = (DEFAULT, EXAMPLE, RANK, RANK_PACKED)
EXAMPLES, WEIGHTS = "examples", "weights"
SCHEMA_ASSET = "assets/schema.json"
SHARED_TEXT, SHARED_NUMBERS, ITEM_TEXT, ITEM_NUMBERS = "shared_text", "shared_numbers", "item_text", "item_numbers"
# From this number on, float64 does not represent every whole number.
_LARGEST_EXACT = 2**53


@dataclass(frozen=True)
class ServingSchema:
    """Inputs and outputs of an export.

    Attributes:
        columns: columns of requests, in the order of the features that read them.
        sides: side of each column by name: user, item or context.
        filled: columns of position features; every row gets their default.
        ids: names of the INT columns that are packed as text: ids, and numbers compared or cut beyond 2^53.
        terms: output and weight of each score entry.
        formula: weighted_sum or product_of_powers.
        value_field: column that the score is multiplied by; None: there is none.
        outputs: names of the outputs of serving_default and serving_tf_example.
        score_outputs: names of those that rank gives too, beside score and order.
        widths: how many numbers a row those outputs hold that hold more than one, such as one for each class.
    """

    columns: tuple[Column, ...]
    sides: dict[str, str]
    filled: tuple[Column, ...]
    ids: frozenset[str]
    terms: tuple[tuple[str, float], ...]
    formula: str
    value_field: str | None
    outputs: tuple[str, ...]
    score_outputs: tuple[str, ...] = ()
    widths: Mapping[str, int] = field(default_factory=dict)

    @property
    def shared(self) -> tuple[Column, ...]:
        """Returns the columns of the user and the context."""
        return tuple(column for column in self.columns if self.sides[column.name] != ITEM)

    @property
    def items(self) -> tuple[Column, ...]:
        """Returns the columns of the items."""
        return tuple(column for column in self.columns if self.sides[column.name] == ITEM)

    @property
    def rank_outputs(self) -> tuple[str, ...]:
        """Returns the names of the outputs of rank and rank_packed."""
        return ("score", "order", *self.score_outputs)

    def is_text(self, column: Column) -> bool:
        """Tells whether a packed request holds a column among its texts: words, and numbers that are ids."""
        return column.dtype == "STRING" or column.name in self.ids

    def packed(self) -> dict[str, tuple[Column, ...]]:
        """Returns the columns of each stacked input of rank_packed, in order. An input without columns is left out."""
        stacked = {}
        for side, text, numbers in ((self.shared, SHARED_TEXT, SHARED_NUMBERS), (self.items, ITEM_TEXT, ITEM_NUMBERS)):
            stacked[text] = tuple(column for column in side if self.is_text(column))
            stacked[numbers] = tuple(column for column in side if not self.is_text(column))
        return {name: columns for name, columns in stacked.items() if columns}

    def to_json(self) -> dict[str, Any]:
        """Returns the content of schema.json."""
        return {
            "columns": [self._column(column) for column in self.columns],
            "filled_with_default": [self._column(column, side=False) for column in self.filled],
            "score": {
                "formula": self.formula,
                "terms": [{"output": output, "weight": weight} for output, weight in self.terms],
                "value_field": self.value_field,
            },
            "signatures": {
                DEFAULT: {
                    "inputs": [_input(column.name, DTYPES[column.dtype].serving, [None]) for column in self.columns],
                    "outputs": self._outputs(),
                },
                EXAMPLE: {
                    "inputs": [_input(EXAMPLES, "DT_STRING", [None])],
                    "outputs": self._outputs(),
                },
                RANK: {
                    "inputs": [
                        *(_input(column.name, DTYPES[column.dtype].serving, [1]) for column in self.shared),
                        *(_input(column.name, DTYPES[column.dtype].serving, [None]) for column in self.items),
                        _input(WEIGHTS, "DT_FLOAT", [len(self.terms)]),
                    ],
                    "outputs": self._rank_outputs(),
                },
                RANK_PACKED: {
                    "inputs": [
                        *(self._stacked(name, columns) for name, columns in self.packed().items()),
                        _input(WEIGHTS, "DT_FLOAT", [len(self.terms)]),
                    ],
                    "outputs": self._rank_outputs(),
                },
            },
        }

    def _column(self, column: Column, side: bool = True) -> dict[str, Any]:
        default = column.default.decode() if isinstance(column.default, bytes) else column.default
        described = {"name": column.name, "dtype": DTYPES[column.dtype].serving, "default": default}
        if column.column_name:
            described["column_name"] = column.column_name
        if side:
            described["side"] = self.sides[column.name]
        if column.list_separator is not None:
            described["list_separator"] = column.list_separator
        return described

    def _stacked(self, name: str, columns: tuple[Column, ...]) -> dict[str, Any]:
        dtype = "DT_STRING" if name in (SHARED_TEXT, ITEM_TEXT) else "DT_DOUBLE"
        rows = 1 if name in (SHARED_TEXT, SHARED_NUMBERS) else None
        return {**_input(name, dtype, [rows, len(columns)]), "columns": [column.name for column in columns]}

    def _outputs(self) -> list[dict[str, Any]]:
        widths = {name: [self.widths[name]] if name in self.widths else [] for name in self.outputs}
        return [_input(name, "DT_FLOAT", [None, *width]) for name, width in widths.items()]

    def shape_of(self, output: str, rows: int) -> tuple[int, ...]:
        """Returns the shape of an output of some rows."""
        return (rows, self.widths[output]) if output in self.widths else (rows,)

    def _rank_outputs(self) -> list[dict[str, Any]]:
        return [_input(name, "DT_INT32" if name == "order" else "DT_FLOAT", [None]) for name in self.rank_outputs]


def build_serving_schema(config: PipelineConfig) -> ServingSchema:
    """Builds the schema of the export of a config, which must be checked and normalised.

    Raises:
        ConfigError: no feature reads a column of the items.
    """
    asked = build_schema(config, "predict").columns
    all_sides, model = column_sides(config), config.model_config
    features = [f for f in config.feature_config.features if not f.position]
    read = {name for feature in features for name in feature.input_names}
    if not any(all_sides[column.name] == ITEM and column.name in read for column in asked):
        raise ConfigError("feature_config.features: no feature that the model reads has a column of the item to rank")
    words = {name for f in features if _needs_all_digits(f) for name in f.input_names}
    return ServingSchema(
        columns=asked,
        sides={column.name: all_sides[column.name] for column in asked},
        filled=tuple(column for column in build_schema(config, "train").inputs if column not in asked),
        ids=frozenset(column.name for column in asked if DTYPES[column.dtype].kind == WHOLE and column.name in words),
        terms=tuple((term.output, term.weight) for term in model.score),
        formula=ScoreFormula.Name(model.score_formula).lower(),
        value_field=model.score_value_field or None,
        outputs=tuple(outputs(config)),
        score_outputs=tuple(score_outputs(config)),
        widths=output_widths(config),
    )


def _needs_all_digits(feature: FeatureConfig) -> bool:
    """Tells whether a feature's whole numbers must not be rounded to float64: ids, those compared or cut far out."""
    is_cut_far_out = any(abs(cut) > _LARGEST_EXACT for cut in feature.boundaries)
    row, is_computed = type_of(feature), feature.feature_type == FeatureConfig.ExprFeature
    return bool(row.id_spaces) or is_cut_far_out or is_computed or row.map_at is not None


def _input(name: str, dtype: str, shape: list[int | None]) -> dict[str, Any]:
    return {"name": name, "dtype": dtype, "shape": shape}
