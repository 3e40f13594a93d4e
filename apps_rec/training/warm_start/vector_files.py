"""Starts the embeddings of a new run at vectors from files, by raw id."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import tensorflow as tf

from apps_rec.config.features import list_separators, type_of
from apps_rec.data.dtypes import DTYPES, WHOLE
from apps_rec.data.formats.vectors import Vectors, read_vectors
from apps_rec.errors import DataError
from apps_rec.features.columns.preprocessor import Preprocessor
from apps_rec.features.embeddings.tables import TablePlace
from apps_rec.features.specs import FeatureSpec, HashIds, IdFeature, IdMapping, ListFeature, LookupFeature
from apps_rec.models import RankModel
from apps_rec.protos.data_pb2 import DataConfig
from apps_rec.protos.feature_pb2 import FeatureConfig
from apps_rec.protos.pipeline_pb2 import PipelineConfig
from apps_rec.training.run.paths import vector_files
from apps_rec.training.warm_start.put_rows import put_rows

log = logging.getLogger("apps_rec")


@dataclass(frozen=True)
class FilledTable:
    """The outcome for a table.

    Attributes:
        table: name of the table in the config.
        paths: paths of the files, as the config has them.
        ids: number of ids in the files.
        unused: number of ids that the table has no row for: words outside the vocabulary, numbers outside num_buckets.
        colliding: number of ids that hash to a row which others hash to, too.
        filled: number of rows that begin at a vector.
        rows: number of rows of the table.
        trainable: whether they are trained.
    """

    table: str
    paths: str
    ids: int
    unused: int
    colliding: int
    filled: int
    rows: int
    trainable: bool

    def __str__(self) -> str:
        parts = [f"{self.filled:,} of {self.rows:,} rows begin at the vectors of {self.ids:,} ids of {self.paths}"]
        if self.colliding:
            parts.append(f"{self.colliding:,} ids share a row with others, which begins at their mean")
        if self.unused:
            parts.append(f"{self.unused:,} ids are not used, as the table has no row for them")
        return f"table {self.table}: {'; '.join(parts)}; {'trained' if self.trainable else 'frozen'}"


def frozen_tables(config: PipelineConfig) -> frozenset[str]:
    """Returns the names of the tables that stay as files of vectors say, see `EmbeddingInit.trainable`."""
    return frozenset(feature.embedding_name for feature in _with_files(config) if not feature.embedding_init.trainable)


def fill_tables(
    config: PipelineConfig, model: RankModel, features: Sequence[FeatureSpec], *, trainable: bool
) -> list[FilledTable]:
    """Puts the vectors of files into the tables of a model that is new, and returns what became of each table.

    Ids of a file become rows by the feature's own preprocessing. Rows that no id becomes, and first-order weights, stay
    as they are. Files are read some thousand rows at a time; beside the tables, memory holds 8 bytes for each id and 4
    for each row of a table.

    Args:
        config: config, checked and normalised.
        model: model whose variables are made.
        features: features of the model.
        trainable: true fills the tables that are trained, false those that are frozen.

    Raises:
        DataError: a file is not there or cannot be read, has an id twice, or vectors of another length or that are not
            finite; no id of it has a row.
    """
    specs = {spec.name: spec for spec in features}
    done: dict[str, FilledTable] = {}
    for feature in _with_files(config):
        spec = specs.get(feature.feature_name)
        if spec is None or feature.embedding_init.trainable != trainable:
            continue
        if feature.embedding_name not in done:
            assert isinstance(spec, IdFeature | ListFeature | LookupFeature)
            ids = _RowsOfIds(config, feature, spec.ids)
            place = model.embedder.table_places()[feature.embedding_name]
            done[feature.embedding_name] = _fill(ids, model.embedder.tables[place.key], place)
    return list(done.values())


def _with_files(config: PipelineConfig) -> list[FeatureConfig]:
    return [feature for feature in config.feature_config.features if feature.HasField("embedding_init")]


class _RowsOfIds:
    """The files of a feature: their vectors, and the row of the table for each id.

    Args:
        config: config, checked and normalised.
        feature: feature with embedding_init.
        ids: how the feature makes ids.
    """

    def __init__(self, config: PipelineConfig, feature: FeatureConfig, ids: IdMapping) -> None:
        self.feature, self.init = feature, feature.embedding_init
        self.is_hash = isinstance(ids, HashIds)
        # A row of its own for all that is not known is the last one.
        self.unknown = None if self.is_hash else ids.num_ids - 1
        self.where = f"feature_config.features[feature_name={feature.feature_name}].embedding_init"
        self.files = vector_files(config, feature)
        self._preprocessor = Preprocessor([IdFeature("id", "id", ids, feature.embedding_name, 1)])
        self._type = _type_of_ids(config, feature)

    def read(self) -> Iterator[tuple[str, Vectors, np.ndarray, np.ndarray]]:
        """Yields some rows at a time: file, vectors, row of each id `[N]`, and its fingerprint `[N]`."""
        init = self.init
        for file in self.files:
            for found in read_vectors(file, init.id_column, init.vector_column, self._type, self.feature.embedding_dim):
                texts = tf.constant(found.ids.cast(pa.string()).to_numpy(zero_copy_only=False), tf.string)
                ids = tf.constant(found.ids.to_numpy()) if self._type == pa.int64() else texts
                rows = self._preprocessor({"id": ids})["ids"][:, 0].numpy()
                yield file, found, rows, tf.bitcast(tf.fingerprint(texts), tf.uint64).numpy()

    def twice(self, fingerprint: np.uint64) -> DataError:
        """Returns the error about an id that is there twice, with its places."""
        places, text = [], ""
        for file, found, _, fingerprints in self.read():
            for at in np.flatnonzero(fingerprints == fingerprint):
                places.append(f"{file}: row {found.first_row + at}")
                text = str(found.ids[at].as_py())
        return DataError(
            f'{self.where}: the id "{text}" is there {len(places)} times, and it cannot be told which vector counts; '
            f"expected it once: {', '.join(places[:5])}"
        )


def _type_of_ids(config: PipelineConfig, feature: FeatureConfig) -> pa.DataType:
    """Returns the type of the feature's values: whole numbers, or text."""
    at = type_of(feature).map_at or 0
    name = feature.input_names[at]
    column = next(one for one in config.data_config.input_fields if one.input_name == name)
    is_whole = DTYPES[DataConfig.FieldType.Name(column.input_type)].kind == WHOLE
    if is_whole or (feature.num_buckets and name in list_separators(feature)):
        return pa.int64()
    return pa.bool_() if column.input_type == DataConfig.BOOL else pa.string()


def _fill(ids: _RowsOfIds, table: tf.Variable, place: TablePlace) -> FilledTable:
    """Puts the vectors of a feature's files into its table."""
    counts = np.zeros(place.rows, np.int32)  # ids of each row so far
    all_fingerprints = []
    total = unused = 0
    for _, found, rows, fingerprints in ids.read():
        all_fingerprints.append(fingerprints)
        is_used = np.ones(len(rows), bool) if ids.unknown is None else rows != ids.unknown
        total, unused = total + len(rows), unused + int(np.count_nonzero(~is_used))
        if is_used.any():
            _add(table, place, rows[is_used], found.vectors[is_used], counts)
    fingerprints = np.concatenate(all_fingerprints) if all_fingerprints else np.zeros(0, np.uint64)
    fingerprints.sort()
    same = np.flatnonzero(fingerprints[1:] == fingerprints[:-1])
    if len(same):
        raise ids.twice(fingerprints[same[0]])
    filled = int(np.count_nonzero(counts))
    if not filled:
        what = f"none of their {total:,} ids has a row of the table" if total else "they hold no ids"
        raise DataError(f'{ids.where}: {ids.init.input_path}: {what} "{ids.feature.embedding_name}"')
    return FilledTable(
        ids.feature.embedding_name,
        ids.init.input_path,
        total,
        unused,
        int(counts[counts > 1].sum()),
        filled,
        place.rows,
        ids.init.trainable,
    )


def _add(table: tf.Variable, place: TablePlace, rows: np.ndarray, vectors: np.ndarray, counts: np.ndarray) -> None:
    """Puts vectors into rows of a table; one with several becomes their mean, as `counts` goes on to say."""
    at, inverse, more = np.unique(rows, return_inverse=True, return_counts=True)
    values = np.zeros((len(at), place.dim), np.float64)
    if len(at) == len(rows):
        values[inverse] = vectors
    else:
        np.add.at(values, inverse, vectors)
    before = counts[at]
    again = np.flatnonzero(before)
    if len(again):
        # Not tf.gather: the table may be cut over parameter servers.
        there = tf.nn.embedding_lookup(table, tf.constant(at[again] + place.offset)).numpy()[:, : place.dim]
        values[again] += there.astype(np.float64) * before[again, np.newaxis]
    counts[at] = before + more
    put_rows(table, at + place.offset, (values / counts[at, np.newaxis]).astype(np.float32))
