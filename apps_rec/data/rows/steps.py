"""Finds a funnel that is known inside its first step alone, so that the product of its steps cannot be learned."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pyarrow as pa

from apps_rec.data.schema import NOT_OBSERVED, Schema


class StepWatch:
    """Looks for rows without a step of a funnel whose next step is known: it is 0.

    Rows whose label was not observed do not count. Where none of those without a click counts, the product of click and
    download is learned from the clicked rows alone, and becomes the download rate after a click.

    Args:
        schema: schema of the rows.
    """

    def __init__(self, schema: Schema):
        rules = schema.label_rules
        # By a step and the next one: whether there is a row without the step. Gone once such a row has the next known.
        self._unknown = {
            steps: False for steps in pairwise(schema.label_steps) if steps[1] in rules and rules[steps[1]].not_observed
        }

    def look(self, columns: Mapping[str, np.ndarray | pa.Array]) -> None:
        """Takes the next rows."""
        for step, after in list(self._unknown):
            without = columns[after][columns[step] == 0]
            if np.any(without != NOT_OBSERVED):
                del self._unknown[step, after]
            elif len(without):
                self._unknown[step, after] = True

    def rest(self) -> list[str]:
        """Returns the warnings about all rows, once."""
        found = [steps for steps, has_rows in self._unknown.items() if has_rows]
        self._unknown = {}
        return [
            f'label "{after}": it was not observed in any row without a "{step}", and these do not count: the product '
            f'of the funnel is learned from rows with a "{step}" alone, and is no longer a rate of all rows. Write 0 '
            f'for the "{after}" of a row without a "{step}": it is known'
            for step, after in found
        ]
