"""From a normalised config to the schema of what a job reads."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace

from apps_rec.config.features import is_list_of_ids, is_of_numbers, list_separators, type_of
from apps_rec.config.heads import head_of, space_of
from apps_rec.config.metrics import asked_metrics
from apps_rec.config.passes import PASSES, TRAIN, VALIDATE, filters_of, has_holdout
from apps_rec.config.sequences import features_read
from apps_rec.config.tasks.distillation import label_dim, label_separator, soft_labels, soft_labels_of
from apps_rec.config.tasks.kinds import AMOUNT_OF, BINARY, CLASS, NUMBER, SHARE_OF_ONE, kind_row
from apps_rec.config.tasks.losses import session_columns
from apps_rec.data.dtypes import DTYPES, parse_value
from apps_rec.data.schema import (
    INPUT_TYPES,
    Column,
    ColumnHoldout,
    LabelRule,
    LabelVector,
    MapCells,
    RowFilter,
    Schema,
    TagWeights,
    ValueSpace,
)
from apps_rec.errors import ConfigError
from apps_rec.protos.data_pb2 import DataConfig
from apps_rec.protos.feature_pb2 import FeatureConfig
from apps_rec.protos.loss_pb2 import Kd
from apps_rec.protos.model_pb2 import RankModel
from apps_rec.protos.network_pb2 import TaskTower
from apps_rec.protos.pipeline_pb2 import PipelineConfig

PURPOSES = (*PASSES, "predict")
# The square of a larger label would leave float32.
LARGEST = 1e18


def build_schema(config: PipelineConfig, purpose: str) -> Schema:
    """Builds the schema of the columns that a job needs.

    Args:
        config: a normalised config: features in feature_config, model in rank_model.
        purpose: "train", "validate", "evaluate" or "predict". Both "validate" and "evaluate" read the columns of
            "train" and the users of GAUC, but no sample weights; each has its own filters. "predict" reads the inputs
            of features (but for those that only position features read) and the column of score_value_field, and has
            no filters.

    Raises:
        ConfigError: an input field is not there, a default has the wrong type, or a column is asked for in two ways.
    """
    if purpose not in PURPOSES:
        raise ValueError(f'purpose: expected one of {", ".join(PURPOSES)}, got "{purpose}"')
    data = config.data_config
    # Soft labels and where they count: only a training reads them.
    distilled = config.model_config.kd if purpose == TRAIN else ()
    vectors = tuple(_vectors(config, distilled))
    separators, words = _list_separators(config, purpose), _words(config, purpose)
    separators |= {vector.name: vector.separator for vector in vectors}
    declared = {field.input_name: _column(field, separators, words) for field in data.input_fields}
    scores_only = purpose == "predict"
    model = config.model_config.rank_model
    labels = () if scores_only else _labels(model, distilled, {vector.name for vector in vectors})
    weights = _weights(config) if purpose == "train" else ()
    users = () if scores_only or purpose == TRAIN else _users(config)
    sessions = session_columns(model) if purpose == TRAIN else ()
    spaces = () if scores_only else _value_spaces(model, distilled, declared)
    names = [name for feature in _used_features(config, purpose) for name in feature.input_names]
    if scores_only and config.model_config.score_value_field:
        names.append(config.model_config.score_value_field)
    others = (*users, *sessions, *(vector.name for vector in vectors), *(space.column.name for space in spaces))
    columns = tuple(_find(declared, name, "feature_config") for name in dict.fromkeys([*names, *others]))
    for name in (*labels, *weights):
        _find(declared, name, "data_config.label_fields or sample_weight")
    types = {column.name: column.dtype for column in columns}
    for name in (*labels, *weights):
        if types.get(name, "FLOAT") != "FLOAT":
            raise ConfigError(
                f'data_config.input_fields[input_name={name}].input_type: "{name}" is a label or a sample weight and '
                f"also the input of a feature or a user; expected FLOAT then, got {types[name]}"
            )
    # Of a config that reads other files it is how the CSV files are written that predict scores.
    csv = data if data.input_type == DataConfig.CSVInput else data.csv_form
    if len(data.separator.encode()) != 1:
        raise ConfigError(f'data_config.separator: expected one ASCII character, got "{data.separator}"')
    return Schema(
        columns=columns,
        labels=labels,
        weights=weights,
        users=users,
        keys=tuple(data.key_fields),
        filters=() if scores_only else tuple(_filter(item, declared) for item in filters_of(data, purpose)),
        holdout=_holdout(data, declared) if purpose in (TRAIN, VALIDATE) else None,
        label_steps=() if scores_only else head_of(model).label_steps(model),
        bad_rows=DataConfig.BadRows.Name(data.bad_rows),
        input_type=INPUT_TYPES[data.input_type],
        separator=csv.separator,
        with_header=data.with_header,
        declared=tuple(declared.values()),
        label_rules=_label_rules(config, labels),
        quoting=DataConfig.Quoting.Name(data.quoting),
        escape_char=csv.escape_char,
        decimal_separator=csv.decimal_separator,
        null_words=tuple(csv.null_words),
        max_bad_row_share=data.max_bad_row_share,
        tags=tuple(_tag_weights(_used_features(config, purpose))),
        sessions=sessions,
        spaces=spaces,
        vectors=vectors,
        unread=frozenset(others) - set(names),
        maps=tuple(_maps(_used_features(config, purpose))),
    )


def _used_features(config: PipelineConfig, purpose: str) -> list[FeatureConfig]:
    """Returns the features that the model reads."""
    named = {feature.feature_name or feature.input_names[0]: feature for feature in config.feature_config.features}
    read = features_read(config)
    used = [feature for name, feature in named.items() if name in read]
    return [feature for feature in used if not (purpose == "predict" and feature.position)]


def _list_separators(config: PipelineConfig, purpose: str) -> dict[str, str]:
    """Returns for each column of lists the separator of the feature that reads it."""
    separators: dict[str, str] = {}
    for feature in _used_features(config, purpose):
        for name, separator in list_separators(feature).items():
            if separators.setdefault(name, separator) != separator:
                raise ConfigError(
                    f'feature_config.features[feature_name={feature.feature_name}].separator: column "{name}" is read '
                    f'with the separator "{separators[name]}" by another feature, with "{separator}" here; '
                    "expected the same"
                )
    return separators


def number_lists(config: PipelineConfig, schema: Schema, purpose: str) -> dict[str, int]:
    """Returns `Schema.number_lists`: columns that nobody reads but features whose ids are a list's whole numbers."""
    widths: dict[str, int] = {}
    others = {*schema.users, *schema.sessions, *(space.column.name for space in schema.spaces)}
    for feature in _used_features(config, purpose):
        if is_list_of_ids(feature):
            name = feature.input_names[0]
            widths[name] = max(widths.get(name, 0), feature.max_seq_len)
        else:
            others |= set(feature.input_names)
    types = schema.dtypes()
    return {name: width for name, width in widths.items() if name not in others and types[name] == "STRING"}


def _tag_weights(features: Iterable[FeatureConfig]) -> Iterator[TagWeights]:
    for feature in features:
        column, *others = feature.input_names
        if type_of(feature).has_weights and (others or feature.kv_separator):
            kv_separator, weights = (None, others[0]) if others else (feature.kv_separator, None)
            name = feature.feature_name or column
            yield TagWeights(name, column, feature.separator, kv_separator, weights)


def _maps(features: Iterable[FeatureConfig]) -> Iterator[MapCells]:
    seen = set()
    for feature in features:
        if type_of(feature).map_at is None:
            continue
        key, column = feature.input_names
        cuts = bool(feature.boundaries) or feature.feature_type == FeatureConfig.LookupRawFeature
        # One look at the form of a column is enough, however many features look into it.
        looks = (column, feature.separator, feature.kv_separator, key if cuts else None)
        if looks not in seen:
            seen.add(looks)
            yield MapCells(feature.feature_name, key, *looks[:3], are_numbers=cuts)


def _words(config: PipelineConfig, purpose: str) -> set[str]:
    """Returns the columns whose values are ids for some feature: no weights of tags and no vectors of numbers."""
    return {
        name
        for feature in _used_features(config, purpose)
        for at, name in enumerate(feature.input_names)
        if _is_word(feature, at)
    }


def _is_word(feature: FeatureConfig, at: int) -> bool:
    """Tells whether the values at a place of input_names are ids, or keys that are compared."""
    row = type_of(feature)
    if not row.id_spaces or is_of_numbers(feature):
        return row.map_at is not None and at != row.map_at
    return not (row.has_weights and at == 1)


def _column(field: DataConfig.Field, separators: dict[str, str], words: set[str]) -> Column:
    dtype = DataConfig.FieldType.Name(field.input_type)
    text = field.default_val if field.HasField("default_val") else None
    where = f"data_config.input_fields[input_name={field.input_name}].default_val"
    default = parse_value(text, dtype, where) if text is not None else DTYPES[dtype].default
    separator = separators.get(field.input_name) if dtype == "STRING" else None
    is_numbers = separator is not None and field.input_name not in words
    return Column(field.input_name, dtype, default, text is not None, separator, is_numbers, field.column_name)


def _find(declared: dict[str, Column], name: str, where: str) -> Column:
    if name not in declared:
        raise ConfigError(f'{where}: column "{name}" is not in data_config.input_fields; add it there')
    return declared[name]


def _vectors(config: PipelineConfig, distilled: Iterable[Kd]) -> Iterator[LabelVector]:
    data, soft = config.data_config, soft_labels(config.model_config)
    for name in dict.fromkeys(name for kd in distilled for name in soft_labels_of(kd)):
        if (dim := label_dim(data, name)) > 1:
            yield LabelVector(name, label_separator(data, name), dim, soft[name] == SHARE_OF_ONE)


def _labels(model: RankModel, distilled: Iterable[Kd], vectors: Collection[str]) -> tuple[str, ...]:
    names: Iterator[str] = (
        name for tower in model.task_towers for name in (tower.label_name, tower.task_space_indicator_label) if name
    )
    soft = (name for kd in distilled for name in soft_labels_of(kd) if name not in vectors)
    return tuple(dict.fromkeys([*names, *soft]))


def _value_spaces(model: RankModel, distilled: Iterable[Kd], declared: dict[str, Column]) -> tuple[ValueSpace, ...]:
    found = {}
    places: list[tuple[str, TaskTower | Kd]] = [
        (f"task_towers[tower_name={t.tower_name}]", t) for t in model.task_towers
    ]
    for place, given in [*places, *((f"kd[loss_name={kd.loss_name}]", kd) for kd in distilled)]:
        if given.task_space_indicator_name:
            where = f"{place}.task_space_indicator_"
            column = _find(declared, given.task_space_indicator_name, f"{where}name")
            value = parse_value(given.task_space_indicator_value, column.dtype, f"{where}value")
            found[space_of(given)] = ValueSpace(space_of(given), column, value)
    return tuple(found.values())


def _label_rules(config: PipelineConfig, labels: Iterable[str]) -> dict[str, LabelRule]:
    """Returns the rules in an order in which each label comes behind its spaces. A circle of spaces gives no rule."""
    columns = {column.input_name: column for column in config.data_config.input_fields}
    model, soft = config.model_config.rank_model, soft_labels(config.model_config)
    spaces = {name: _spaces(model, name) for name in labels}
    rules = {
        name: replace(
            _VALUES[soft[name]](1) if name in soft else _values_of(model, name),
            not_observed=tuple(map(_unobserved_value, columns[name].not_observed)),
        )
        for name in labels
    }
    ordered = [name for name in labels if not spaces[name]]
    waiting = [name for name in labels if spaces[name]]
    while ready := [name for name in waiting if not set(waiting) & set(spaces[name])]:
        rules |= {name: replace(rules[name], spaces=spaces[name]) for name in ready}
        ordered += ready
        waiting = [name for name in waiting if name not in ready]
    return {name: rules[name] for name in (*ordered, *waiting) if rules[name] != LabelRule()}


def _values_of(model: RankModel, label: str) -> LabelRule:
    """Returns the values that every tower with this label takes."""
    rules = [
        _VALUES[kind_row(tower).labels](tower.num_class) for tower in model.task_towers if tower.label_name == label
    ]
    if label in head_of(model).label_steps(model) or not rules:
        rules.append(LabelRule())
    rules += [LabelRule() for tower in model.task_towers if tower.task_space_indicator_label == label]
    return LabelRule(
        least=max(rule.least for rule in rules),
        most=min(rule.most for rule in rules),
        is_whole=any(rule.is_whole for rule in rules),
    )


_VALUES: dict[str, Callable[[int], LabelRule]] = {
    BINARY: lambda classes: LabelRule(),
    CLASS: lambda classes: LabelRule(most=classes - 1),
    SHARE_OF_ONE: lambda classes: LabelRule(is_whole=False),
    AMOUNT_OF: lambda classes: LabelRule(most=LARGEST, is_whole=False),
    NUMBER: lambda classes: LabelRule(least=-LARGEST, most=LARGEST, is_whole=False),
}


def _unobserved_value(text: str) -> float | None:
    return float(text) if text else None


def _spaces(model: RankModel, label: str) -> tuple[str, ...]:
    """Returns the spaces of a label. Nothing looks at it in rows in which all of them are 0. Empty: it has none."""
    found = []
    steps = head_of(model).label_steps(model)
    for tower in model.task_towers:
        space = tower.task_space_indicator_label
        if label not in (tower.label_name, space):
            continue
        # Steps are multiplied. The product is known without the second label only if the first is 0.
        if tower.out_task_space_weight or not space or (steps and (space != steps[0] or label == space)):
            return ()
        if label == tower.label_name:
            found.append(space)
    return tuple(dict.fromkeys(found))


def _weights(config: PipelineConfig) -> tuple[str, ...]:
    common = config.data_config.sample_weight
    names = [
        tower.sample_weight or (common if tower.use_sample_weight else "")
        for tower in config.model_config.rank_model.task_towers
    ]
    return tuple(dict.fromkeys(name for name in names if name))


def _users(config: PipelineConfig) -> tuple[str, ...]:
    metrics = [*config.eval_config.metrics_set]
    for tower in config.model_config.rank_model.task_towers:
        metrics += tower.metrics_set
    return tuple(dict.fromkeys(asked.users for asked in asked_metrics(metrics) if asked.users))


def _filter(item: DataConfig.RowFilter, declared: dict[str, Column]) -> RowFilter:
    where = f"data_config.row_filter[column={item.column}]"
    column = _find(declared, item.column, where)
    bounds = {name: getattr(item, name) for name in ("from", "to") if item.HasField(name)}
    given = [name for name, value in (("keep", item.keep), ("drop", item.drop), ("from or to", bounds)) if value]
    if len(given) != 1:
        raise ConfigError(f"{where}: expected one of keep, drop, and from or to, got {' and '.join(given) or 'none'}")
    if bounds:
        low, high = (
            parse_value(bounds[name], column.dtype, f"{where}.{name}") if name in bounds else None
            for name in ("from", "to")
        )
        return RowFilter(column, (), True, low, high)
    texts = item.keep or item.drop
    name = "keep" if item.keep else "drop"
    values = tuple(parse_value(text, column.dtype, f"{where}.{name}") for text in texts)
    return RowFilter(column, values, keep=bool(item.keep))


def _holdout(data: DataConfig, declared: dict[str, Column]) -> ColumnHoldout | None:
    if not has_holdout(data) or not data.holdout_by:
        return None
    column = _find(declared, data.holdout_by, "data_config.holdout_by")
    if not data.holdout_from:
        return ColumnHoldout(column)
    return ColumnHoldout(column, parse_value(data.holdout_from, column.dtype, "data_config.holdout_from"))
