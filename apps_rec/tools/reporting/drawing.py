"""Drawings as SVG that stands in a page: text stays text, and takes the page's colour, light or dark."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import matplotlib
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from apps_rec.errors import shown

# Readable on white and on black.
COLORS = ("#3f7fd6", "#d9722b", "#3a9d5d", "#c2549d", "#8b79d9", "#b08a1e", "#28a3ad", "#d05353")
# Stands for the page's own colour while a library draws that knows no such thing.
_INK = "#010203"
# In inches; text of 9 points is still read where a phone makes the drawing narrower.
_WIDTH = 4.4
# Names of a config are no formulas.
_SETTINGS: dict[str, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "axes.titlesize": 9,
    "axes.titlecolor": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "legend.frameon": False,
}
_MOST_LETTERS = 28


def color(at: int) -> str:
    """Returns the colour of the run or the expert with a number."""
    return COLORS[at % len(COLORS)]


def drawn(name: str, alt: str, height: float, draw: Callable[[Axes], None]) -> Markup:
    """Returns a drawing as an element of a page.

    Args:
        name: name that no other drawing of the page has, of letters and digits.
        alt: sentence for those who do not see it.
        height: height in inches.
        draw: function that draws into the axes.
    """
    settings: Any = {**_SETTINGS, "svg.hashsalt": name}
    with matplotlib.rc_context(settings), warnings.catch_warnings():
        # A letter that the library's font lacks is there in the browser's.
        warnings.simplefilter("ignore", UserWarning)
        figure = Figure(figsize=(_WIDTH, height), layout="constrained")
        draw(figure.add_subplot())
        file = io.StringIO()
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = file.getvalue()
    svg = svg[svg.index("<svg") :].replace(_INK, "currentColor")
    # Other drawings of the page have the same ids.
    svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", svg)
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    label = Markup('<svg role="img" aria-label="{}"').format(shown(alt))
    return Markup(svg.replace("<svg", label, 1))


def short(name: str) -> str:
    """Returns a name as it fits beside a drawing."""
    text = shown(name).replace("\n", " ")
    return text if len(text) <= _MOST_LETTERS else f"{text[: _MOST_LETTERS - 1]}\u2026"


def legend(axes: Axes, count: int) -> None:
    """Adds the legend where several runs are drawn."""
    if count > 1:
        axes.legend(loc="best")


def thinned(values: Sequence[Any], most: int = 400) -> list[Any]:
    """Returns at most so many of some values, the last one among them."""
    step = -(-len(values) // most)
    return [*values[:: max(1, step)][: most - 1], *values[-1:]] if step > 1 else list(values)
