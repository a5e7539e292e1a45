"""`python -m stockstorm.loadtests.cli.reference` writes docs/cli.md: every command and flag, from the code.

Run it after a change to a command. A test compares the file with the code.
"""

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from stockstorm.loadtests.cli.command import model_of
from stockstorm.loadtests.cli.commands import COMMANDS, Listed
from stockstorm.loadtests.config.flag import Option, options_of
from stockstorm.loadtests.exits import ExitCode

HEADING: Final = """# Command line

Every command with its flags, written from the code by `python -m stockstorm.loadtests.cli.reference`.
`stockstorm COMMAND --help` prints the same, and `stockstorm --version` the version.

`stockstorm --install-completion` lets the shell in which you write it complete commands, flags, scenarios, subjects,
flaws and topics, from its next start on: bash, zsh or fish. `_STOCKSTORM_COMPLETE=source_zsh stockstorm` prints what it
would install; so do `source_bash` and `source_fish`. A shell completes a program by its name: `stockstorm` must be on
the path.
"""


def reference() -> str:
    """The page."""
    parts = [_command(name, listed) for name, listed in sorted(COMMANDS.items())]
    return "\n".join([HEADING, *parts, _exit_codes()])


def _command(name: str, listed: Listed) -> str:
    lines = [f"## stockstorm {name}", "", inspect.cleandoc(listed.help), ""]
    rows = _rows(sorted(options_of(model_of(listed)), key=lambda option: not option.flag.positional))
    return "\n".join([*lines, "| flag | takes | default | what it is |", "|---|---|---|---|", *rows, ""])


def _rows(options: list[Option]) -> Iterator[str]:
    for option in options:
        kind = "switch" if option.scalar is bool else option.scalar.__name__.lower()
        if option.repeated:
            kind += ", repeated"
        default = "required" if option.default is ... else _default(option.default)
        cells = (f"`{option.word}`", kind, default, option.flag.help)
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _default(value: object) -> str:
    if value in (None, "", (), (None,), False):
        return ""
    return f"`{', '.join(map(str, value)) if isinstance(value, tuple) else value}`"


def _exit_codes() -> str:
    codes = (f"| {code:d} | {code.name.lower().replace('_', ' ')} |" for code in ExitCode)
    return "\n".join(["## Exit codes", "", "| code | meaning |", "|---|---|", *codes, ""])


if __name__ == "__main__":
    Path(sys.argv[1] if len(sys.argv) > 1 else "docs/cli.md").write_text(reference(), encoding="utf-8")
