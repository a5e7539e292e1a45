"""`python -m stockstorm.reference_service receiver` or `… worker`; and commands for operators, such as `… reconcile`.

Exit codes: 0 stopped by a signal, or done; 1 a command could not do it; 2 bad usage; 3 bad settings.
"""

import argparse
import sys
from collections.abc import Awaitable, Callable, Collection, Sequence

import uvloop

from stockstorm.reference_service import limits
from stockstorm.reference_service.architectures import ALIASES, ARCHITECTURES
from stockstorm.reference_service.bootstrap import run_receiver, run_worker
from stockstorm.reference_service.commands import COMMANDS
from stockstorm.reference_service.logs import configure_logs, reason_of
from stockstorm.reference_service.settings import EXIT_BAD_SETTINGS, BadSettings, Settings, read_settings
from stockstorm.reference_service.storage.database import STORE_GONE, apply_schema, open_pool

PROGRAMS: dict[str, Callable[[Settings], Awaitable[None]]] = {"receiver": run_receiver, "worker": run_worker}
EXIT_NOT_DONE = 1


def main(arguments: Sequence[str]) -> int:
    """Runs the program or command that the arguments name. Returns the exit code; exits with 2 for bad usage."""
    options = _parser().parse_args(arguments)
    try:
        settings = read_settings([*ARCHITECTURES, *ALIASES], _flaws)
        configure_logs(settings.log_level, process=options.program)
        if options.program in COMMANDS:
            return uvloop.run(_command(options, settings))
        uvloop.run(_run(PROGRAMS[options.program], settings))
    except BadSettings as error:  # also found while the architecture was opened
        print(error, file=sys.stderr)
        return EXIT_BAD_SETTINGS
    return 0


def _flaws() -> Collection[str]:
    """The names of all flaws. A service without one does not import them."""
    from stockstorm.reference_service.flaws import FLAWS  # noqa: PLC0415 - see above

    return FLAWS


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m stockstorm.reference_service")
    programs = parser.add_subparsers(dest="program", required=True)
    for name in PROGRAMS:
        programs.add_parser(name, help=f"run the {name}")
    for name, command in COMMANDS.items():
        command.options(programs.add_parser(name, help=command.summary))
    return parser


async def _run(program: Callable[[Settings], Awaitable[None]], settings: Settings) -> None:
    await program(settings)


async def _command(options: argparse.Namespace, settings: Settings) -> int:
    try:
        async with open_pool(settings.database_url.get_secret_value(), size=2, timeout_s=limits.COMMAND_S) as pool:
            await apply_schema(pool)
            return await COMMANDS[options.program].run(options, settings, pool)
    except STORE_GONE as error:
        print(f"the database cannot be used: {reason_of(error)}; check REFERENCE_DATABASE_URL", file=sys.stderr)
        return EXIT_NOT_DONE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
