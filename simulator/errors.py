"""Errors that a user can correct. Each says where it occurred, what was found, and what to do.

    StockstormError
    ├── ScenarioError        a scenario file or flag is wrong; one message lists all problems
    ├── SubjectError         the service under test cannot be started, reached or read
    ├── BackingError         PostgreSQL or another backing service is unavailable
    ├── HistoryError         a stored run cannot be read
    └── LimitError           a limit of the simulator was reached and the run stopped

The command line prints `str(error)` and exits with `exit_code`. Any other exception is a bug in Stockstorm.
"""


class StockstormError(Exception):
    """Base of all errors for users. Exit codes are above 2, since 0 is valid, 1 invalid and 2 unknown."""

    exit_code = 3

    def __init__(self, where: str, found: str, remedy: str) -> None:
        self.where, self.found, self.remedy = where, found, remedy
        super().__init__(f"{where}: {found}\n  → {remedy}")


class ScenarioError(StockstormError):
    """A scenario or flag that cannot be run. One message lists every problem."""

    exit_code = 4


class SubjectError(StockstormError):
    """The subject could not be started, reached, reset or read."""

    exit_code = 5


class BackingError(StockstormError):
    """A backing service (PostgreSQL, a queue, a container engine) is missing or broken."""

    exit_code = 6


class HistoryError(StockstormError):
    """A run folder or history file is missing, cut short or corrupted."""

    exit_code = 7


class LimitError(StockstormError):
    """A limit in `limits` was reached. What was recorded so far is kept."""

    exit_code = 8
