"""Drawings of the models, for docs/models.md: `python -m website.drawings FOLDER` writes them as SVG files."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

_STYLE = """\
  <style>
    rect { fill: #eef4fb; stroke: #3b6ea5; stroke-width: 1.5; rx: 6 }
    rect.own { fill: #e3efe6; stroke: #3f7f5f }
    rect.shared { fill: #fbf3e4; stroke: #a5763b }
    rect.loss { fill: #f8e9ee; stroke: #a04a66 }
    text { font: 14px sans-serif; text-anchor: middle; dominant-baseline: central; fill: #1c2733 }
    path { fill: none; stroke: #5c6b7a; stroke-width: 1.5; marker-end: url(#arrow) }
    path.weight { stroke: #3f7f5f; stroke-dasharray: 5 4 }
  </style>
  <defs>
    <marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">
      <path d="M0 0 L10 5 L0 10 z" style="fill: #5c6b7a; stroke: none; marker-end: none"/>
    </marker>
  </defs>
"""


@dataclass(frozen=True)
class Box:
    """A box of a drawing.

    Attributes:
        x: its middle, from the left.
        y: its middle, from the top.
        text: what stands in it; a line for each line.
        kind: "", or one of the classes own, shared and loss.
        width: of it.
    """

    x: int
    y: int
    text: str
    kind: str = ""
    width: int = 150

    @property
    def height(self) -> int:
        """Returns its height."""
        return 22 + 20 * len(self.text.split("\n"))

    def svg(self) -> str:
        """Returns it as a rectangle with its text."""
        lines = self.text.split("\n")
        top = self.y - 10 * (len(lines) - 1)
        words = "".join(f'<text x="{self.x}" y="{top + 20 * at}">{line}</text>' for at, line in enumerate(lines))
        left, up = self.x - self.width // 2, self.y - self.height // 2
        kind = f' class="{self.kind}"' if self.kind else ""
        return f'  <rect{kind} x="{left}" y="{up}" width="{self.width}" height="{self.height}"/>{words}'


@dataclass(frozen=True)
class Drawing:
    """Boxes, from the bottom to the top, and arrows between them.

    Attributes:
        title: what it shows, for those who cannot see it.
        boxes: by their names.
        arrows: pairs of names; an arrow goes up, from the top of the first to the bottom of the second.
        weights: likewise; they are dashed: the one is a weight of the other.
        width: of the whole.
        height: of the whole.
    """

    title: str
    boxes: dict[str, Box]
    arrows: list[tuple[str, str]]
    weights: list[tuple[str, str]]
    width: int
    height: int

    def svg(self) -> str:
        """Returns the file's text."""
        head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" role="img">\n'
        arrows = [self._arrow(one, other, "") for one, other in self.arrows]
        arrows += [self._arrow(one, other, ' class="weight"') for one, other in self.weights]
        body = "\n".join([*arrows, *(box.svg() for box in self.boxes.values())])
        return f"{head}  <title>{self.title}</title>\n{_STYLE}{body}\n</svg>\n"

    def _arrow(self, one: str, other: str, kind: str) -> str:
        low, high = self.boxes[one], self.boxes[other]
        if low.y == high.y:
            sign = 1 if high.x > low.x else -1
            return f'  <path{kind} d="M{low.x + sign * low.width // 2} {low.y} H{high.x - sign * high.width // 2}"/>'
        start, end = low.y - low.height // 2, high.y + high.height // 2
        middle = (start + end) // 2
        return f'  <path{kind} d="M{low.x} {start} C{low.x} {middle} {high.x} {middle} {high.x} {end}"/>'


def _experts(width: int) -> dict[str, Box]:
    return {
        "embeddings": Box(width // 2, 520, "embeddings of the row's features, joined", "shared", 360),
        "gate_ctr": Box(90, 420, "gate of the click\nsoftmax", "own", 140),
        "expert_0": Box(width // 2 - 90, 420, "expert 0", "shared", 120),
        "expert_1": Box(width // 2 + 90, 420, "expert 1", "shared", 120),
        "gate_cvr": Box(width - 90, 420, "gate of the\ndownload", "own", 140),
        "mixed_ctr": Box(width // 2 - 150, 315, "mixture\nof the click", "own", 140),
        "mixed_cvr": Box(width // 2 + 150, 315, "mixture\nof the download", "own", 140),
        "tower_ctr": Box(width // 2 - 150, 225, "tower", "own", 110),
        "tower_cvr": Box(width // 2 + 150, 225, "tower", "own", 110),
        "fm": Box(width // 2, 225, "FM", "shared", 90),
    }


_UP = [
    ("embeddings", "gate_ctr"),
    ("embeddings", "expert_0"),
    ("embeddings", "expert_1"),
    ("embeddings", "gate_cvr"),
    ("expert_0", "mixed_ctr"),
    ("expert_1", "mixed_ctr"),
    ("expert_0", "mixed_cvr"),
    ("expert_1", "mixed_cvr"),
    ("mixed_ctr", "tower_ctr"),
    ("mixed_cvr", "tower_cvr"),
]
_GATES = [("gate_ctr", "mixed_ctr"), ("gate_cvr", "mixed_cvr")]


def _mmoe() -> Drawing:
    boxes = _experts(640) | {
        "ctr": Box(170, 130, "logit + FM, sigmoid", "own", 170),
        "ctcvr": Box(470, 130, "logit + FM, sigmoid", "own", 170),
        "loss_ctr": Box(170, 45, "pCTR\nlabel: click", "loss", 190),
        "loss_ctcvr": Box(470, 45, "pCTCVR\nlabel: click and download", "loss", 220),
    }
    arrows = [*_UP, ("tower_ctr", "ctr"), ("tower_cvr", "ctcvr"), ("fm", "ctr"), ("fm", "ctcvr")]
    arrows += [("ctr", "loss_ctr"), ("ctcvr", "loss_ctcvr")]
    return Drawing("MMOE: two gates mix two experts; each tower has its own label", boxes, arrows, _GATES, 640, 560)


def _esmm() -> Drawing:
    boxes = _experts(640) | {
        "ctr": Box(170, 135, "pCTR", "own", 110),
        "cvr": Box(470, 135, "pCVR\nno loss of its own", "own", 170),
        "loss_ctr": Box(170, 45, "loss: click", "loss", 150),
        "product": Box(400, 45, "loss: click and download\npCTCVR = pCTR x pCVR", "loss", 230),
    }
    arrows = [*_UP, ("tower_ctr", "ctr"), ("tower_cvr", "cvr"), ("fm", "ctr"), ("fm", "cvr")]
    arrows += [("ctr", "loss_ctr"), ("ctr", "product"), ("cvr", "product")]
    return Drawing("ESMM: the product of both probabilities has the loss", boxes, arrows, _GATES, 640, 560)


def _fm() -> Drawing:
    names = ["user_id", "app_id", "network"]
    columns = {name: Box(110 + 180 * at, 330, name, "", 120) for at, name in enumerate(names)}
    vectors = {f"v{at}": Box(110 + 180 * at, 245, f"v{at + 1} and w{at + 1}", "shared", 120) for at in range(3)}
    boxes = {
        **columns,
        **vectors,
        "first": Box(120, 140, "w1 + w2 + w3", "own", 160),
        "pairs": Box(410, 140, "v1·v2 + v1·v3 + v2·v3", "own", 220),
        "sum": Box(290, 45, "one number, added to every logit", "loss", 270),
    }
    arrows = [(name, f"v{at}") for at, name in enumerate(names)]
    arrows += [(f"v{at}", to) for at in range(3) for to in ("first", "pairs")] + [("first", "sum"), ("pairs", "sum")]
    return Drawing("FM: a weight a feature, and an inner product a pair of features", boxes, arrows, [], 580, 370)


def _gate() -> Drawing:
    boxes = {
        "row": Box(290, 330, "embeddings of the row", "shared", 220),
        "expert_0": Box(110, 235, "expert 0: h0", "shared"),
        "scores": Box(290, 235, "one layer:\ntwo numbers", "own"),
        "expert_1": Box(470, 235, "expert 1: h1", "shared"),
        "softmax": Box(290, 140, "softmax:\n.8 and .2", "own", 120),
        "mixed": Box(290, 45, "mixture: .8 h0 + .2 h1", "loss", 210),
    }
    arrows = [("row", "expert_0"), ("row", "scores"), ("row", "expert_1"), ("scores", "softmax")]
    arrows += [("expert_0", "mixed"), ("expert_1", "mixed")]
    return Drawing("A gate: weights of the experts, for each row", boxes, arrows, [("softmax", "mixed")], 580, 370)


def _funnel() -> Drawing:
    boxes = {
        "shown": Box(90, 140, "impressions\n1,000", "shared", 130),
        "click": Box(290, 140, "clicks\n100", "own", 130),
        "download": Box(490, 140, "downloads\n40", "loss", 130),
        "pctr": Box(190, 60, "pCTR = .1", "own", 120),
        "pcvr": Box(390, 60, "pCVR = .4", "own", 120),
        "pctcvr": Box(290, 220, "pCTCVR = .1 x .4 = .04: of all impressions", "loss", 330),
    }
    return Drawing("The funnel", boxes, [("shown", "click"), ("click", "download")], [], 580, 260)


DRAWINGS = {"mmoe": _mmoe, "esmm": _esmm, "fm": _fm, "gate": _gate, "funnel": _funnel}


def drawings() -> dict[str, str]:
    """Returns the text of each file by its name."""
    return {f"{name}.svg": make().svg() for name, make in DRAWINGS.items()}


if __name__ == "__main__":
    for file, text in drawings().items():
        (Path(sys.argv[1]) / file).write_text(text, encoding="utf-8")
