"""The model that trains: body, factorization machine and head put together."""

from __future__ import annotations

import operator
import zlib
from collections.abc import Collection, Mapping, Sequence

import tensorflow as tf

from apps_rec.data.schema import NOT_OBSERVED
from apps_rec.features import EmbeddedFeatures, Embedder, RequestFeatures, VariationalDropout
from apps_rec.layers import Fm, RelationTower
from apps_rec.layers.request import KeptKernels, in_precision_of
from apps_rec.legacy_keras import tfrs
from apps_rec.losses import loss_of
from apps_rec.models.bodies import Body, Custom, logits_of_body
from apps_rec.models.distillation import distillation_terms
from apps_rec.models.heads import AllRows, Head, TaskTerms
from apps_rec.models.score import FORMULAS, WEIGHTED_SUM, ranking_score
from apps_rec.models.specs import DistillationSpec, FmSpec, PositionSpec, ScoreTerm, Task
from apps_rec.models.towers import imputation_towers, logits_of_fm, make_tower, task_towers
from apps_rec.replicas import sum_over_replicas

Tensors = Mapping[str, tf.Tensor]
# Features, labels and row weights, each a dict of tensors.
Batch = tuple[Tensors, Tensors, Tensors]
# What a loss is called that reads no label.
REGULARIZERS = ("loss_l2", "loss_embedding_l2", "loss_variational_dropout")


class RankModel(tfrs.Model):
    """A model whose logits become probabilities in its head.

    The logit of a task is tower(body) + FM; the position tower, if any, is added to the first task's.

    Every loss is sum(weight x loss) / sum(weight) over the global batch; the divisor is 1 where the weights sum to 0.
    The sum of weights is reduced over replicas and the gradients are summed, so that N replicas take the step that one
    device would take.

    Args:
        embedder: owner of the tables.
        head: outputs and losses of the logits; it holds the tasks.
        body: layer from embeddings to one vector for each task; None: the logit is the FM and a bias.
        fm: the factorization machine, or None.
        position: the position tower, or None.
        score: terms of the ranking score; empty: each task's loss weight times the probability that the loss trains.
        l2: weight of half the squared dense kernels of the towers, 0 or more. A body has a weight of its own.
        embedding_l2: weight of half the squared embeddings looked up, averaged over rows; 0 or more.
        seed: seed of dropout masks, combined with the step and the layer's name.
        dtype: Keras policy of the towers' DNNs, e.g. "mixed_bfloat16"; None: float32. A body has a policy of its own.
            Logits are always float32.
        jit_compile: whether XLA compiles the dense part of a training step, from the embeddings to their gradients.
            Only on one replica.
        keep_averages: whether the moving averages of batch norm, too, stay as they were after a batch whose loss or
            gradients are not finite. It costs one copy of them a step; only a training that goes on needs it.
        variational_dropout: learned dropout of features, or None.
        score_formula: "weighted_sum" or "product_of_powers" of the score's terms.
        distillations: losses between outputs and soft labels.

    Input shape: the Preprocessor's outputs.
    Output shape: a dict of `(batch,)` float32: the head's outputs, such as `probs_<tower>` and `logits_<tower>`, and
        `score`.
    """

    def __init__(
        self,
        embedder: Embedder,
        head: Head,
        body: Body | None = None,
        fm: FmSpec | None = None,
        position: PositionSpec | None = None,
        score: Sequence[ScoreTerm] = (),
        l2: float = 0.0,
        embedding_l2: float = 0.0,
        seed: int = 0,
        dtype: str | None = None,
        jit_compile: bool = False,
        keep_averages: bool = False,
        variational_dropout: VariationalDropout | None = None,
        score_formula: str = WEIGHTED_SUM,
        distillations: Sequence[DistillationSpec] = (),
        name: str = "rank_model",
    ) -> None:
        super().__init__(name=name)
        if body is None and fm is None:
            raise ValueError("A RankModel needs a body, an FM or both. Got neither")
        if jit_compile and tf.distribute.get_strategy().num_replicas_in_sync > 1:
            raise ValueError("XLA cannot compile sums over replicas: leave jit_compile out, or train on one replica")
        if score_formula not in FORMULAS:
            raise ValueError(f"score_formula must be one of {', '.join(FORMULAS)}. Got {score_formula!r}")
        self.score_formula = score_formula
        self.embedder, self.head, self.body = embedder, head, body
        self.fm_spec, self.position_spec = fm, position
        self.tasks = head.tasks
        self.score_terms = tuple(score) or head.default_score()
        self.embedding_l2, self.distillations = embedding_l2, tuple(distillations)
        self.variational_dropout = variational_dropout
        self._seed = seed % 2**31
        self._keep_averages = keep_averages
        makes_logits = isinstance(body, Custom) and body.makes_logits
        has_tower_input = not makes_logits and (body is not None or (fm is not None and fm.into_tower_input))
        self.towers = task_towers(self.tasks, l2, dtype) if has_tower_input else {}
        self.imputation_towers = imputation_towers(head, l2, dtype)
        if self.imputation_towers and not has_tower_input:
            raise ValueError("An imputation tower needs an input: a body, or an FM that goes into it. Got neither")
        if not has_tower_input and any(task.relations or task.relation_dnn for task in self.tasks):
            raise ValueError("Towers that read others need an input: a body, or an FM that goes into it. Got neither")
        num_logits = logits_of_fm(self.tasks, fm, embedder.wide_dim, position)
        # Towers have biases, and so may a body; with neither, each task has one here.
        self.biases = {} if has_tower_input or makes_logits else {task.name: self._bias(task) for task in self.tasks}
        # Of each loss whose uncertainty is learned: s = log(sigma^2).
        self.uncertainties = {
            f"{task.name}/{at}": self.add_weight(name=f"uncertainty_{task.name}_{at}", shape=(1,), initializer="zeros")
            for task in self.tasks
            for at, item in enumerate(task.losses)
            if item.is_learned
        }
        self._drawn = [f"{task.name}/{at}" for task in self.tasks for at, i in enumerate(task.losses) if i.is_drawn]
        self.fm = Fm("joined" if fm.into_tower_input else "logit", num_logits, l2, name="fm") if fm else None
        self.position_tower = make_tower(position.dnn, l2, dtype, "position_tower") if position else None
        # Keras must not reduce the replicas' logs: the step has reduced them.
        self.distribute_reduction_method = "first"
        # Lookups and updates of tables stay out: the number of distinct ids differs from batch to batch.
        self._compiled_dense_part = tf.function(self._dense_part, jit_compile=True) if jit_compile else None

    def _bias(self, task: Task) -> tf.Variable:
        return self.add_weight(name=f"bias_{task.name}", shape=(task.num_logits,), initializer="zeros")

    def call(self, inputs: Tensors, training: bool = False, seed: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        """Returns predictions for a batch of rows."""
        embedded = self.embedder(inputs, training=training, seed=seed)
        return self._outputs(self._logits(embedded, training, seed))

    def rank(
        self,
        shared: Tensors,
        rows: Tensors,
        shared_features: Collection[str],
        weights: tf.Tensor | None = None,
        kernels: KeptKernels | None = None,
    ) -> dict[str, tf.Tensor]:
        """Returns predictions for one request: those of `call` on rows that hold the shared columns, up to rounding.

        Shared columns are looked up, pooled and multiplied once.

        Args:
            shared: the Preprocessor's outputs for `shared_features`, one row.
            rows: the Preprocessor's outputs for all other features.
            shared_features: names of the features that all rows share.
            weights: weights of the score's terms, `(score terms,)`, in place of the terms' own.
            kernels: store of the kernels' rows for shared and other columns; None: they are gathered anew.
        """

        def outputs() -> dict[str, tf.Tensor]:
            embedded = self.embedder.request(shared, rows, shared_features)
            return self._outputs(self._logits(embedded, False, None), weights)

        return outputs() if kernels is None else kernels.run(outputs)

    def compute_loss(self, inputs: Batch, training: bool = False) -> tf.Tensor:
        """Returns this replica's share of the loss; the sum over replicas is the loss of the global batch."""
        return tf.add_n(list(self.loss_shares(inputs, training).values()))

    # AutoGraph rewrites Python control flow on tensors. There is none here, and the search for it takes longer than all
    # else before the first step.
    @tf.autograph.experimental.do_not_convert
    def train_step(self, batch: Batch) -> dict[str, tf.Tensor]:
        """Makes one update; returns the loss of the global batch, in all and by task, and `is_finite`.

        Where the loss or a gradient is not finite, `is_finite` is 0 and our optimizers change no weight and no slot.
        """
        averages = self.non_trainable_variables if self._keep_averages else []
        before = [tf.identity(average) for average in averages]
        with tf.GradientTape() as tape:
            shares = self.loss_shares(batch, training=True)
            loss = tf.add_n(list(shares.values()))
        gradients = tape.gradient(loss, self.trainable_variables)
        # The optimizer counts steps without reading the data. Without this, the step that meets the end of the data
        # would be counted too.
        with tf.control_dependencies([loss]):
            is_finite = tf.math.is_finite(sum_over_replicas(_total([loss, *gradients])))
            pairs = zip(gradients, self.trainable_variables, strict=True)
            if hasattr(self.optimizer, "apply_if"):
                self.optimizer.apply_if(is_finite, pairs)
            else:  # one of Keras' own, in a notebook, has no apply_if
                self.optimizer.apply_gradients(pairs)
            for average, value in zip(averages, before, strict=True):
                average.assign(tf.where(is_finite, average, value))
        losses = {name: sum_over_replicas(value) for name, value in {"loss": loss, **shares}.items()}
        return {**losses, "is_finite": tf.cast(is_finite, tf.float32)}

    def loss_shares(self, batch: Batch, training: bool) -> dict[str, tf.Tensor]:
        """Returns this replica's share of each loss, weighted, by its name in logs; those of REGULARIZERS too."""
        features, labels, weights = batch
        seed = tf.stack([tf.constant(self._seed, tf.int64), self.optimizer.iterations]) if training else None
        embedded = self.embedder(features, training=training, seed=seed)
        dense_part = self._compiled_dense_part if training and self._compiled_dense_part else self._dense_part
        return dense_part(embedded, labels, weights, training, seed)

    def _dense_part(
        self, embedded: EmbeddedFeatures, labels: Tensors, weights: Tensors, training: bool, seed: tf.Tensor | None
    ) -> dict[str, tf.Tensor]:
        rows = AllRows({task.name: _row_weights(task, labels, weights) for task in self.tasks}, weights)
        imputed: dict[str, tf.Tensor] = {}
        logits = self._logits(embedded, training, seed, imputed)
        losses = self.head.losses(logits, labels, rows)
        names, replicas = self.head.loss_names(), tf.distribute.get_strategy().num_replicas_in_sync
        drawn = self._drawn_weights(seed)
        shares = {
            names[task.name]: task.weight * self._share(task, losses[task.name], replicas, drawn) for task in self.tasks
        }
        for name, (weight, terms) in self.head.further_losses(logits, imputed, labels, rows).items():
            shares[name] = weight * _global_mean(*terms)
        for spec in self.distillations:
            terms = distillation_terms(spec, self.head, logits, labels)
            shares[f"loss_{spec.name}"] = spec.weight * _global_mean(*terms)
        if squared_kernels := self.losses:  # each look at them computes them anew
            shares["loss_l2"] = tf.add_n(squared_kernels) / replicas
        if self.embedding_l2:
            squares = embedded.squared_length()
            shares["loss_embedding_l2"] = self.embedding_l2 / 2 * _global_mean(squares, tf.ones_like(squares))
        if self.variational_dropout is not None:
            count = sum_over_replicas(tf.cast(tf.shape(next(iter(labels.values())))[0], tf.float32))
            shares["loss_variational_dropout"] = self.variational_dropout.penalty(count) / replicas
        return shares

    def _drawn_weights(self, seed: tf.Tensor | None) -> dict[str, tf.Tensor]:
        """Returns numbers that sum to 1, the same on all replicas; outside of a training step all alike."""
        if not self._drawn:
            return {}
        normal = tf.zeros([len(self._drawn)])
        if seed is not None:
            of_weights = tf.random.experimental.stateless_fold_in(seed, zlib.crc32(b"loss weights"), alg="philox")
            normal = tf.random.stateless_normal(normal.shape, of_weights, alg="philox")
        return dict(zip(self._drawn, tf.unstack(tf.nn.softmax(normal)), strict=True))

    def _share(self, task: Task, losses: TaskTerms, replicas: int, drawn: Tensors) -> tf.Tensor:
        """Returns this replica's share of the sum of a task's losses."""
        shares = []
        for at, (item, terms) in enumerate(zip(task.losses, losses, strict=True)):
            means = [_global_mean(*part) for part in terms]
            share = means[0] if len(means) == 1 else tf.add_n(means)
            if item.weight != 1:
                share *= item.weight
            if item.is_drawn:
                share *= drawn[f"{task.name}/{at}"]
            if item.is_learned:
                s = self.uncertainties[f"{task.name}/{at}"][0]
                half = 0.5 if loss_of(item.loss).is_squared else 1.0
                # Where no row counts there is nothing to be sure of: s stays.
                counts = tf.cast(tf.add_n([_total_weight(part.weights) for part in terms]) > 0, share.dtype)
                share = half * tf.exp(-s) * share + counts * s / 2 / replicas
            shares.append(share)
        return shares[0] if len(shares) == 1 else tf.add_n(shares)

    def _logits(
        self,
        embedded: EmbeddedFeatures | RequestFeatures,
        training: bool,
        seed: tf.Tensor | None,
        imputed: dict[str, tf.Tensor] | None = None,
    ) -> dict[str, tf.Tensor]:
        """Returns the logits by task; fills `imputed`, where it is given, with what the imputation towers make."""
        if (dropout := self.variational_dropout) is not None:
            embedded = embedded.each(lambda part: dropout.dropped(part, training, seed))
        tower_inputs: list[list[tf.Tensor]] = [[] for _ in self.tasks]
        if self.body is not None:
            inputs = [in_precision_of(self.body, embedded.flat(group.features)) for group in self.body.groups]
            for parts, vector in zip(tower_inputs, self.body(inputs, training=training, seed=seed), strict=True):
                parts.append(vector)
        added: list[tf.Tensor] = []
        if self.fm_spec is not None and self.fm is not None:
            pairwise = embedded.stacked(self.fm_spec.pairwise) if self.fm_spec.pairwise else None
            term = self.fm((pairwise, embedded.first_order(self.fm_spec.first_order)))
            if self.fm_spec.into_tower_input:
                for parts in tower_inputs:
                    parts.append(term)
            else:
                added.append(tf.squeeze(term, axis=1) if term.shape[1] == 1 else term)
        logits, relations = {}, dict[str, tf.Tensor]()
        for task, x in zip(self.tasks, self._joined(tower_inputs), strict=True):
            if x is not None and not self.towers:
                logits[task.name] = tf.add_n([logits_of_body(x, task), *added])
            elif x is not None:
                tower = self.towers[task.name]
                if isinstance(tower, RelationTower):
                    read = [relations[name] for name in task.relations]
                    logit, relations[task.name] = tower(x, read, training=training, seed=seed)
                else:
                    logit = tower(x, training=training, seed=seed)
                logit = tf.squeeze(logit, axis=1) if task.num_logits == 1 else logit
                logits[task.name] = tf.add_n([logit, *added]) if added else logit
                imputation = self.imputation_towers.get(task.name)
                # Only a loss reads it, but the first call makes all variables.
                if imputation is not None and (imputed is not None or not imputation.built):
                    value = tf.squeeze(imputation(x, training=training, seed=seed), axis=1)
                    (imputed if imputed is not None else {})[task.name] = value
            else:
                logits[task.name] = added[0] + self.biases[task.name]
        if self.position_spec is not None and self.position_tower is not None:
            x = embedded.flat(self.position_spec.features)
            logits[self.tasks[0].name] += self.position_tower(x, training=training, seed=seed)[:, 0]
        return logits

    def _joined(self, tower_inputs: Sequence[Sequence[tf.Tensor]]) -> list[tf.Tensor | None]:
        """Returns the input of each tower; towers that read the same get the same tensor."""
        first = tower_inputs[0]
        if first and all(len(parts) == len(first) and all(map(operator.is_, parts, first)) for parts in tower_inputs):
            return [_beside(first)] * len(tower_inputs)
        return [_beside(parts) if parts else None for parts in tower_inputs]

    def _outputs(self, logits: Tensors, weights: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        outputs = self.head.outputs(logits)
        outputs["score"] = ranking_score(outputs, self.score_terms, self.score_formula, weights)
        return outputs


def _beside(parts: Sequence[tf.Tensor]) -> tf.Tensor:
    return parts[0] if len(parts) == 1 else tf.concat(parts, axis=1)


def _row_weights(task: Task, labels: Tensors, weights: Tensors) -> tf.Tensor:
    row_weights = tf.ones_like(labels[task.label]) if task.sample_weight is None else weights[task.sample_weight]
    if task.space_label is not None:
        row_weights *= tf.where(labels[task.space_label] > 0, task.in_space_weight, task.out_space_weight)
    for name in task.observed:
        is_observed = labels[name] != (task.unobserved if name == task.label else NOT_OBSERVED)
        row_weights *= tf.cast(is_observed, row_weights.dtype)
    return row_weights


def _global_mean(values: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """Returns this replica's share of the weighted mean over the global batch, with the divisor of all replicas."""
    total = _total_weight(weights)
    return tf.reduce_sum(values * weights) / tf.where(total > 0, total, 1.0)


def _total_weight(weights: tf.Tensor) -> tf.Tensor:
    return sum_over_replicas(tf.stop_gradient(tf.reduce_sum(weights)))


def _total(values: Sequence[tf.Tensor | tf.IndexedSlices | None]) -> tf.Tensor:
    """Returns the sum of all elements of all tensors; it is not finite where one of them is not."""
    tensors = [value.values if isinstance(value, tf.IndexedSlices) else value for value in values if value is not None]
    return tf.add_n([tf.reduce_sum(tensor) for tensor in tensors])
