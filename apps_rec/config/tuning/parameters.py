"""Values that a tuning chooses from, as a config says them, each checked before anything is trained."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from apps_rec.config.imports.written import written
from apps_rec.config.load import Config, changed
from apps_rec.config.text.paths import PathError, field_of, parse_path, select
from apps_rec.errors import ConfigError
from apps_rec.protos.pipeline_pb2 import TunedParameter

Value = float | int | str
# Digits of a number that is tried: as many as a person would write.
_DIGITS = 6


@dataclass(frozen=True)
class Parameter:
    """A value that each trial chooses, and the fields that take it.

    Attributes:
        message: values and fields, as a config says them.
        place: description of the place in the config, for messages.
    """

    message: TunedParameter
    place: str

    @property
    def name(self) -> str:
        """Returns the first of its fields, by which people and the study know it."""
        return str(self.message.path[0])

    @property
    def kind(self) -> str:
        """Returns the name of its kind of values: uniform, log_uniform, integers or choices."""
        return str(self.message.WhichOneof("values"))

    @property
    def values(self) -> Any:
        """Returns the message of its values."""
        return getattr(self.message, self.kind)

    @property
    def numbers(self) -> tuple[Value, ...]:
        """Returns the values whose checks stand for all: each choice, or both ends of a range."""
        return tuple(self.values.value) if self.kind == "choices" else (self.values.min, self.values.max)

    def overrides(self, value: Value) -> list[str]:
        """Returns the assignments that give a value to each field."""
        return [f"{path}={shortened(value)}" for path in self.message.path]

    def to_text(self) -> str:
        """Returns the parameter as one line of a config."""
        return " ".join(written(self.message).split())


def shortened(value: Value) -> str:
    """Returns a value as an assignment has it: a number by six digits.

    Example:
        >>> shortened(0.00123456789), shortened(64), shortened("64,32")
        ('0.00123457', '64', '64,32')
    """
    return f"{value:.{_DIGITS}g}" if isinstance(value, float) else str(value)


def parameters_of(config: Config) -> list[Parameter]:
    """Returns the parameters that a config lists."""
    items = config.message.tune_config.parameters
    return [Parameter(item, config.describe(f"tune_config.parameters[{at}]")) for at, item in enumerate(items)]


def assignments(parameters: Iterable[Parameter], values: dict[str, Value]) -> list[str]:
    """Returns the assignments of one choice of values, which are given by the names of the parameters."""
    return [text for one in parameters if one.name in values for text in one.overrides(values[one.name])]


def check_values(config: Config, parameters: Sequence[Parameter], always: Sequence[str] = ()) -> None:
    """Checks a config with each value in turn, of a range with both ends.

    Args:
        config: config, checked.
        parameters: values to check.
        always: assignments that hold in every trial.

    Raises:
        ConfigError: values that the config cannot have; one line for each mistake of each value.
    """
    lines: list[str] = []
    for one in parameters:
        for value in one.numbers:
            try:
                changed(config, [*always, *one.overrides(value)])
            except ConfigError as error:
                lines += [f"{one.place}: {line}" for line in str(error).splitlines()]
    if lines:
        raise ConfigError("\n".join(dict.fromkeys(lines)))


def own_values(config: Config, parameters: Sequence[Parameter]) -> dict[str, Value]:
    """Returns the values that the config has as it is, by parameter, where they are among those to choose from."""
    found: dict[str, Value] = {}
    for one in parameters:
        if one.kind == "choices":
            here = [
                value for value in one.values.value if changed(config, one.overrides(value)).message == config.message
            ]
            found.update({one.name: here[0]} if here else {})
            continue
        there = {value for path in one.message.path for value in _values_at(config.written, path)}
        if len(there) == 1 and one.values.min <= (value := there.pop()) <= one.values.max:
            on_step = one.kind != "integers" or (value - one.values.min) % one.values.step == 0
            found.update({one.name: value} if on_step else {})
    return found


def _values_at(message: Any, path: str) -> Iterator[Value]:
    """Yields the numbers at a path, where it leads to some; a default where a field is absent."""
    reached = [message]
    try:
        for step in parse_path(path):
            following: list[Any] = []
            for here in reached:
                field = field_of(here, step.name)
                value = getattr(here, field.name)
                if not field.is_repeated:
                    following.append(value)
                elif step.selector is None:
                    following += value
                else:
                    following += [value[at] for at in select(value, step)]
            reached = following
    except PathError:
        return
    for value in reached:
        if isinstance(value, int | float):
            # A float of a message is one of 32 bits; a person wrote its shortest text.
            yield value if isinstance(value, int) else float(f"{value:.7g}")
