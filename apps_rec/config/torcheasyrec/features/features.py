"""Features of TorchEasyRec, as this package's."""

from __future__ import annotations

from typing import Any

from apps_rec.config.report import Report
from apps_rec.config.text.expression import ExpressionError, parse_expression
from apps_rec.config.torcheasyrec.features.columns import ID, NUMBER, TEXT, WHOLE_ID, Columns
from apps_rec.config.torcheasyrec.features.formula import FormulaError, formula
from apps_rec.config.torcheasyrec.features.ids import copy_id_space, initializer_of
from apps_rec.config.torcheasyrec.features.normalizers import expression_of, method_of, normalise, scale_of
from apps_rec.config.torcheasyrec.features.sources import Sources, has, number_of_ids, separator_of
from apps_rec.protos.feature_pb2 import FeatureConfig

GROUP = chr(29)


class Features:
    """A translation of features. What they read goes to `columns`, what they are to `ours`.

    Args:
        ours: the list to fill, feature_config.features.
        columns: receiver of the columns.
        sources: reads expressions and modes.
        report: receiver of mistakes.
    """

    def __init__(self, ours: Any, columns: Columns, sources: Sources, report: Report) -> None:
        self._ours, self._columns, self._sources, self._report = ours, columns, sources, report
        # Whether a feature is refused whose name is not read, so that a group may name it.
        self.any_without_name = False
        # Sequences by name, with TorchEasyRec's message.
        self.sequences: dict[str, tuple[FeatureConfig, Any]] = {}
        # Features with one id a cell, where the config does not say so.
        self.taken_for_single: list[str] = []

    @property
    def names(self) -> set[str]:
        """Returns the names of the features."""
        return {feature.feature_name for feature in self._ours}

    def place(self, name: str) -> int:
        """Returns the place of a feature in feature_config.features."""
        return [feature.feature_name for feature in self._ours].index(name)

    def length(self, name: str) -> int:
        """Returns the number of numbers of a feature; 0 where there is none of this name."""
        found = [feature for feature in self._ours if feature.feature_name == name]
        return int(found[0].embedding_dim or found[0].raw_input_dim) if found else 0

    def add(self, theirs: Any, path: str) -> None:
        """Adds what one of feature_configs is."""
        kind = theirs.WhichOneof("feature")
        if kind is None:
            self.any_without_name = True
            if not self._report.any_refused(path):
                self._report.error(path, "is empty; expected a feature, such as id_feature { }.")
            return
        given, here = getattr(theirs, kind), f"{path}.{kind}"
        if kind == "sequence_feature":
            for at, item in enumerate(given.features):
                one = item.WhichOneof("feature")
                self.any_without_name |= one is None
                if one is not None:
                    self._sequence(getattr(item, one), f"{here}.features[{at}].{one}", given)
        elif not given.feature_name:
            self._report.missing(here, "feature_name", "its name")
        elif kind in ("sequence_id_feature", "sequence_raw_feature"):
            self._sequence(given, here)
        elif self._sources.is_encoded:
            self._encoded(given, here)
        elif kind in _KINDS:
            _KINDS[kind](self, given, here)
        else:
            if not self._sources.is_generated:
                text = (
                    "refused: it is not computed here: write its values to the files, under its name, and an id_feature"
                    " or a raw_feature that reads them"
                )
                self._report.places.refused.add(here)
                self._report.error(here, f"{text}.")
            self._generated(given, here)

    def _new(self, given: Any, path: str, kind: int, names: list[str]) -> FeatureConfig:
        """Adds a feature with the options that all have."""
        self._report.places.origins[f"feature_config.features[{len(self._ours)}]"] = (path, True)
        feature: FeatureConfig = self._ours.add(feature_name=given.feature_name, feature_type=kind)
        feature.input_names.extend(names)
        if given.embedding_name:
            feature.embedding_name = given.embedding_name
        if given.embedding_dim:
            feature.embedding_dim = given.embedding_dim
        if given.init_fn and (initializer := initializer_of(given.init_fn, f"{path}.init_fn", self._report)):
            feature.initializer.CopyFrom(initializer)
        return feature

    def _id_space(self, given: Any, feature: FeatureConfig, path: str) -> str:
        return copy_id_space(given, feature, path, self._report)

    def _id(self, given: Any, path: str) -> None:
        side, column = self._sources.one(given.expression, f"{path}.expression", given.feature_name)
        default = given.default_value or None
        if self._holds_lists(given, column):
            feature = self._new(given, path, FeatureConfig.TagFeature, [column])
            feature.separator = separator_of(given)
            feature.combiner = given.pooling if given.HasField("pooling") else "sum"
            if given.weighted:
                feature.kv_separator = ":"
            self._id_space(given, feature, path)
            self._columns.add(column, TEXT, path, default)
        else:
            if not given.HasField("value_dim"):
                self.taken_for_single.append(given.feature_name)
            feature = self._new(given, path, FeatureConfig.IdFeature, [column])
            self._columns.add(column, self._id_space(given, feature, path), path, default)
        self._sources.set_side(feature, [side])

    def _holds_lists(self, given: Any, column: str) -> bool:
        if has(given, "value_dim"):
            return not given.value_dim
        said = has(given, "pooling") or has(given, "separator") or has(given, "weighted")
        return said or self._columns.is_list(column) or self._sources.is_list(given.feature_name, column)

    def _raw(self, given: Any, path: str) -> None:
        side, column = self._sources.one(given.expression, f"{path}.expression", given.feature_name)
        method, options = method_of(given, path, self._report)
        default = given.default_value if given.HasField("default_value") else None
        if method in ("log10", "expression"):
            self._computed(given, path, column, side, method, options)
            return
        feature = self._new(given, path, FeatureConfig.RawFeature, [column])
        self._sources.set_side(feature, [side])
        if given.value_dim > 1:
            feature.raw_input_dim = given.value_dim
            feature.separator = separator_of(given)
            if given.boundaries:
                self._report.error(f"{path}.boundaries", "are of one number; expected value_dim 1.")
        scale, shift = scale_of(method, options)
        if given.boundaries:
            feature.boundaries.extend(bound * scale + shift for bound in given.boundaries)
        else:
            if not has(given, "mlp"):
                # There an embedding_dim alone does nothing.
                feature.ClearField("embedding_dim")
            normalise(feature, options)
        self._columns.add(column, TEXT if given.value_dim > 1 else NUMBER, path, default)

    def _computed(self, given: Any, path: str, column: str, side: int, method: str, options: dict[str, Any]) -> None:
        """Adds a RawFeature whose normalizer is an expression: an ExprFeature."""
        text = expression_of(method, options)
        if given.value_dim > 1:
            self._report.error(f"{path}.normalizer", "an expression is of one number; expected value_dim 1.")
        self._expression(given, path, f"{path}.normalizer", text, {"x": column}, [column], [side])

    def _combo(self, given: Any, path: str) -> None:
        pairs = [self._sources.one(text, f"{path}.expression[{at}]", "") for at, text in enumerate(given.expression)]
        names = [column for _, column in pairs]
        feature = self._new(given, path, FeatureConfig.ComboFeature, names)
        feature.hash_bucket_size = given.hash_bucket_size
        if given.vocab_list or given.vocab_dict or given.HasField("vocab_file"):
            self._report.error(path, "crosses have ids by hash: write hash_bucket_size in place of a vocabulary.")
            feature.hash_bucket_size = max(given.hash_bucket_size, 1)
        elif not given.HasField("hash_bucket_size"):
            feature.ClearField("hash_bucket_size")
        lists = [self._columns.is_list(name) or self._sources.is_list("", name) for name in names]
        if any(lists):
            feature.combo_input_seps.extend(separator_of(given) if is_list else "" for is_list in lists)
            feature.combiner = given.pooling or "sum"
        for name, is_list in zip(names, lists, strict=True):
            self._columns.add(name, TEXT if is_list else ID, path)
        self._sources.set_side(feature, [side for side, _ in pairs])

    def _lookup(self, given: Any, path: str) -> None:
        map_side, map_column = self._sources.one(given.map, f"{path}.map", "")
        key_side, key = self._sources.one(given.key, f"{path}.key", "")
        if self._columns.is_list(key) or self._sources.is_list("", key):
            self._report.error(f"{path}.key", f'"{key}" holds several keys; expected a column of one.')
        if given.combiner == "count":
            self._report.error(f"{path}.combiner", "values are not counted; expected sum, mean, min or max.")
        is_number = number_of_ids(given) == 0 and not self._report.any_refused(path)
        kind = FeatureConfig.LookupRawFeature if is_number else FeatureConfig.LookupFeature
        feature = self._new(given, path, kind, [key, map_column])
        feature.separator, feature.kv_separator = GROUP, ":"
        method, options = method_of(given, path, self._report)
        if method in ("log10", "expression"):
            text = (
                "a value that is looked up is normalised by zscore or minmax alone; write the value itself to the map."
            )
            self._report.error(f"{path}.normalizer", text)
        if is_number:
            normalise(feature, options)
            if not has(given, "mlp"):
                feature.ClearField("embedding_dim")
            if given.HasField("default_value") and given.default_value not in ("", "0", "0.0"):
                text = "a key that the map lacks has the number 0: write 0."
                self._report.error(f"{path}.default_value", text)
        else:
            scale, shift = scale_of(method, options)
            self._id_space(given, feature, path)
            feature.boundaries.extend(bound * scale + shift for bound in given.boundaries)
            if given.HasField("pooling"):
                feature.combiner = given.pooling
        if given.value_dim > 1:
            self._report.error(f"{path}.value_dim", "a value is one number or id; expected 1.")
        self._columns.add(key, ID, path)
        self._columns.add(map_column, TEXT, path)
        self._sources.set_side(feature, [key_side, map_side])

    def _expr(self, given: Any, path: str) -> None:
        pairs = [self._sources.one(text, f"{path}.variables[{at}]", "") for at, text in enumerate(given.variables)]
        names, sides = [column for _, column in pairs], [side for side, _ in pairs]
        self._expression(given, path, f"{path}.expression", given.expression, {}, names, sides)

    def _expression(
        self,
        given: Any,
        path: str,
        place: str,
        text: str,
        renamed: dict[str, str],
        names: list[str],
        sides: list[int],
    ) -> None:
        if given.boundaries:
            self._report.error(f"{path}.boundaries", "a number that is computed is not cut: delete them.")
        feature = self._new(given, path, FeatureConfig.ExprFeature, names)
        if not has(given, "mlp"):
            feature.ClearField("embedding_dim")
        try:
            feature.expression = formula(text, renamed)
            parse_expression(feature.expression, names)
        except (FormulaError, ExpressionError) as error:
            self._report.error(place, f'"{text}": {error}.')
            self._report.places.broken.add(place)
            self._report.places.broken.add(f"{path}.expression")
        default = given.default_value if given.HasField("default_value") else None
        for name in names:
            self._columns.add(name, NUMBER, path, default)
        self._sources.set_side(feature, sides)

    def _encoded(self, given: Any, path: str) -> None:
        """Adds a feature of FG_NONE, whose column holds ids or the number."""
        side, name, count = self._sources.side_of(given), given.feature_name, number_of_ids(given)
        default, size = given.fg_encoded_default_value or None, given.value_dim if has(given, "value_dim") else 1
        if count is None:
            self._report.error(path, "its ids have no known number; expected num_buckets, as it is under FG_NONE.")
            count = 1
        if count and self._holds_lists(given, name):
            feature, reads = self._new(given, path, FeatureConfig.TagFeature, [name]), TEXT
            feature.num_buckets, feature.separator = count, self._sources.list_separator
            feature.combiner = given.pooling if given.HasField("pooling") else "sum"
            if has(given, "weighted") and given.weighted:
                feature.kv_separator = ":"
        elif count:
            feature, reads = self._new(given, path, FeatureConfig.IdFeature, [name]), WHOLE_ID
            feature.num_buckets = count
            if not (has(given, "value_dim") or getattr(given, "boundaries", None)):
                self.taken_for_single.append(name)
        else:
            feature, reads = self._new(given, path, FeatureConfig.RawFeature, [name]), NUMBER
            if size > 1:
                feature.raw_input_dim, feature.separator, reads = size, self._sources.list_separator, TEXT
            if not has(given, "mlp"):
                feature.ClearField("embedding_dim")
        self._columns.add(name, reads, path, default)
        self._sources.set_side(feature, [side])

    def _generated(self, given: Any, path: str) -> None:
        """Adds a feature of FG_BUCKETIZE, whose column holds the value in front of its ids."""
        side, name = self._sources.side_of(given), given.feature_name
        if number_of_ids(given) != 0 and not given.boundaries:
            feature = self._new(given, path, FeatureConfig.IdFeature, [name])
            self._columns.add(name, self._id_space(given, feature, path), path, given.default_value or None)
        else:
            feature = self._new(given, path, FeatureConfig.RawFeature, [name])
            feature.boundaries.extend(given.boundaries)
            if not (given.boundaries or has(given, "mlp")):
                feature.ClearField("embedding_dim")
            self._columns.add(name, NUMBER, path)
        self._sources.set_side(feature, [side])

    def _sequence(self, given: Any, path: str, group: Any = None) -> None:
        prefix = f"{group.sequence_name}__" if group is not None else ""
        own = given.expression.partition(":")[2] if given.expression and not self._sources.by_name else ""
        column = f"{prefix}{own or given.feature_name}"
        feature = self._new(given, path, FeatureConfig.SequenceFeature, [column])
        feature.feature_name = f"{prefix}{given.feature_name}"
        bounds = group if group is not None else given
        if bounds.HasField("sequence_length"):
            feature.max_seq_len = bounds.sequence_length
        feature.separator = bounds.sequence_delim if bounds.HasField("sequence_delim") else ";"
        count = number_of_ids(given)
        if given.DESCRIPTOR.name == "RawFeature" and not (count and self._sources.is_encoded):
            self._sequence_of_numbers(given, path, feature)
        elif self._sources.is_encoded:
            feature.num_buckets = count or 1
        else:
            self._id_space(given, feature, path)
        if given.DESCRIPTOR.name == "IdFeature" and has(given, "value_dim") and not given.value_dim:
            feature.seq_multi_sep = self._sources.list_separator if self._sources.is_encoded else separator_of(given)
            feature.combiner = given.pooling or "sum"
        self._columns.add(column, TEXT, path)
        side = FeatureConfig.USER if group is not None else self._sources.side_of(given)
        self._sources.set_side(feature, [side])
        self.sequences[feature.feature_name] = (feature, given)

    def _sequence_of_numbers(self, given: Any, path: str, feature: FeatureConfig) -> None:
        feature.sub_feature_type = FeatureConfig.RawFeature
        method, options = method_of(given, path, self._report)
        if method in ("log10", "expression"):
            text = (
                "numbers of a sequence are normalised by zscore or minmax alone; write the value itself to the files."
            )
            self._report.error(f"{path}.normalizer", text)
        if given.boundaries:
            scale, shift = scale_of(method, options)
            feature.boundaries.extend(bound * scale + shift for bound in given.boundaries)
            return
        normalise(feature, options)
        if not has(given, "mlp"):
            feature.ClearField("embedding_dim")
        if given.value_dim > 1:
            feature.raw_input_dim = given.value_dim
            feature.seq_multi_sep = self._sources.list_separator if self._sources.is_encoded else separator_of(given)


_KINDS = {
    "id_feature": Features._id,
    "raw_feature": Features._raw,
    "combo_feature": Features._combo,
    "lookup_feature": Features._lookup,
    "expr_feature": Features._expr,
}
