"""Looks at the machine and its packages."""

from __future__ import annotations

from apps_rec.tools.commands.common import command
from apps_rec.tools.doctor import Diagnosis, diagnose


@command
def doctor() -> Diagnosis:
    """Returns versions, devices, memory and disk, and what is missing with the command that mends it.

    Returns:
        The findings. `mistakes` is empty where all is well. Printed, it is a table.
    """
    return diagnose()
