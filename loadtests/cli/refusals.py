"""A run that is refused writes what kept it from beginning, where a CI job looks for its results."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from stockstorm.loadtests.exits import exit_code, print_error
from stockstorm.reports.refused import FOLDER, RESULT
from stockstorm.reports.render.files import write_report
from stockstorm.reports.render.refused import forget_refused, refused_junit_xml, write_refused
from stockstorm.simulator.errors import HistoryError, OutputError, StockstormError

AGAIN = "stockstorm run SCENARIO --junit FILE"


class Place:
    """Where a refused run writes: in the run's folder as soon as it has one, and in the file of `--junit`."""

    def __init__(self, runs: Path, junit: str) -> None:
        self.folder, self._runs = runs / FOLDER, runs
        self._junit = Path(junit) if junit else None

    def begun(self, folder: Path) -> None:
        """The run has a folder."""
        self.folder = folder
        with suppress(OSError):
            forget_refused(self._runs)

    def write_junit(self, text: str) -> None:
        """The file of `--junit`, if one is wanted. Raises OutputError."""
        if self._junit is None:
            return
        try:
            write_report(self._junit, text, AGAIN)
        except HistoryError as error:
            raise OutputError(f"--junit {error.where}", error.found, error.remedy) from error

    def refuse(self, error: StockstormError) -> None:
        """Writes the error. What cannot be written is told, and does not stand in the place of the error."""
        try:
            if not (self.folder / RESULT).exists():
                with suppress(HistoryError, OSError):  # often it is the folder that the error is about
                    write_refused(self.folder, error, exit_code(error))
            self.write_junit(refused_junit_xml(error))
        except OutputError as failed:
            print_error(failed)


@contextmanager
def refusals(runs: Path, junit: str) -> Iterator[Place]:
    """Around a run: an error that leaves it is written, and raised again."""
    place = Place(runs, junit)
    try:
        yield place
    except StockstormError as error:
        place.refuse(error)
        raise
