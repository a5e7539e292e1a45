"""One run from beginning to end, and the judgement of a stored run."""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from stockstorm.loadtests.config.run_spec import RunSpec
from stockstorm.loadtests.exits import VERDICT_CODES, ExitCode
from stockstorm.loadtests.ipc.messages import Live
from stockstorm.loadtests.json_output import JSON
from stockstorm.loadtests.limits import JUDGING_BYTES_PER_S, JUDGING_MAX_S
from stockstorm.loadtests.orchestrator.ending import Ending, Show
from stockstorm.loadtests.orchestrator.supervisor import Supervisor
from stockstorm.loadtests.processes import stacks
from stockstorm.loadtests.processes.time_limit import time_limit
from stockstorm.reports.halves import opened
from stockstorm.reports.history import History
from stockstorm.reports.render import RENDERERS, render_all
from stockstorm.reports.render.verdict_line import print_verdict
from stockstorm.reports.result import Result
from stockstorm.reports.store import RunFolder
from stockstorm.reports.verdict.judge import judge
from stockstorm.simulator.errors import HistoryError, StockstormError


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
            print_verdict(self.result, self.folder)
        else:
            render_all(self.result, self.history, self.folder, "terminal")
        return code


FILES: Final = tuple(name for name in RENDERERS if name != "terminal")


def run(spec: RunSpec, show: Show, live: Callable[[Live], None], files: Sequence[str] = FILES) -> Judged:
    """One run from beginning to end, with its reports. Raises the StockstormError that kept it from beginning."""
    ending = Supervisor(spec, show, live).run()
    show("judging")
    return report(spec, ending, files)


def report(spec: RunSpec, ending: Ending, files: Sequence[str] = FILES) -> Judged:
    """Judges the stored history and writes the named reports. If the load never began, raises what prevented it.

    That is a StockstormError, or KeyboardInterrupt (from the keyboard, or from Locust's own controls).
    """
    folder = RunFolder(spec.folder)
    try:
        judged = rejudge(folder, files)
    except HistoryError:
        if ending.fact.complete:
            raise
        cause = ending.cause or KeyboardInterrupt(ending.fact.reason)
        if isinstance(cause, StockstormError):
            cause = type(cause)(cause.where, cause.found, f"{cause.remedy}; files of the run: {spec.folder}")
        raise cause from None
    if judged.result.verdict == "valid":
        folder.sent.unlink(missing_ok=True)  # nothing will ask for a body
    return judged


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
