"""A worker of ours: trains a config and exports it, with products in float32 and, if asked to, in half precision too.

Example:
    python -m benchmarks.serving.ours_export CONFIG FOLDER [half]
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
    if "half" in sys.argv[3:]:
        half = apps_rec.load_config(sys.argv[1], ["export_config.half_precision=true"])
        made["half"] = apps_rec.export(half, folder)
    say({"parameters": parameters, **{name: str(path) for name, path in made.items()}})


if __name__ == "__main__":
    main()
