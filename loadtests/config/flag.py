"""How a field of an options model becomes a flag. A new one is one line, `name: Annotated[type, Flag(help)] = default`.

From a field's type, default and `Flag` follow the option of the command line (`loadtests.cli.command`), the field in
Locust's web UI (`loadtests.config.locust_options`), the check, and the word of the replay line. The model itself
travels to the generator inside the run's specification.
"""

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import msgspec
from pydantic import BaseModel, ConfigDict, ValidationError

from stockstorm.scenarios.problems import Problem, did_you_mean, scenario_error

SOURCE = "flags"  # what an error names in place of a scenario file


class WrongText(Exception):
    """A flag's text could not be parsed."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems)
        self.problems = problems


class LocustField(msgspec.Struct, frozen=True):
    """What differs in Locust. `parse` runs on its command line only, which its web UI shows."""

    field: str = ""  # name in the web UI, if it is not the model's
    default: str | None = None
    variable: str = ""  # environment variable
    parse: Callable[[str], str] | None = None
    help: str = ""


class Flag(msgspec.Struct, frozen=True):
    """Metadata of a field. Functions take the field's value, so their argument has the field's type.

    `parse` reads text (of the command line, or of Python) and raises WrongText. `check` gives the problem of a value.
    `shell` spells the value for the replay line. `words` are what a shell completes it to.
    """

    help: str
    name: str = ""  # on the command line, if it is not the field's name
    positional: bool = False
    parse: Callable[[str], object] | None = None
    check: Callable[..., Problem | None] | None = None
    shell: Callable[..., str] | None = None
    replay: Literal["always", "changed", "never"] = "changed"
    locust: LocustField | None = LocustField()
    words: Callable[[], Iterable[str]] | None = None


class Options(BaseModel):
    """Base of the models. `problems` checks values, and not the constructor, so that all are reported at once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def problems(self) -> list[Problem]:
        """What is wrong with single fields. A model with rules between its fields adds to it."""
        found = (option.problem(getattr(self, option.field)) for option in options_of(type(self)))
        return [problem for problem in found if problem is not None]


class Option(msgspec.Struct, frozen=True):
    """One field of a model, as a flag."""

    field: str
    flag: Flag
    annotation: Any  # the field's type without metadata
    default: Any  # `...` when the field is required

    @property
    def name(self) -> str:
        """As on the command line, without dashes in front."""
        return self.flag.name or self.field.replace("_", "-")

    @property
    def word(self) -> str:
        """As error messages name it."""
        return self.field.upper() if self.flag.positional else f"--{self.name}"

    @property
    def scalar(self) -> type:
        """The type of one value: `int` for `int | None`, `str` for `tuple[str, ...]`."""
        if get_origin(self.annotation) is tuple:
            return str
        parts = get_args(self.annotation) if self.optional else (self.annotation,)
        scalar: type = next(part for part in parts if part is not NoneType)
        return scalar

    @property
    def optional(self) -> bool:
        return get_origin(self.annotation) in (Union, UnionType)

    @property
    def repeated(self) -> bool:
        """Whether the command line takes it several times. A list that is parsed is one text with commas."""
        return get_origin(self.annotation) is tuple and self.flag.parse is None

    def problem(self, value: object) -> Problem | None:
        """What is wrong with a value of it."""
        return self.flag.check(value) if self.flag.check else None

    def replayed(self, value: Any) -> list[str]:
        """Its words in a replay line, ready for a shell."""
        rule = self.flag.replay
        if rule == "never" or (rule == "changed" and value == self.default):
            return []
        if self.flag.positional:
            return [shlex.quote(str(value))]
        values = value if self.repeated else [value]
        spell = self.flag.shell or _spell
        return [word for one in values for word in (self.word, spell(one))]


M = TypeVar("M", bound=Options)


def options_of(model: type[Options]) -> Iterator[Option]:
    """The flags of a model in the order of its fields, positional ones first."""
    found = (
        Option(name, flag, field.annotation, ... if field.is_required() else field.default)
        for name, field in model.model_fields.items()
        for flag in field.metadata
        if isinstance(flag, Flag)
    )
    return iter(sorted(found, key=lambda option: not option.flag.positional))


def read_options(model: type[M], given: Mapping[str, object]) -> M:
    """The options from values by field name; texts are parsed. Raises ScenarioError with what cannot be understood.

    Values that are understood and wrong are left to `problems`.
    """
    by_name = {option.field: option for option in options_of(model)}
    problems = [
        Problem(f"--{name}", "there is no such option", did_you_mean(name, by_name))
        for name in given.keys() - by_name.keys()
    ]
    values: dict[str, object] = {}
    for name, value in given.items():
        parse = by_name[name].flag.parse if name in by_name else None
        try:
            values[name] = parse(value) if parse and isinstance(value, str) else value
        except WrongText as error:
            problems += error.problems
    try:
        options = model.model_validate({name: value for name, value in values.items() if name in by_name})
    except ValidationError as error:
        problems += [_type_problem(by_name, found["loc"], found["msg"]) for found in error.errors()]
    else:
        if not problems:
            return options
        problems += options.problems()
    raise scenario_error(SOURCE, problems)


def require(problems: Iterable[Problem]) -> None:
    """Raises ScenarioError with every problem; returns when there is none."""
    if found := list(problems):
        raise scenario_error(SOURCE, found)


def replay_line(command: str, options: Options) -> str:
    """The command that repeats this, for a shell."""
    words = [word for option in options_of(type(options)) for word in option.replayed(getattr(options, option.field))]
    return " ".join(["stockstorm", command, *words])


def exact(number: float) -> str:
    """Every digit of a number for a flag: 100 for 100.0, and what reads back as the same number."""
    return str(int(number)) if number.is_integer() else repr(number)


def _spell(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(_spell(one) for one in value)
    return exact(value) if isinstance(value, float) else shlex.quote(str(value))


def _type_problem(by_name: Mapping[str, Option], loc: tuple[int | str, ...], found: str) -> Problem:
    option = by_name[str(loc[0])]
    return Problem(option.word, found[:1].lower() + found[1:], f"give {option.flag.help}")
