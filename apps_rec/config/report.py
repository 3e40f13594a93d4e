"""Places of the parts of a config in its file, and the list of its mistakes."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from apps_rec.config.easyrec.verdict import REFUSED, Verdict
from apps_rec.config.text.tokens import cut
from apps_rec.errors import ConfigError, Tally, shown
from apps_rec.nearest import did_you_mean, nearest

_LONGEST_LINE = 1000

# The field by which a person names an item of a list; the second one is used where the first is absent.
ITEM_NAMES = {
    "FeatureConfig": ("feature_name", "input_names"),
    "FeatureGroup": ("group_name", None),
    "Field": ("input_name", None),
    "TaskTower": ("tower_name", None),
    "RowFilter": ("column", None),
    "Tower": ("input", None),
    "ExtractionNetwork": ("network_name", None),
    "ScoreTerm": ("output", None),
    "Param": ("name", None),
}


def item_name(item: Any) -> tuple[str, str] | None:
    """Returns the field and value that name this list item, or None where it has no name."""
    naming = ITEM_NAMES.get(item.DESCRIPTOR.name)
    if naming is None:
        return None
    field_name, fallback = naming
    value = getattr(item, field_name)
    if not value and fallback and getattr(item, fallback):
        value = getattr(item, fallback)[0]
    return (field_name, value) if value else None


def parents(path: str) -> Iterable[str]:
    """Yields the path and all paths that enclose it, innermost first: a[1].b, a[1], a."""
    while path:
        yield path
        cut = max(path.rfind("."), path.rfind("["))
        path = path[:cut] if cut > 0 else ""


@dataclass
class Places:
    """Places of the config paths: where each was written.

    Paths are plain: names joined by dots, list items by number (`feature_config.features[0].embedding_dim`). After the
    shorthands are rewritten, `origins` leads from a path of the rewritten message back to the path in the file.

    Attributes:
        name: the file, as the user gave it.
        lines: line of the file, by path.
        overrides: number of the `--set` that set the value, by path.
        override_texts: the `--set` arguments.
        origins: path as written, and whether the rest of a longer path follows it, by path of the rewritten message.
        written: the message as written, overrides applied, before rewriting.
        adopted: paths whose name was misspelt; they were read as their nearest name, so that checks can go on.
        broken: paths whose value could not be read; nothing more is reported of them.
        strange: paths of messages that hold a message of an unknown name, unlike any known one.
        refused: paths of fields of EasyRec that are refused.
    """

    name: str
    lines: dict[str, int] = field(default_factory=dict)
    overrides: dict[str, int] = field(default_factory=dict)
    override_texts: list[str] = field(default_factory=list)
    origins: dict[str, tuple[str, bool]] = field(default_factory=dict)
    written: Any = None
    adopted: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    strange: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    _counted: dict[str, Counter[Any]] = field(default_factory=dict)

    def as_written(self, path: str) -> str:
        """Returns the plain path where the user wrote the value that now stands at this path."""
        for prefix in parents(path):
            if prefix in self.origins:
                origin, keeps_rest = self.origins[prefix]
                return origin + path[len(prefix) :] if keeps_rest else origin
        return path

    def place(self, path: str) -> tuple[int, int]:
        """Returns the place where a path was written, which sorts: (0, line) in the file, (1, number) for a --set."""
        for prefix in parents(self.as_written(path)):
            if prefix in self.overrides:
                return 1, self.overrides[prefix]
            if prefix in self.lines:
                return 0, self.lines[prefix]
        return 0, 1

    def locate(self, path: str) -> str:
        """Returns `file:line` of a path, or of the nearest path around it; `--set ...` where that set it."""
        kind, number = self.place(path)
        return self.override(number) if kind else f"{self.name}:{number}"

    def override(self, number: int) -> str:
        """Returns `--set ...` for a message, cut where it is long."""
        return f"--set {cut(self.override_texts[number], 300)}"

    def forget(self, path: str) -> None:
        """Forgets a path and all below it, before a new value takes its place."""
        for known in (self.lines, self.overrides, self.adopted, self.broken, self.strange, self.refused):
            for key in [k for k in known if k == path or k.startswith((path + ".", path + "["))]:
                if isinstance(known, set):
                    known.discard(key)
                else:
                    del known[key]

    def readable(self, path: str) -> str:
        """Returns the path as written, with list items picked by their name where no other item has it."""
        path = self.as_written(path)
        if self.written is None:
            return path
        parts: list[str] = []
        here: Any = self.written
        for part in path.split("."):
            name, _, index = part.partition("[")
            # A name that is not a field may hold anything.
            known = here.DESCRIPTOR.fields_by_name.get(name) if hasattr(here, "DESCRIPTOR") else None
            value: Any = getattr(here, name) if known else None
            if (
                known
                and known.is_repeated
                and index[:-1].isdecimal()
                and len(index) < 12
                and int(index[:-1]) < len(value)
            ):
                here = value[int(index[:-1])]
                key = item_name(here) if hasattr(here, "DESCRIPTOR") else None
                alone = key and self._names(".".join([*parts, name]), value)[key] == 1
                parts.append(f"{name}[{key[0]}={key[1]}]" if key and alone else part)
            else:
                here = value
                parts.append(part)
        return ".".join(parts)

    def _names(self, path: str, items: Any) -> Counter[Any]:
        """Counts the items of a list of `written` by name; remembers the counts."""
        if path not in self._counted:
            self._counted[path] = Counter(item_name(item) for item in items)
        return self._counted[path]


@dataclass(frozen=True)
class _Mistake:
    """The arguments of `Report.error`, and the place of the mistake."""

    place: tuple[int, int]
    path: str | None
    text: str
    got: str | None = None
    among: Iterable[str] = ()


class Report:
    """The mistakes of one config, each said once, in the order of the file."""

    # Lines that a person reads; names that are compared for suggestions, some microseconds each.
    most_lines, most_compared = 100, 20_000

    def __init__(self, places: Places) -> None:
        self.places = places
        self._errors: list[_Mistake] = []
        self._warnings: list[_Mistake] = []
        self._notes: list[_Mistake] = []
        self._compared = 0
        # Fields read -> how often, by message and name; the messages as this package calls them.
        self.used: Counter[tuple[str, str]] = Counter()

    @property
    def errors(self) -> list[str]:
        """Returns one line for each mistake, by place; after the first 100, only the number of the others."""
        self._compared = 0
        return self._lines(sorted(self._errors, key=lambda mistake: mistake.place), "mistakes; mend these first")

    @property
    def warnings(self) -> list[str]:
        """Returns one line for each warning, in the order they were found; after the first 100, only their number."""
        return self._lines(self._warnings, "warnings")

    @property
    def notes(self) -> list[str]:
        """Returns one line for each thing that has no effect, by place; those alike in name and text are one."""
        alike: dict[tuple[str, str], list[_Mistake]] = {}
        for one in sorted(self._notes, key=lambda note: note.place):
            alike.setdefault(((one.path or "").rpartition(".")[2], one.text), []).append(one)
        merged = []
        for (_, text), notes in alike.items():
            more = (
                f" (so {len(notes)} times, the last at {self._place_in_words(notes[-1].place)})"
                if len(notes) > 1
                else ""
            )
            merged.append(replace(notes[0], text=f"noted: {text}{more}"))
        return self._lines(merged, "notes")

    @property
    def tally(self) -> Tally:
        """Returns what became of the fields."""
        return Tally(dict(self.used), self.notes, len(self.places.refused))

    def _lines(self, mistakes: list[_Mistake], what: str) -> list[str]:
        once: dict[tuple[Any, ...], _Mistake] = {}
        for one in mistakes:
            path = None if one.path is None else self.places.as_written(one.path)
            once.setdefault((one.place, path, one.text, one.got), one)
        lines = [self._line(one) for one in itertools.islice(once.values(), self.most_lines)]
        rest = len(once) - len(lines)
        return [*lines, *([f"{self.places.name}: and {rest:,} more {what}."] if rest else [])]

    def _line(self, one: _Mistake) -> str:
        kind, number = one.place
        where = self.places.override(number) if kind else f"{self.places.name}:{number}"
        path = f"{self.places.readable(one.path)}: " if one.path else ""
        guess = self.guess(one.got, one.among) if one.got is not None else None
        line = " ".join(f"{where}: {path}{one.text}{did_you_mean(guess)}".splitlines())
        if len(line) > _LONGEST_LINE:
            line = f"{line[: _LONGEST_LINE - 200]} ... ({len(line):,} characters) ... {line[-200:]}"
        return shown(line)

    def guess(self, word: str, options: Iterable[str]) -> str | None:
        """Returns the `nearest` name; None once so many names were compared that a suggestion is not worth the wait."""
        known = list(options)
        self._compared += len(known)
        return nearest(word, known) if self._compared <= self.most_compared and len(word) < 200 else None

    def at(self, line: int, path: str, text: str) -> None:
        """Adds a mistake at a line of the file, found while reading it."""
        self._errors.append(_Mistake((0, line), path, text))

    def override(self, number: int, text: str) -> None:
        """Adds a mistake in a --set."""
        self._errors.append(_Mistake((1, number), None, text))

    def error(self, path: str, text: str, got: str | None = None, among: Iterable[str] = ()) -> None:
        """Adds a mistake at a path, unless its value could not be read, which is reported already.

        Args:
            path: plain path in the message being checked.
            text: the mistake, and what was expected.
            got: the name that the config gives, where a name of a known set was expected.
            among: the known set; its nearest name is suggested.
        """
        if self.is_broken(path):
            return
        self._errors.append(_Mistake(self.places.place(path), path, text, got, among))

    def missing(self, path: str, field_name: str, what: str) -> None:
        """Adds a missing field, unless it is given but could not be read."""
        if not self.is_broken(f"{path}.{field_name}" if path else field_name):
            named = f"{field_name} is" if path else "is"
            self.error(path or field_name, f"{named} missing: expected {what}.")

    def warn(self, path: str, text: str) -> None:
        """Adds a warning about something that is allowed but probably not meant."""
        self._warnings.append(_Mistake(self.places.place(path), path, text))

    def note(self, path: str, text: str) -> None:
        """Adds a note about something that has no effect."""
        self._notes.append(_Mistake(self.places.place(path), path, text))

    def note_at(self, line: int, path: str, text: str) -> None:
        """Adds a note at a line of the file, found while reading it."""
        self._notes.append(_Mistake((0, line), path, text))

    def take_notes(self, aside: Report, number: int) -> None:
        """Adds the notes of a report on the value of a --set."""
        self._notes += [replace(note, place=(1, number)) for note in aside._notes]

    def use(self, descriptor: Any, name: str) -> None:
        """Counts a field that was read."""
        self.used[descriptor.full_name, name] += 1

    def judge(self, line: int, path: str, verdict: Verdict, value: str = "") -> None:
        """Adds what a verdict says of a field, or of this value of it: a mistake where it is refused, else a note."""
        text = f"{value}: {verdict.reason}" if value else verdict.reason
        if verdict.kind == REFUSED:
            self.places.refused.add(path)
            self.at(line, path, f"refused: {text}.")
        else:
            self.note_at(line, path, text)

    def is_broken(self, path: str) -> bool:
        """Tells whether the value at this path, or a message around it, could not be read."""
        written = self.places.as_written(path)
        return any(prefix in self.places.broken for prefix in parents(written))

    def any_broken(self, path: str, *names: str) -> bool:
        """Tells whether one of several fields of a message is given but could not be read."""
        return any(self.is_broken(f"{path}.{name}") for name in names)

    def any_refused(self, path: str, *names: str) -> bool:
        """Tells whether one of these fields of EasyRec, or any where there are no names, is refused in a message."""
        here = self.places.as_written(path)
        if names:
            return any((f"{here}.{name}" if here else name) in self.places.refused for name in names)
        return any(refused.rpartition(".")[0] == here for refused in self.places.refused)

    def line(self, path: str) -> str:
        """Returns `line N` of a path, for a message that names a second place."""
        return self._place_in_words(self.places.place(path))

    def _place_in_words(self, place: tuple[int, int]) -> str:
        kind, number = place
        return self.places.override(number) if kind else f"line {number}"

    def raise_errors(self) -> None:
        """Raises one ConfigError with all mistakes, if there are any."""
        if self._errors:
            raise ConfigError("\n".join(self.errors), self.tally)


def quoted(names: Iterable[str], limit: int = 12) -> str:
    """Joins names for a message, `click, download`, cut after `limit`; "none" where there are none."""
    known = names if isinstance(names, Collection) else list(names)
    if not known:
        return "none"
    more = f" and {len(known) - limit} more" if len(known) > limit else ""
    return ", ".join(itertools.islice(known, limit)) + more
