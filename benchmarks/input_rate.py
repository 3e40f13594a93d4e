"""A worker: rows per second of reading, checking, shuffling and preprocessing, without a training step.

Example:
    python -m benchmarks.input_rate CONFIG
"""

from __future__ import annotations

import sys

from benchmarks.dataset import BATCH_SIZE
from benchmarks.meter import Meter, say


def main() -> None:
    """Reads the batches of a config's training."""
    import apps_rec
    from apps_rec.tools.quiet import quiet_tensorflow

    config = apps_rec.load_config(sys.argv[1])
    quiet_tensorflow()
    from apps_rec.features import Preprocessor, build_features
    from apps_rec.training.input import training_dataset, training_source

    meter = Meter(BATCH_SIZE)
    dataset, _ = training_dataset(
        config.message, Preprocessor(build_features(config.message)), training_source(config.message)
    )
    for _ in dataset:
        meter.step()
    say(meter.report())


if __name__ == "__main__":
    main()
