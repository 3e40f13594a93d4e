"""Feature groups of TorchEasyRec, with their sequences as features of the group."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from apps_rec.config.report import Report, quoted
from apps_rec.config.torcheasyrec.features import Features
from apps_rec.config.torcheasyrec.towers import Towers
from apps_rec.protos.feature_pb2 import FeatureConfig
from apps_rec.protos.model_pb2 import FeatureGroup, ModelConfig


class Groups:
    """A translation of feature_groups.

    Args:
        given: TorchEasyRec's model_config.
        ours: the message to fill.
        features: the features, with their sequences.
        towers: reads networks.
        report: receiver of mistakes.
    """

    def __init__(self, given: Any, ours: ModelConfig, features: Features, towers: Towers, report: Report) -> None:
        self._ours, self._features, self._towers, self._report = ours, features, towers, report
        # Groups that a din_tower reads, by name, with their paths.
        self._of_sequences: dict[str, tuple[Any, str]] = {}
        self._encoded: set[str] = set()
        for at, group in enumerate(given.feature_groups):
            path = f"model_config.feature_groups[{at}]"
            kind = group.DESCRIPTOR.fields_by_name["group_type"].enum_type.values[group.group_type].name
            if kind == "SEQUENCE":
                self._of_sequences[group.group_name] = (group, path)
            else:
                self._group(group, path, kind)

    @property
    def first(self) -> str:
        """Returns the name of the first group, which models of one group read whatever it is called."""
        return self._ours.feature_groups[0].group_name if self._ours.feature_groups else "all"

    def has(self, name: str) -> bool:
        """Tells whether there is a group of this name."""
        return any(group.group_name == name for group in self._ours.feature_groups)

    def _add(self, name: str, path: str) -> FeatureGroup:
        new = f"model_config.feature_groups[{len(self._ours.feature_groups)}]"
        self._report.places.origins[new] = (path, True)
        return self._ours.feature_groups.add(group_name=name)

    def _group(self, given: Any, path: str, kind: str) -> None:
        made = self._add(given.group_name, path)
        if kind == "WIDE":
            made.wide_deep = FeatureGroup.WIDE
        for name in given.feature_names:
            if name in self._features.sequences and name not in self._encoded:
                self._pool(name, self._features.sequences[name][1].pooling or "sum", 0)
            if name in self._features.names or not self._features.any_without_name:
                made.feature_names.append(name)
        for at, sequences in enumerate(given.sequence_groups):
            here = f"{path}.sequence_groups[{at}]"
            name = sequences.group_name or given.group_name
            found = [
                (encoder, f"{path}.sequence_encoders[{place}]")
                for place, encoder in enumerate(given.sequence_encoders)
                if encoder.WhichOneof("seq_module")
                and getattr(encoder, encoder.WhichOneof("seq_module")).input in ("", name)
            ]
            if len(found) == 1:
                made.feature_names.extend(self._sequences(made, list(sequences.feature_names), *found[0], here))
            elif not found and self._report.places.refused:
                continue
            else:
                text = f'expected one of sequence_encoders for "{name}", got {len(found)}.'
                self._report.error(here, text)

    def _sequences(self, made: FeatureGroup, names: list[str], encoder: Any, path: str, here: str) -> list[str]:
        """Combines the sequences of a group, and returns them, or adds an attention over them to the group."""
        kind = encoder.WhichOneof("seq_module")
        options = getattr(encoder, kind)
        sequences = [name for name in names if name in self._features.sequences]
        if not sequences:
            self._report.error(here, f"names no sequence. Sequences are {quoted(self._features.sequences)}.")
            return []
        if kind == "din_encoder":
            self._attend(made, names, options, f"{path}.{kind}", here)
            return []
        for name in sequences:
            self._pool(name, options.pooling_type or "mean", options.max_seq_length)
        return sequences

    def _pool(self, name: str, pooling: str, longest: int) -> None:
        feature, _ = self._features.sequences[name]
        self._encoded.add(name)
        if longest:
            feature.max_seq_len = min(longest, feature.max_seq_len)
        if pooling == "mean":
            return
        if feature.sub_feature_type == FeatureConfig.RawFeature or feature.HasField("seq_multi_sep"):
            path = f"feature_config.features[{self._features.place(name)}]"
            text = "a sequence of numbers, or of several values a step, is averaged and not added up: pool it by mean."
            self._report.error(path, text)
            return
        feature.feature_type = FeatureConfig.TagFeature
        feature.combiner = pooling

    def _attend(self, made: FeatureGroup, names: list[str], options: Any, path: str, here: str) -> None:
        """Adds an attention to a group: each item is compared with the features that are no sequences."""
        items = [name for name in names if name in self._features.sequences]
        keys = [name for name in names if name not in self._features.sequences]
        new = f"model_config.feature_groups[{len(self._ours.feature_groups) - 1}]"
        self._report.places.origins[f"{new}.sequence_features[{len(made.sequence_features)}]"] = (here, False)
        attention = made.sequence_features.add(group_name=f"{made.group_name}_{len(made.sequence_features)}")
        pair = attention.seq_att_map.add(key=keys, hist_seq=items)
        self._encoded.update(items)
        longest = options.max_seq_length if "max_seq_length" in options.DESCRIPTOR.fields_by_name else 0
        for name in items:
            feature, _ = self._features.sequences[name]
            feature.max_seq_len = min(longest or feature.max_seq_len, feature.max_seq_len)
        self._towers.dnn(options.attn_mlp, f"{path}.attn_mlp", attention.seq_dnn)
        # The layer to the score stands in the network here.
        attention.seq_dnn.hidden_units.append(1)
        if len(attention.seq_dnn.dropout_ratio) > 1:
            attention.seq_dnn.dropout_ratio.append(0.0)
        attention.allow_key_search, attention.need_key_feature = True, False
        # There a shorter key has zeros behind it, as here under this option.
        attention.allow_key_transform = self._length(pair.key) < self._length(pair.hist_seq)

    def _length(self, names: Iterable[str]) -> int:
        return sum(self._features.length(name) for name in names)

    def of_din_tower(self, given: Any, path: str) -> str:
        """Adds the group that a din_tower reads, and returns its name."""
        if given.input not in self._of_sequences:
            text = f'no group of type SEQUENCE is called "{given.input}"; such are {quoted(self._of_sequences)}.'
            self._report.error(f"{path}.input", text, got=given.input, among=self._of_sequences)
            return str(given.input)
        group, here = self._of_sequences[given.input]
        made = self._add(group.group_name, here)
        self._attend(made, list(group.feature_names), given, path, here)
        return str(group.group_name)
