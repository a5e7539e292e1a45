"""The judgement of a stored run, and what is shown of it."""

from collections.abc import Sequence
from typing import Final

import msgspec

from stockstorm.loadtests.exits import VERDICT_CODES, ExitCode
from stockstorm.loadtests.json_output import JSON
from stockstorm.loadtests.limits import JUDGING_BYTES_PER_S, JUDGING_MAX_S
from stockstorm.loadtests.processes import stacks
from stockstorm.loadtests.processes.time_limit import time_limit
from stockstorm.reports.halves import opened
from stockstorm.reports.history import History
from stockstorm.reports.render import RENDERERS, render_all
from stockstorm.reports.result import Result
from stockstorm.reports.store import RunFolder
from stockstorm.reports.verdict.judge import judge


class Judged(msgspec.Struct, frozen=True):
    """A run that was judged and written to its folder."""

    result: Result
    history: History
    folder: RunFolder

    def show(self, *, quiet: bool = False, as_json: bool = False) -> ExitCode:
        """Prints the report, or only its verdict and its path, and gives the exit code of the verdict."""
        code = VERDICT_CODES[self.result.verdict]
        if as_json:
            JSON.print({"exit": code, "folder": str(self.folder.path), "result": self.result})
        elif quiet:
            from stockstorm.reports.render.verdict_line import print_verdict  # noqa: PLC0415 - one way of two

            print_verdict(self.result, self.folder)
        else:
            render_all(self.result, self.history, self.folder, "terminal")
        return code


FILES: Final = tuple(name for name in RENDERERS if name != "terminal")


def rejudge(folder: RunFolder, files: Sequence[str] = FILES, *, unsealed: bool = False) -> Judged:
    """Judges a stored history and writes the named reports.

    Raises HistoryError, also for a damaged one unless `unsealed`, and InternalError if that takes far too long.
    """
    limit = time_limit("judging", judging_max_s(folder), folder.path / stacks.FILE)
    with limit, opened(folder.history, unsealed=unsealed) as history:
        result = judge(history)
        render_all(result, history, folder, *files)
    return Judged(result, history, folder)


def judging_max_s(folder: RunFolder) -> float:
    """How long it may take, which grows with the history."""
    size = folder.history.stat().st_size if folder.history.is_file() else 0
    return JUDGING_MAX_S + size / JUDGING_BYTES_PER_S
