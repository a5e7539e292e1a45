"""Errors that a user can mend. Each says where, what was found, and what to do.

    StockstormError
    ├── ScenarioError        a scenario file or flag is wrong (all problems at once)
    ├── SubjectError         the service under test cannot be started, reached or read
    ├── BackingError         PostgreSQL or another backing service is not to be had
    ├── HistoryError         a stored run cannot be read
    └── LimitError           a bound of the simulator was hit; the run stops and says so

The command line prints `str(error)` and exits with `exit_code`; anything else is a defect of ours.
"""


class StockstormError(Exception):
    """Base of all errors for users. `exit_code` is above 2, which 0 (valid), 1 (invalid) and 2 (unknown) keep free."""

    exit_code = 3

    def __init__(self, where: str, found: str, remedy: str) -> None:
        self.where, self.found, self.remedy = where, found, remedy
        super().__init__(f"{where}: {found}\n  → {remedy}")


class ScenarioError(StockstormError):
    """A scenario or flag that cannot be run; one message holds every problem found."""

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
    """A bound in `limits` was reached; what was recorded so far is kept."""

    exit_code = 8
