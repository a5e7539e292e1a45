"""`python -m stockstorm.reference_service receiver` or `… worker`.

Exit codes: 0 stopped by a signal, 2 bad usage, 3 bad settings.
"""

import sys
from collections.abc import Awaitable, Callable, Sequence

import uvloop

from stockstorm.reference_service.architectures import ALIASES, ARCHITECTURES
from stockstorm.reference_service.bootstrap import run_receiver, run_worker
from stockstorm.reference_service.flaws import FLAWS
from stockstorm.reference_service.logs import configure_logs
from stockstorm.reference_service.settings import EXIT_BAD_SETTINGS, BadSettings, Settings, read_settings

PROGRAMS: dict[str, Callable[[Settings], Awaitable[None]]] = {"receiver": run_receiver, "worker": run_worker}
EXIT_BAD_USAGE = 2


def main(arguments: Sequence[str]) -> int:
    """Runs the program named by the only argument. Returns the exit code."""
    if len(arguments) != 1 or arguments[0] not in PROGRAMS:
        print(f"usage: python -m stockstorm.reference_service {'|'.join(PROGRAMS)}", file=sys.stderr)
        return EXIT_BAD_USAGE
    try:
        settings = read_settings([*ARCHITECTURES, *ALIASES], FLAWS)
    except BadSettings as error:
        print(error, file=sys.stderr)
        return EXIT_BAD_SETTINGS
    configure_logs(settings.log_level, process=arguments[0])
    try:
        uvloop.run(_run(PROGRAMS[arguments[0]], settings))
    except BadSettings as error:  # found while the architecture was opened
        print(error, file=sys.stderr)
        return EXIT_BAD_SETTINGS
    return 0


async def _run(program: Callable[[Settings], Awaitable[None]], settings: Settings) -> None:
    await program(settings)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
