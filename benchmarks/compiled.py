"""A config's model with its optimizer and input, as a worker needs them that runs steps without `fit`."""

from __future__ import annotations

from typing import Any


def compiled(config: Any) -> tuple[Any, Any, Any]:
    """Returns the estimator of a config with its model compiled, its optimizer and its training dataset."""
    from apps_rec.training.estimator import Estimator
    from apps_rec.training.input import training_dataset, training_source
    from apps_rec.training.optimizers.build import build_optimizer

    estimator = Estimator(config)
    optimizer = build_optimizer(config.message.train_config)
    optimizer.build(estimator.model.trainable_variables)
    estimator.model.compile(optimizer=optimizer)
    return (
        estimator,
        optimizer,
        training_dataset(config.message, estimator.preprocessor, training_source(config.message))[0],
    )
