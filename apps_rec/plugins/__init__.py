"""Plugins: bodies and losses of one's own, in Python modules that a command's `--plugin` names.

A config names a body or a loss, never a module. Nothing registers itself when it is imported: a module has tables
written by hand, and `load` hands their rows to this process. docs/python.md explains it from the beginning.
"""

from apps_rec.plugins.load import load
from apps_rec.plugins.rows import CustomBody, CustomLoss
from apps_rec.plugins.tables import bodies, loaded, losses

__all__ = ["CustomBody", "CustomLoss", "bodies", "load", "loaded", "losses"]
