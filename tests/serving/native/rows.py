"""Writes rows for score.cc: the first of those that an export was proven on.

rows.py EXPORT SIGNATURE FILE [COUNT]: prints the weights that rank and rank_packed take, as score.cc wants them.
"""

import sys
from pathlib import Path

import numpy as np

from apps_rec.serving.export_folder import open_export
from apps_rec.serving.parity.golden import Golden
from apps_rec.serving.requests import Arrays, request, take
from apps_rec.serving.schema import WEIGHTS, build_serving_schema


def as_text(value: object) -> str:
    """A value in a cell."""
    if isinstance(value, bytes):
        return value.hex()
    return repr(float(value)) if isinstance(value, float | np.floating) else str(int(value))


def write_rows(path: Path, inputs: Arrays) -> list[str]:
    """Writes the inputs of a signature row by row, weights aside: those are the returned arguments of score.cc."""
    stacks = {name: array.reshape(len(array), -1) for name, array in inputs.items() if name != WEIGHTS}
    count = max(map(len, stacks.values()))
    # The user and the context stand in every row, as in a log; the program sends those of the first.
    rows = [[",".join(map(as_text, stack[i % len(stack)])) for stack in stacks.values()] for i in range(count)]
    path.write_text("".join("\t".join(row) + "\n" for row in (stacks, *rows)), encoding="utf-8")
    return [f"{WEIGHTS}={','.join(map(as_text, inputs[WEIGHTS]))}"] if WEIGHTS in inputs else []


def main(export: str, signature: str, path: str, count: str = "5") -> None:
    """Reads, writes."""
    folder, config = open_export(export)
    schema = build_serving_schema(config)
    rows = take(Golden.read(folder, schema).rows, slice(int(count)))
    print(*write_rows(Path(path), request(signature, rows, schema)))


if __name__ == "__main__":
    main(*sys.argv[1:])
