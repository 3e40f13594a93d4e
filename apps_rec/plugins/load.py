"""Loading of plugins: modules are imported by their names, their tables checked and handed to this process."""

from __future__ import annotations

import importlib
import os
import re
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any

from apps_rec.errors import PluginError
from apps_rec.plugins.check import mistakes_of_body, mistakes_of_loss
from apps_rec.plugins.tables import owners, put
from apps_rec.protos.loss_pb2 import LossType
from apps_rec.protos.network_pb2 import Body

_MODULE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
# The tables of a module, with the names that ours have.
_TAKEN = {"BODIES": set(Body.DESCRIPTOR.fields_by_name), "LOSSES": set(LossType.keys())}
_CHECKS = {"BODIES": mistakes_of_body, "LOSSES": mistakes_of_loss}
_EXAMPLE = 'BODIES = {"my_body": CustomBody(MyBody)} or LOSSES = {"my_loss": CustomLoss(my_loss)}'


def load(names: Sequence[str]) -> None:
    """Imports modules and hands the rows of their BODIES and LOSSES to this process, where configs find them by name.

    A module that was loaded before gives its rows anew. Nothing is taken over if there is a mistake in any of them.

    Args:
        names: names of modules, as behind `import`; they are looked for in sys.path and then in the current folder.

    Raises:
        PluginError: there is no such module, it cannot be imported, has none of the tables, or a row of a wrong form or
            with a name that is taken; one line for each mistake.

    Example:
        >>> load(["my_team.bodies"])
        Traceback (most recent call last):
        ...
        apps_rec.errors.PluginError: plugin my_team.bodies: there is no module my_team. Looked for in ...
    """
    if isinstance(names, str):
        raise PluginError(f'plugin: expected a list of names of modules, got the text "{names}"')
    tables = {name: _tables(name) for name in names}
    mistakes = [f"plugin {name}: {text}" for name, rows in tables.items() for text in _mistakes(rows)]
    mistakes += _collisions(tables)
    if mistakes:
        raise PluginError("\n".join(mistakes))
    for name, rows in tables.items():
        put(name, rows.get("BODIES", {}), rows.get("LOSSES", {}))


def _tables(name: str) -> dict[str, Any]:
    """Imports a module, and returns those of the tables that it has."""
    module = _import(name)
    found = {table: getattr(module, table) for table in _TAKEN if hasattr(module, table)}
    if not found:
        raise PluginError(f"plugin {name}: {_file(module)} has neither BODIES nor LOSSES; expected {_EXAMPLE}")
    return found


def _import(name: str) -> ModuleType:
    if not isinstance(name, str) or not _MODULE.fullmatch(name):
        text = str(name).removesuffix(".py").strip("./").replace("/", ".")
        guess = f" Did you mean {text}?" if _MODULE.fullmatch(text) else ""
        raise PluginError(f'plugin: expected the name of a module, such as my_team.bodies, got "{name}".{guess}')
    here = os.getcwd()
    # At the end: what stands in the folder takes the place of no package that is installed.
    if here not in sys.path and "" not in sys.path:
        sys.path.append(here)
    importlib.invalidate_caches()
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            text = f"plugin {name}: there is no module {error.name}. Looked for in sys.path and in the current folder"
            raise PluginError(f"{text}, {here}") from None
        raise PluginError(f"plugin {name}: cannot be imported: {_where(error)}") from error
    except (Exception, SystemExit) as error:
        raise PluginError(f"plugin {name}: cannot be imported: {_where(error)}") from error


def _where(error: BaseException) -> str:
    """Returns type and text of an error that came while a module was imported, and the line of the module."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "importlib" not in frame.filename]
    last = frames[-1] if frames else None
    at = f" ({last.filename}:{last.lineno})" if last and last.filename != __file__ else ""
    return f"{type(error).__name__}: {error}{at}"


def _file(module: ModuleType) -> str:
    return getattr(module, "__file__", None) or f"the folder {module.__name__.replace('.', '/')}"


def _mistakes(tables: Mapping[str, Any]) -> Iterator[str]:
    for table, rows in tables.items():
        if not isinstance(rows, Mapping):
            yield f"{table}: expected a dict from a name to its row, got {type(rows).__name__}; as in {_EXAMPLE}"
            continue
        for name, row in rows.items():
            if not (isinstance(name, str) and re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII)):
                yield f"{table}: expected names of letters, digits and _, beginning with a letter, got {name!r}"
            yield from (f"{table}[{name!r}]: {text}" for text in _CHECKS[table](row))


def _collisions(tables: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Returns a line for each name that is one of ours, or that another module gave."""
    found = []
    for table, taken in _TAKEN.items():
        # What a module gave before makes place for what it gives now.
        first = {name: module for name, module in owners(table).items() if module not in tables}
        for module, rows in tables.items():
            for name in rows[table] if isinstance(rows.get(table), Mapping) else ():
                if name in taken:
                    found.append(f"plugin {module}: {table}[{name!r}]: apps_rec has one of this name; expected another")
                elif name in first:
                    text = f"the plugin {first[name]} has one of this name; expected another"
                    found.append(f"plugin {module}: {table}[{name!r}]: {text}")
                else:
                    first[name] = module
    return found
