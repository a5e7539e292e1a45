"""The options of a run as options of Locust, which its web UI shows as fields.

Locust's web UI keeps the type of a default when it reads a form. A number that is left out is therefore 0 (a float) or
-1 (an int) here, not None, and a list is one text with commas.
"""

from collections.abc import Iterator
from typing import Any, Final

from stockstorm.loadtests.config.flag import LocustField, Option, options_of
from stockstorm.loadtests.config.run_options import RunOptions

WEB_HOST: Final = "127.0.0.1"  # Locust's own default is every interface, and its UI starts runs without a password
_LEFT_OUT: Final[dict[type, float]] = {float: 0.0, int: -1}


def add_options(parser: Any) -> None:
    """Adds the options of `stockstorm run` to Locust's argument parser, and keeps its web UI on this machine."""
    parser.set_defaults(web_host=WEB_HOST)
    group = parser.add_argument_group("Stockstorm")
    for option, locust in _offered():
        left_out = f"; {_LEFT_OUT[option.scalar]:g}: as the scenario says" if option.optional else ""
        separated = "; several with commas" if option.repeated else ""
        group.add_argument(
            f"--{option.name}",
            dest=locust.field or option.field,
            type=locust.parse or (option.scalar if option.scalar in (int, float) else str),
            default=_default(option, locust),
            env_var=locust.variable or None,
            help=(locust.help or option.flag.help) + left_out + separated,
        )


def read_locust_options(parsed: Any) -> RunOptions:
    """The options that Locust parsed. Values are not checked yet, and a database's URL is not taken from a form."""
    values: dict[str, object] = {}
    for option, locust in _offered():
        value = getattr(parsed, locust.field or option.field)
        if option.repeated:
            values[option.field] = tuple(word.strip() for word in value.split(",") if word.strip())
        elif not (option.optional and value == _LEFT_OUT[option.scalar]):
            values[option.field] = value
    return RunOptions.model_validate(values)


def _offered() -> Iterator[tuple[Option, LocustField]]:
    return ((option, option.flag.locust) for option in options_of(RunOptions) if option.flag.locust is not None)


def _default(option: Option, locust: LocustField) -> str | float:
    if locust.default is not None:
        return locust.default
    if option.optional:
        return _LEFT_OUT[option.scalar]
    if option.repeated:
        return ""
    return option.default if isinstance(option.default, int | float | str) else str(option.default)
