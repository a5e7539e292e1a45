"""A command of the command line from an options model: each of its fields becomes an option with the same help.

Stands beside a command's function: `@takes(RunOptions)`. The function gets the options, and Typer's context.
"""

import inspect
from collections.abc import Callable, Iterable
from typing import Annotated, Any, Final

import typer

from stockstorm.loadtests.config.flag import M, Option, Options, options_of, read_options

MODELS: Final[dict[Callable[..., object], type[Options]]] = {}  # the flags of each command, for its reference


def takes(model: type[M]) -> Callable[[Callable[[M, typer.Context], None]], Callable[..., None]]:
    """Makes a function of options a command for Typer. Options that are left out have the model's default."""

    def decorate(function: Callable[[M, typer.Context], None]) -> Callable[..., None]:
        def command(context: typer.Context, **given: object) -> None:
            values = {name: value for name, value in given.items() if value is not None}
            function(read_options(model, values), context)

        context = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
        parameters = [context, *map(_parameter, options_of(model))]
        command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # read by inspect.signature
        command.__annotations__ = {}
        command.__doc__ = function.__doc__
        MODELS[command] = model
        return command

    return decorate


def given_options(context: typer.Context) -> dict[str, str]:
    """The options that stand on the command line, as a user writes them, by the name of the field."""
    found = {}
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if parameter.name and source is not None and source.name == "COMMANDLINE":
            found[parameter.name] = parameter.opts[0] if parameter.opts[0].startswith("-") else parameter.name.upper()
    return found


def _parameter(option: Option) -> inspect.Parameter:
    """A list with commas is text here and has no default, because the model's default is no text. The help shows it."""
    parsed = option.flag.parse is not None and not isinstance(option.default, str)
    words = _completion(option.flag.words) if option.flag.words is not None else None
    if option.flag.positional:
        info: Any = typer.Argument(help=option.flag.help, autocompletion=words)
    else:
        shown = _shown(option) if parsed else True
        info = typer.Option(f"--{option.name}", help=option.flag.help, show_default=shown, autocompletion=words)
    kind: Any = list[str] if option.repeated else option.scalar
    default = None if parsed or option.repeated else option.default
    if default is ...:
        default = inspect.Parameter.empty
    elif default is None:
        kind |= None
    return inspect.Parameter(
        option.field, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, info]
    )


def _completion(words: Callable[[], Iterable[str]]) -> Callable[[str], list[str]]:
    """Where none of the words fits, bash completes names of files."""

    def complete(incomplete: str) -> list[str]:
        return [word for word in words() if word.startswith(incomplete)]

    return complete


def _shown(option: Option) -> str | bool:
    """The default of a list, if it is one value."""
    values = option.default
    return str(values[0]) if len(values) == 1 and values[0] is not None else False
