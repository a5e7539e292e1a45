"""Errors that a user can mend. Each says where, what was found, and what to do.

    StockstormError
    ├── ScenarioError        a scenario file or flag is wrong (all problems at once)
    ├── SubjectError         the service under test cannot be started, reached or read
    ├── BackingError         PostgreSQL or another backing service is not to be had
    ├── HistoryError         a stored run cannot be read
    ├── LimitError           a bound of the simulator was hit; the run stops and says so
    ├── OutputError          an output cannot be written
    └── InternalError        a defect of Stockstorm, or a failure of this machine

The command line prints `str(error)`; `loadtests.exits` has the exit code of each class.
"""


class StockstormError(Exception):
    """Base of all errors for users."""

    def __init__(self, where: str, found: str, remedy: str) -> None:
        self.where, self.found, self.remedy = where, found, remedy
        super().__init__(f"{where}: {found}\n  → {remedy}")


class ScenarioError(StockstormError):
    """A scenario or flag that cannot be run; one message holds every problem found."""


class SubjectError(StockstormError):
    """The subject could not be started, reached, reset or read."""


class BackingError(StockstormError):
    """A backing service (PostgreSQL, a queue, a container engine) is missing or broken."""


class HistoryError(StockstormError):
    """A run folder or history file is missing, cut short or corrupted."""


class LimitError(StockstormError):
    """A bound in `limits` was reached; what was recorded so far is kept."""


class OutputError(StockstormError):
    """A file that was asked for cannot be written."""


class InternalError(StockstormError):
    """A defect of Stockstorm, or a failure of disk, memory or permissions that nothing else names."""
