"""A worker of ours: trains a config and exports it twice, with products in float32 and in half precision.

Example:
    python -m benchmarks.serving.ours_export CONFIG FOLDER
"""

from __future__ import annotations

import shutil
import sys

from benchmarks.meter import say
from benchmarks.ours import num_parameters


def main() -> None:
    """Trains, exports and says where."""
    import apps_rec
    from apps_rec.tools.quiet import quiet_tensorflow

    config, folder = apps_rec.load_config(sys.argv[1]), sys.argv[2]
    quiet_tensorflow()
    from apps_rec.training.estimator import load_trained

    shutil.rmtree(config.message.model_dir, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
    apps_rec.train(config)
    parameters = num_parameters(load_trained(config)[0].model)
    made = {"float32": apps_rec.export(config, folder)}
    half = apps_rec.load_config(sys.argv[1], ["export_config.half_precision=true"])
    made["half"] = apps_rec.export(half, folder)
    say({"parameters": parameters, **{name: str(path) for name, path in made.items()}})


if __name__ == "__main__":
    main()
