"""One run from beginning to end."""

from collections.abc import Callable, Sequence

from stockstorm.loadtests.config.spec import RunSpec
from stockstorm.loadtests.ipc.messages import Live
from stockstorm.loadtests.judged import FILES, Judged, rejudge
from stockstorm.loadtests.orchestrator.ending import Ending, Show
from stockstorm.loadtests.orchestrator.supervisor import Supervisor
from stockstorm.reports.store import RunFolder
from stockstorm.simulator.errors import HistoryError, StockstormError


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
