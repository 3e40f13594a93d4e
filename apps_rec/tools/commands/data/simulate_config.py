"""Simulates rows that fit a config."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from apps_rec.config import Config, load_config
from apps_rec.tools.commands.common import command, require_local
from apps_rec.tools.commands.configs.check import ConfigLike
from apps_rec.tools.quiet import quiet_tensorflow

if TYPE_CHECKING:
    from apps_rec.simulation.of_config.simulate import ConfigRows


@command
def simulate_config(
    config: ConfigLike, output: str, rows: int = 20000, seed: int = 7, overrides: Sequence[str] = ()
) -> ConfigRows:
    """Writes rows that fit a config; see `apps_rec.simulation.of_config.simulate.simulate_config`.

    Args:
        config: path of a config, or a config that is read already. Files that it names need not exist.
        output: folder to write into.
        rows: rows to train on; a quarter as many are written for evaluation.
        seed: seed of all random numbers.
        overrides: changes to the config, `path=value` each; only for a path.

    Returns:
        Paths of the files, the `overrides` with which the config reads them, and the `truth` of each label.

    Raises:
        ConfigError: the config has a mistake.
        UserError: an argument is out of its range, or the folder cannot be written or holds other files.

    Example:
        >>> made = apps_rec.simulate_config("my.config", "out/rows")  # doctest: +SKIP
        >>> apps_rec.train("my.config", made.overrides)  # doctest: +SKIP
    """
    require_local(output, "output")
    checked = config
    if not isinstance(checked, Config):
        checked = load_config(checked, overrides, files_here=False)
        for remark in checked.remarks:
            logging.getLogger("apps_rec").warning("%s", remark)
    quiet_tensorflow()
    from apps_rec.simulation.of_config.simulate import simulate_config as simulate

    return simulate(checked, output, rows, seed)
