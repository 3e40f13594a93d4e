"""Blocks of commands in README.md and docs/: found, and read as a shell would read them."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENTS = ["README.md", *sorted(str(page.relative_to(ROOT)) for page in (ROOT / "docs").rglob("*.md"))]
WORDS = (
    r"apps-rec|make|python3?|pip|docker|curl|cd|head|ls|cat|\./|\. |g\+\+|unshare|cmake|kubectl|\.venv/bin/|\w+=\$\("
)
COMMAND = re.compile(rf"(?:\$ )?(?:{WORDS})")
_FENCE = re.compile(r"```(.*)")
_MARK = re.compile(r"(?:\*\*|_)?Not tested: \S.*")


@dataclass(frozen=True)
class Block:
    """A block of commands.

    Attributes:
        page: the document, from the root.
        line: its first line, from 1.
        commands: the commands, a continued one in one piece; what they print is left out.
        is_marked: whether a line behind it says why it is not tested.
    """

    page: str
    line: int
    commands: tuple[str, ...]
    is_marked: bool


def blocks(page: str, text: str) -> list[Block]:
    """Returns the blocks of commands of a document in their order."""
    lines = text.split("\n")
    found, at = [], 0
    while at < len(lines):
        end, inside = _block_at(lines, at)
        commands = _commands(inside)
        if commands:
            behind = next((line.strip() for line in lines[end:] if line.strip()), "")
            found.append(Block(page, at + 1, commands, bool(_MARK.match(behind))))
        at = max(end, at + 1)
    return found


def _block_at(lines: list[str], at: int) -> tuple[int, list[str]]:
    """Returns where the block that begins in a line ends, and its lines; none where no block begins."""
    fence = _FENCE.fullmatch(lines[at])
    if fence:
        end = next(place for place in range(at + 1, len(lines)) if lines[place].startswith("```"))
        is_text = fence[1].strip() in ("", "sh", "bash", "console")
        return end + 1, lines[at + 1 : end] if is_text else []
    if not lines[at].startswith("    ") or (at and lines[at - 1].strip()):
        return at, []
    end = at
    while end < len(lines) and (lines[end].startswith("    ") or not lines[end].strip()):
        end += 1
    return end, [line.strip() for line in lines[at:end]]


def _commands(lines: list[str]) -> tuple[str, ...]:
    """Returns the commands of a block: those behind a `$` where there is one, else all of its lines."""
    joined = "\n".join(lines).replace("\\\n", " ").split("\n")
    asked = [line[2:] for line in joined if line.startswith("$ ")]
    first = next((line for line in joined if line.strip()), "")
    if asked:
        return tuple(asked)
    if not COMMAND.match(first):
        return ()
    return tuple(line for line in joined if line.strip())
