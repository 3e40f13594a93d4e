"""Options that EasyRec has but does not read where they stand: they are noted and dropped, so that nothing reads them.

EasyRec's generators write some of them everywhere, such as `separator` on features of one value.
"""

from __future__ import annotations

from google.protobuf.message import Message

from apps_rec.config.easyrec.table import TABLE
from apps_rec.config.features import article, is_of_numbers, options_of_some, type_of
from apps_rec.config.report import Report
from apps_rec.config.sequences import ITEMS, listed_in_groups, named_in, sequences
from apps_rec.config.text.expression import ExpressionError, columns_in, parse_expression
from apps_rec.protos.data_pb2 import DataConfig
from apps_rec.protos.feature_pb2 import FeatureConfig
from apps_rec.protos.pipeline_pb2 import PipelineConfig

_ID_SPACES = {"hash_bucket_size", "num_buckets", "vocab_list", "vocab_file"}
_OF_NUMBERS = {"boundaries", "num_buckets", "min_val", "max_val", "normalizer_fn", "raw_input_dim"}

# What EasyRec reads of a feature, by type; an option of it that we do not have for the type is no idle one. A type that
# EasyRec does not have is not here.
_READ = {
    FeatureConfig.IdFeature: {*_ID_SPACES, "precision"},
    FeatureConfig.RawFeature: {*_OF_NUMBERS, "separator"},
    FeatureConfig.TagFeature: {*_ID_SPACES, "separator", "kv_separator", "combiner"},
    FeatureConfig.ComboFeature: {"hash_bucket_size", "combo_join_sep", "combo_input_seps", "combiner"},
    FeatureConfig.LookupFeature: {
        "hash_bucket_size",
        "separator",
        "kv_separator",
        "lookup_max_sel_elem_num",
        "combiner",
    },
    FeatureConfig.ExprFeature: {"expression"},
    FeatureConfig.SequenceFeature: {
        *_ID_SPACES,
        *_OF_NUMBERS,
        "separator",
        "combiner",
        "sequence_combiner",
        "max_seq_len",
        "sub_feature_type",
        "sequence_length",
        "seq_multi_sep",
    },
}
_OF_CSV = ("separator", "with_header")


def drop_idle(config: PipelineConfig, report: Report) -> None:
    """Removes options without an effect from a rewritten config, with a note on each."""
    model = config.model_config
    items = {name for _, _, one in sequences(model) for field in ITEMS for name in named_in(one, field)}
    only_items = items - listed_in_groups(model)
    of_numbers = {
        column.input_name
        for column in config.data_config.input_fields
        if column.input_type in (DataConfig.FLOAT, DataConfig.DOUBLE)
    }
    for at, feature in enumerate(config.feature_config.features):
        path = f"feature_config.features[{at}]"
        if not report.is_broken(f"{path}.feature_type"):
            _feature(feature, path, report)
            _precision(feature, path, of_numbers, report)
            if _name(feature) in only_items and not feature.HasField("seq_multi_sep"):
                _drop(feature, "combiner", path, "sequence_features read its items one by one", report)
    _data(config.data_config, report)
    if config.export_config.exporter_type == "none":
        text = "training never exports; `apps-rec export` does"
        _drop(config.export_config, "exporter_type", "export_config", text, report)


def _name(feature: FeatureConfig) -> str:
    return feature.feature_name or next(iter(feature.input_names), "")


def _feature(feature: FeatureConfig, path: str, report: Report) -> None:
    kind = FeatureConfig.FeatureType.Name(feature.feature_type)
    read = {*type_of(feature).options, *_READ.get(feature.feature_type, ())}
    for name in options_of_some() if feature.feature_type in _READ else ():
        if name in TABLE["FeatureConfig"] and name not in read:
            _drop(feature, name, path, f"{article(kind)} does not read it", report)
    if not feature.embedding_dim:
        _drop(feature, "initializer", path, "there is no embedding, and first-order weights begin at 0", report)
    if feature.feature_type == FeatureConfig.RawFeature:
        _number(feature, path, report)
    if is_of_numbers(feature) and feature.num_buckets <= 1:
        _drop(feature, "num_buckets", path, "one bucket tells no number from another", report)
    if feature.feature_type == FeatureConfig.ExprFeature:
        _unread(feature, path, report)
    if feature.feature_type == FeatureConfig.ComboFeature and not any(feature.combo_input_seps):
        for name in ("combiner", "max_seq_len"):
            _drop(feature, name, path, "a ComboFeature of single values pools nothing", report)


def _precision(feature: FeatureConfig, path: str, of_numbers: set[str], report: Report) -> None:
    """Drops the precision of what is no number with a point, and the one that means none."""
    if feature.feature_type != FeatureConfig.IdFeature:
        return  # Dropped already.
    if not of_numbers.intersection(feature.input_names):
        _drop(feature, "precision", path, "words and whole numbers are hashed as they are", report)
    elif feature.precision == -1:
        _drop(feature, "precision", path, "-1 gives no number of digits", report)
    elif not feature.HasField("hash_bucket_size"):
        _drop(feature, "precision", path, "nothing is hashed", report)


def _unread(feature: FeatureConfig, path: str, report: Report) -> None:
    """Drops columns that the expression does not read, as EasyRec's configs have: an export would ask for them."""
    try:
        read = set(columns_in(parse_expression(feature.expression, feature.input_names)))
    except ExpressionError:
        return
    sides, names = list(feature.input_sides), list(feature.input_names)
    if not read or read.issuperset(names) or (sides and len(sides) != len(names)):
        return
    for at, name in enumerate(names):
        if name not in read:
            report.note(f"{path}.input_names[{at}]", "the expression does not read it")
    if not feature.feature_name:
        feature.feature_name = names[0]
    feature.ClearField("input_names")
    feature.input_names.extend(name for name in names if name in read)
    feature.ClearField("input_sides")
    feature.input_sides.extend(side for side, name in zip(sides, names, strict=False) if name in read)


def _number(feature: FeatureConfig, path: str, report: Report) -> None:
    """Drops what a RawFeature reads only beside other options."""
    if feature.raw_input_dim <= 1:
        _drop(feature, "separator", path, "a RawFeature of one number splits nothing", report)
    if not feature.max_val > feature.min_val:
        _drop(feature, "num_buckets", path, "a RawFeature without min_val and max_val has no buckets", report)
    elif feature.num_buckets <= 1:
        _drop(feature, "num_buckets", path, "one bucket tells no number from another", report)
    elif feature.boundaries:
        _drop(feature, "num_buckets", path, "the number is cut at boundaries", report)


def _data(data: DataConfig, report: Report) -> None:
    path = "data_config"
    if data.HasField("input_type") and data.input_type != DataConfig.CSVInput:
        kind = DataConfig.InputType.Name(data.input_type)
        for name in _OF_CSV:
            _drop(data, name, path, f"it is of CSV files; input_type is {kind}", report)
    for at, column in enumerate(data.input_fields):
        here = f"{path}.input_fields[{at}]"
        if column.input_name in data.label_fields:
            text = "an empty label is a bad row all the same; bad_rows and not_observed say what becomes of it"
            _drop(column, "default_val", here, text, report)
        elif not column.default_val and column.input_type != DataConfig.STRING:
            _drop(column, "default_val", here, "an empty text is no number: an empty cell becomes 0, or false", report)


def _drop(message: Message, name: str, path: str, text: str, report: Report) -> None:
    is_list = message.DESCRIPTOR.fields_by_name[name].is_repeated
    if bool(getattr(message, name)) if is_list else message.HasField(name):
        report.note(f"{path}.{name}", text)
        message.ClearField(name)
