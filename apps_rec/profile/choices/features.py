"""Decides the feature of each column: its type, its ids or cut points, and the length of its embedding."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apps_rec.profile.choices.kinds import (
    CATEGORY,
    ID,
    NUMBER,
    POSITION,
    TAGS,
    VECTOR,
    WEIGHTED_TAGS,
    Kind,
)
from apps_rec.profile.columns import WORDS
from apps_rec.profile.engine import Engine, text
from apps_rec.profile.facts import NUMBERS, TEXT, TRUTH, ColumnFacts, Number, TableFacts
from apps_rec.protos.data_pb2 import DataConfig
from apps_rec.protos.feature_pb2 import FeatureConfig

# The fourth root of the number of ids, as TensorFlow's guide to feature columns has it (2017), up to the next power of
# two, since tables of one length are one. Lengths below 8 cost .003 of AUC on the simulated store, and nothing on
# Census-Income.
LEAST_DIM, MOST_DIM = 8, 32
# Ids a bucket leaves room for: about a fifth of the ids share a bucket with another one, of many ids two fifths.
_ROOM, _ROOM_OF_MANY, _MANY = 5, 2, 200_000
_MOST_BUCKETS = 20_000_000
# Whole numbers from 0 on stand for themselves where at least half of them are there.
_MOST_GAPS = 2.0
# Words of a vocabulary stand in the config as long as they fill some lines.
_MOST_WORDS, _MOST_LETTERS = 100, 2_000
# An id of a number has so many rows on average; a small table has some cut points all the same.
_LEAST_ROWS_A_CUT, _LEAST_CUTS = 50, 10
# Parts of a list that must be among the values of an id, for both to share a table, and values that show it.
_SHARED_PARTS, _LEAST_SHARED, _LOOKED_UP = 0.8, 50, 1_000
_MOST_ITEMS = 50
_INT32 = 2**31

_Field = DataConfig.Field


@dataclass
class Made:
    """A feature and its column.

    Attributes:
        column: facts of the column.
        kind: what the column is.
        field: the column, as the config names it.
        feature: the feature.
        about: what is known of it, for a comment.
        most_cuts: number of cut points that it may have.
    """

    column: ColumnFacts
    kind: Kind
    field: _Field
    feature: FeatureConfig
    about: str
    most_cuts: int


def make_features(
    engine: Engine, table: TableFacts, names: Sequence[str], kinds: Mapping[str, Kind], with_sequences: bool = True
) -> list[Made]:
    """Returns the features of columns; a list of the values of an id shares its table.

    Args:
        engine: database with the sample.
        table: facts of the table.
        names: columns of which features are made.
        kinds: kind of each column.
        with_sequences: whether a list of an id's values is a SequenceFeature; otherwise it is a TagFeature.
    """
    most_cuts = max(_LEAST_CUTS, table.rows // _LEAST_ROWS_A_CUT)
    made = [_make(column, kinds[column.name], most_cuts) for column in table.columns if column.name in names]
    places = {column.name: f"c{at}" for at, column in enumerate(table.columns)}
    ids = [one for one in made if one.kind.what in (ID, CATEGORY) and not one.feature.vocab_list]
    for one in made:
        parts = _parts(one)
        if one.kind.what != TAGS or len(parts) < _LEAST_SHARED:
            continue
        for other in ids:
            if _holds(engine, places[other.column.name], other.column, parts):
                _share_table(one, other, with_sequences)
                break
    return made


def _parts(made: Made) -> frozenset[str]:
    if made.column.items:
        return made.column.items.seen
    return made.kind.form.parts if made.kind.form else frozenset()


def embedding_dim(ids: int) -> int:
    """Returns the length of the embedding of so many ids.

    Example:
        >>> [embedding_dim(ids) for ids in (2, 4_096, 4_097, 65_536, 65_537, 10_000_000)]
        [8, 8, 16, 16, 32, 32]
    """
    root = max(1, ids) ** 0.25
    return int(min(MOST_DIM, max(LEAST_DIM, 2 ** math.ceil(math.log2(root) - 1e-9))))


def hash_buckets(ids: int) -> int:
    """Returns the buckets for so many ids, a number of two digits and zeros.

    Example:
        >>> hash_buckets(7), hash_buckets(1_234), hash_buckets(1_000_000)
        (100, 6200, 2000000)
    """
    wanted = max(100, ids * (_ROOM if ids <= _MANY else _ROOM_OF_MANY))
    digits = 10 ** max(0, len(str(wanted)) - 2)
    return min(_MOST_BUCKETS, -(-wanted // digits) * digits)


def _make(column: ColumnFacts, kind: Kind, most_cuts: int) -> Made:
    field = _Field(input_name=column.name)
    feature = FeatureConfig(input_names=[column.name])
    made = Made(column, kind, field, feature, "", most_cuts)
    {
        ID: _id,
        CATEGORY: _category,
        NUMBER: _number,
        POSITION: _position,
        TAGS: _tags,
        WEIGHTED_TAGS: _tags,
        VECTOR: _vector,
    }[kind.what](made)
    parts = [kind.what, f"{column.distinct:,} values"]
    if column.items:
        parts = [kind.what, f"of up to {column.items.longest:,}, {column.items.distinct:,} different ones"]
    if column.missing:
        parts.append(f"{column.missing:.2g}" if column.missing < 0.001 else f"{column.missing:.1%}")
        parts[-1] += " missing" if column.missing >= 0.001 else " of the rows missing"
    made.about = ", ".join(parts)
    return made


def _whole_field(made: Made) -> int:
    """Gives a column of whole numbers its type; returns a number below all, which stands for a missing one."""
    low, high = made.column.low or 0, made.column.high or 0
    if made.column.family == TRUTH:
        low, high = 0, 1
    below = int(min(low, 0)) - 1
    is_small = below >= -_INT32 and high < _INT32
    made.field.input_type = DataConfig.INT32 if is_small else DataConfig.INT64
    return below


def _is_whole(column: ColumnFacts) -> bool:
    return column.family == TRUTH or (column.family in NUMBERS and column.is_whole and abs(column.high or 0) < 2**62)


def _id(made: Made) -> None:
    column, feature = made.column, made.feature
    feature.embedding_dim = embedding_dim(column.distinct)
    if _is_whole(column):
        below = _whole_field(made)
        made.field.default_val = str(below)
        high = 1 if column.family == TRUTH else int(column.high or 0)
        if (column.low or 0) >= 0 and high + 1 <= _MOST_GAPS * max(2, column.distinct):
            feature.num_buckets = high + 1
            return
    feature.hash_bucket_size = hash_buckets(column.distinct)


def _category(made: Made) -> None:
    column, feature = made.column, made.feature
    if column.family == TRUTH:
        return _id(made)
    words = [word for word, _ in column.words]
    fits = len(words) <= _MOST_WORDS and sum(map(len, words)) <= _MOST_LETTERS
    if not fits or any(word != word.strip() or not word.isprintable() for word in words):
        return _id(made)
    if _is_whole(column):
        below = _whole_field(made)
        made.field.default_val = str(below)
        words = [str(int(float(word))) for word in words]
    elif column.family in NUMBERS:
        return _number(made)
    feature.vocab_list.extend(words)
    feature.embedding_dim = embedding_dim(len(words))
    return None


def _number(made: Made) -> None:
    """Cuts a number into ids: one for each of few values, else of equal numbers of rows, with 0 and missing apart."""
    column, feature = made.column, made.feature
    feature.feature_type = FeatureConfig.RawFeature
    if column.family == TEXT:
        values = sorted({float(word) for word, _ in column.cells})
        cuts: list[Number] = list(values[1:])
        if len(values) > WORDS:
            cuts = sorted({values[len(values) * part // 50] for part in range(1, 50)})
        made.field.input_type = DataConfig.DOUBLE
        low: float = values[0]
    else:
        cuts = _cuts(column, made.most_cuts)
        low = column.low or 0
        if _is_whole(column):
            _whole_field(made)
        else:
            made.field.input_type = DataConfig.FLOAT if column.stored == "FLOAT" else DataConfig.DOUBLE
    if made.field.input_type in (DataConfig.FLOAT, DataConfig.DOUBLE):
        cuts = _rounded(cuts, column.stored == "FLOAT")
    if column.missing:
        below = int(min(math.floor(low), 0)) - 1
        made.field.default_val = str(below)
        first = low if _is_whole(column) else float(f"{math.floor(low):.6g}")
        cuts = [first, *(cut for cut in cuts if cut > first)]
    feature.boundaries.extend(cuts)
    feature.embedding_dim = embedding_dim(len(cuts) + 1)
    if not cuts:
        # One number, or none: it is there or missing.
        feature.boundaries.append(column.low or 0)
        feature.embedding_dim = LEAST_DIM


def _cuts(column: ColumnFacts, most: int) -> list[Number]:
    if column.sample_distinct < min(WORDS, most):
        return sorted({_as_number(word, column.is_whole) for word, _ in column.words})[1:]
    every = -(-max(1, len(column.quantiles)) // most)
    cuts = set(column.quantiles[every - 1 :: every])
    if column.least_above_zero is not None and (column.low or 0) <= 0:
        cuts.add(column.least_above_zero)
    if (column.low or 0) < 0:
        cuts.add(0)
    return sorted(cuts)


def _as_number(word: str, is_whole: bool) -> Number:
    return int(float(word)) if is_whole and "." in word else int(word) if is_whole else float(word)


def _rounded(cuts: Sequence[Number], is_float: bool) -> list[Number]:
    """Returns numbers of six digits, without those that are one as the column holds them."""
    found: dict[float, Number] = {}
    for cut in cuts:
        short = float(f"{cut:.6g}")
        if math.isfinite(short):
            found.setdefault(struct.unpack("f", struct.pack("f", short))[0] if is_float else short, short)
    return sorted(found.values())


def _position(made: Made) -> None:
    made.field.default_val = str(int(max(made.column.low or 0, min(1, made.column.high or 0))))
    made.field.input_type = DataConfig.INT32
    made.feature.num_buckets = int(made.column.high or 0) + 1
    made.feature.embedding_dim = LEAST_DIM
    made.feature.position = True


def _tags(made: Made) -> None:
    column, form, feature = made.column, made.kind.form, made.feature
    feature.feature_type = FeatureConfig.TagFeature
    feature.combiner = "mean"
    if column.items:
        distinct, longest = column.items.distinct, column.items.longest
        if any("|" in item for item in column.items.seen):
            feature.separator = "\x02"
    else:
        assert form is not None
        # The cells that were looked at are a part: more cells have more parts.
        distinct, longest = max(len(form.parts), min(column.distinct, 10 * len(form.parts))), form.longest
        if form.separator != "|":
            feature.separator = form.separator
    if made.kind.what == WEIGHTED_TAGS:
        feature.kv_separator = ":"
    feature.max_seq_len = min(_MOST_ITEMS, longest)
    feature.hash_bucket_size = hash_buckets(distinct)
    feature.embedding_dim = embedding_dim(distinct)


def _vector(made: Made) -> None:
    made.feature.feature_type = FeatureConfig.RawFeature
    length = made.column.items.longest if made.column.items else made.kind.form.longest if made.kind.form else 1
    made.feature.raw_input_dim = length
    if made.kind.form is not None and made.kind.form.separator != "|":
        made.feature.separator = made.kind.form.separator
    made.field.default_val = (made.feature.separator or "|").join(["0"] * length)


def _share_table(made: Made, other: Made, as_sequence: bool) -> None:
    """Lets a list of an id's values share its table."""
    feature, table = made.feature, other.feature
    made.feature = FeatureConfig(
        input_names=list(feature.input_names),
        feature_type=FeatureConfig.SequenceFeature if as_sequence else FeatureConfig.TagFeature,
        embedding_name=other.column.name,
        embedding_dim=table.embedding_dim,
        max_seq_len=feature.max_seq_len,
        separator=feature.separator if feature.HasField("separator") else None,
    )
    if table.num_buckets:
        made.feature.num_buckets = table.num_buckets
    else:
        made.feature.hash_bucket_size = table.hash_bucket_size
    if as_sequence:
        made.feature.sequence_combiner.mean.SetInParent()
    else:
        made.feature.combiner = "mean"
    made.about += f", values of {other.column.name}: one table for both"


def _holds(engine: Engine, place: str, column: ColumnFacts, parts: frozenset[str]) -> bool:
    """Returns whether the parts of a list are values of an id."""
    if column.sample_distinct < _LEAST_SHARED:
        return False
    if column.family in NUMBERS:
        # Among dense ids are all small numbers, those of tags too. Of a list of ids the greatest is great as well.
        numbers = [int(part) for part in parts if part.lstrip("-").isdigit()]
        if max(numbers, default=0) <= (column.high or 0) / 2:
            return False
    some = sorted(parts)[:: -(-len(parts) // _LOOKED_UP)]
    listed = ", ".join(text(part) for part in some)
    (found,) = engine.row(f"SELECT count(DISTINCT {place}) FROM sample WHERE CAST({place} AS VARCHAR) IN ({listed})")
    return int(found) >= _SHARED_PARTS * len(some)
