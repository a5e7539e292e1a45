"""A command of the command line from an options model: each of its fields becomes an option with the same help."""

import inspect
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand

from stockstorm.loadtests.cli.commands import COMMANDS, Listed
from stockstorm.loadtests.config.flag import M, Option, Options, options_of, read_options
from stockstorm.loadtests.processes.signals import held

PLACE: Final = "stockstorm.loadtests.cli"
Work = Callable[[M, typer.Context], None]


def model_of(listed: Listed) -> type[Options]:
    """The flags of a command."""
    model: type[Options] = _found(f"{PLACE}.options", listed.options)
    return model


def command_of(name: str) -> TyperCommand:
    """The command with its flags. Its work is imported when it is called."""
    listed = COMMANDS[name]

    def work(options: Options, context: typer.Context) -> None:
        _found(PLACE, listed.work)(options, context)

    app = typer.Typer(add_completion=False)
    app.command(name, help=listed.help)(callback_of(model_of(listed), work))
    command = typer.main.get_command(app)
    assert isinstance(command, TyperCommand)  # noqa: S101 - of one command Typer makes no group
    return command


def callback_of(model: type[M], work: Work[M]) -> Callable[..., None]:
    """What Typer makes a command of: `work` with the options of a model. What is left out has the model's default."""

    def command(context: typer.Context, **given: object) -> None:
        values = {name: value for name, value in given.items() if value is not None}
        work(read_options(model, values), context)

    context = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    parameters = [context, *map(_parameter, options_of(model))]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # read by inspect.signature
    command.__annotations__ = {}
    return command


def _found(package: str, place: str) -> Any:  # Any: a model, or a command's work
    module, _, name = place.partition(":")
    with held():
        return getattr(import_module(f"{package}.{module}"), name)


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
