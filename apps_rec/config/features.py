"""The table of feature types: the columns that each reads, its options, and the form of its values."""

from __future__ import annotations

from dataclasses import dataclass

from apps_rec.protos.feature_pb2 import FeatureConfig

_VOCABULARIES = ("vocab_list", "vocab_file")
_ID_SPACES = ("hash_bucket_size", "num_buckets", *_VOCABULARIES)
_OF_IDS = (*_ID_SPACES, "min_count", "embedding_init")
_SCALES = ("min_val", "max_val", "normalizer_fn", "mean", "stddev")
_OF_NUMBERS = ("boundaries", "raw_input_dim", *_SCALES, "separator")
# Options of every type.
FOR_ALL = (
    "feature_name",
    "input_names",
    "feature_type",
    "embedding_name",
    "embedding_dim",
    "initializer",
    "position",
    "side",
    "input_sides",
    "shared_names",
)


@dataclass(frozen=True)
class FeatureType:
    """A row of the table.

    Attributes:
        options: its options beside those of every type.
        id_spaces: options of which a config gives exactly one, to define the ids; (): its values are numbers.
        is_list: whether a cell holds several values, joined by `separator`.
        least: least number of columns that it reads.
        most: most columns that it reads; None: any number.
        columns: number of columns, in words.
        has_weights: whether a second column holds the weights of the first one's values.
        map_at: place in input_names of the column that maps keys to values; None: it reads no such column.
        has_side: whether the default of `side` counts for its columns where the config gives none.
    """

    options: tuple[str, ...]
    id_spaces: tuple[str, ...] = _ID_SPACES
    is_list: bool = False
    least: int = 1
    most: int | None = 1
    columns: str = "one column"
    has_weights: bool = False
    map_at: int | None = None
    has_side: bool = True


FEATURES: dict[int, FeatureType] = {
    FeatureConfig.IdFeature: FeatureType((*_OF_IDS, "precision")),
    FeatureConfig.RawFeature: FeatureType(_OF_NUMBERS, id_spaces=()),
    FeatureConfig.TagFeature: FeatureType(
        (*_OF_IDS, "separator", "kv_separator", "combiner", "max_seq_len"),
        is_list=True,
        most=2,
        columns="one column, or two where the second holds the weights",
        has_weights=True,
    ),
    FeatureConfig.ComboFeature: FeatureType(
        ("hash_bucket_size", "combo_join_sep", "combo_input_seps", "combiner", "max_seq_len"),
        id_spaces=("hash_bucket_size",),
        least=2,
        most=None,
        columns="two or more columns",
        # The sides of its columns come from the features that read them one by one.
        has_side=False,
    ),
    FeatureConfig.LookupFeature: FeatureType(
        (*_OF_IDS, "boundaries", "separator", "kv_separator", "lookup_max_sel_elem_num", "combiner"),
        id_spaces=(*_ID_SPACES, "boundaries"),
        least=2,
        most=2,
        columns="two columns, that of the key and that of the map",
        map_at=1,
        has_side=False,
    ),
    FeatureConfig.ExprFeature: FeatureType(
        ("expression",), id_spaces=(), most=None, columns="one or more columns", has_side=False
    ),
    FeatureConfig.SequenceFeature: FeatureType(
        (
            *_OF_IDS,
            *_OF_NUMBERS,
            "combiner",
            "sequence_combiner",
            "max_seq_len",
            "sub_feature_type",
            "sequence_length",
            "seq_multi_sep",
        ),
        is_list=True,
    ),
    FeatureConfig.LookupRawFeature: FeatureType(
        (*_SCALES, "separator", "kv_separator", "combiner"),
        id_spaces=(),
        least=2,
        most=2,
        columns="two columns, that of the key and that of the map",
        map_at=1,
        has_side=False,
    ),
}


def type_of(feature: FeatureConfig) -> FeatureType:
    """Returns the row of a feature's type."""
    return FEATURES[feature.feature_type]


def article(kind: str) -> str:
    """Returns the name of a type of feature with its article."""
    return f"{'an' if kind[0] in 'EI' else 'a'} {kind}"


def is_of_numbers(feature: FeatureConfig) -> bool:
    """Tells whether a feature is a sequence of numbers, whether or not ids are made of these."""
    is_sequence = feature.feature_type == FeatureConfig.SequenceFeature
    return is_sequence and feature.sub_feature_type == FeatureConfig.RawFeature


def gives_ids(feature: FeatureConfig) -> bool:
    """Tells whether ids are made of a feature's values, so that it has a table."""
    if is_of_numbers(feature):
        return bool(feature.boundaries or feature.HasField("num_buckets") or feature.HasField("hash_bucket_size"))
    return bool(type_of(feature).id_spaces or feature.boundaries)


def id_spaces_of(feature: FeatureConfig) -> tuple[str, ...]:
    """Returns the options of which a config gives exactly one, to define the ids of a feature that gives ids."""
    if is_of_numbers(feature):
        return ("hash_bucket_size", "num_buckets", "boundaries")
    return type_of(feature).id_spaces or ("boundaries",)


def types_with(option: str) -> list[str]:
    """Returns the names of the types that have an option."""
    return [FeatureConfig.FeatureType.Name(kind) for kind, row in FEATURES.items() if option in row.options]  # type: ignore[arg-type]


def options_of_some() -> list[str]:
    """Returns the options that not every type has, in the order of the config's message."""
    return [field.name for field in FeatureConfig.DESCRIPTOR.fields if field.name not in FOR_ALL]


def is_list_of_ids(feature: FeatureConfig) -> bool:
    """Tells whether a feature reads lists of whole numbers, each an id of 32 bits, without weights or steps."""
    is_list = type_of(feature).is_list and len(feature.input_names) == 1
    has_parts = feature.kv_separator or feature.seq_multi_sep
    return is_list and 0 < feature.num_buckets < 2**31 and not has_parts and not is_of_numbers(feature)


def list_separators(feature: FeatureConfig) -> dict[str, str]:
    """Returns the columns of which a feature reads several values in a cell, with the separator of these."""
    row, names = type_of(feature), list(feature.input_names)
    if row.map_at is not None:
        return dict.fromkeys(names[row.map_at : row.map_at + 1], feature.separator)
    if row.is_list or feature.raw_input_dim > 1:
        return dict.fromkeys(names, feature.separator)
    return {name: separator for name, separator in zip(names, feature.combo_input_seps, strict=False) if separator}
