"""A worker of ours: trains a config by `apps_rec.train`, as its users do, and measures that.

Example:
    python -m benchmarks.ours CONFIG [--auc] [--bare-loop] [--warm-up STEPS]
"""

from __future__ import annotations

import argparse
import shutil
from typing import Any

from benchmarks.compiled import compiled
from benchmarks.dataset import BATCH_SIZE
from benchmarks.meter import WARM_UP, Meter, say


def main() -> None:
    """Runs one training."""
    parser = argparse.ArgumentParser()
    parser.add_argument("config")
    parser.add_argument("--auc", action="store_true", help="evaluate after training")
    parser.add_argument("--bare-loop", action="store_true", help="no fit, no callbacks: a loop over the compiled step")
    parser.add_argument("--warm-up", type=int, default=WARM_UP, help="steps before the steady state")
    options = parser.parse_args()

    import apps_rec
    from apps_rec.tools.quiet import quiet_tensorflow

    config = apps_rec.load_config(options.config)
    quiet_tensorflow()
    meter = Meter(BATCH_SIZE, options.warm_up)
    parameters = _loop(config, meter) if options.bare_loop else _train(config, meter)
    report = meter.report() | {"parameters": parameters}
    if options.auc:
        metrics = apps_rec.evaluate(config)
        report |= {f"auc_{task}": metrics[f"auc_{task}"] for task in ("ctr", "ctcvr") if f"auc_{task}" in metrics}
    say(report)


def _train(config: Any, meter: Meter) -> int:
    import apps_rec
    from apps_rec.legacy_keras import keras

    class Count(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: object = None) -> None:
            meter.step()

    count = Count()
    # Not `restart`, which would keep every run.
    shutil.rmtree(config.message.model_dir, ignore_errors=True)
    apps_rec.train(config, callbacks=[count])
    return num_parameters(count.model)


def _loop(config: Any, meter: Meter) -> int:
    """Runs the same step over the same input, called as plainly as TensorFlow allows."""
    import tensorflow as tf

    estimator, _, dataset = compiled(config)
    model = estimator.model
    step = tf.function(model.train_step)
    for batch in dataset:
        step(batch)["loss"].numpy()
        meter.step()
    return num_parameters(model)


def num_parameters(model: Any) -> int:
    """Counts the trainable numbers of a Keras model."""
    return sum(variable.shape.num_elements() for variable in model.trainable_variables)


if __name__ == "__main__":
    main()
