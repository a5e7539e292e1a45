"""What a checker is, and how it declares its measures.

The declarations are the only place that holds a measure's name, unit and meaning. The validation of [expect],
thresholds, tiers, renderers and comparisons read them from `reports.checkers`.
"""

from collections.abc import Iterable
from typing import Final, Literal, Protocol

import msgspec

from stockstorm.reports.history import History
from stockstorm.reports.result import Check, counted, verb
from stockstorm.simulator.config import Level

Unit = Literal["count", "units", "ms", "s", "per second", "share", "money", "cores", "MiB"]

# correctness: an invalid finding rules out every tier; a run with an unknown one cannot be valid.
# required: a run with an unknown finding cannot be valid.
# optional: an unknown finding matters only if a threshold needs it.
Severity = Literal["correctness", "required", "optional"]

STATISTICS: Final = {
    "p50": ("median", "median"),
    "p95": ("p95", "95th percentile"),
    "p99": ("p99", "99th percentile"),
    "max": ("longest", "longest"),
}


class Measure(msgspec.Struct, frozen=True):
    """One figure of a check. A `*` in the name stands for a channel, SKU, topic, class or process."""

    name: str
    label: str  # a few words for tables
    unit: Unit
    meaning: str  # for the author of an [expect]
    more_is_worse: bool | None = True  # None: more is neither better nor worse
    headline: bool = False  # shown beside the verdict, not only in the check's details
    speed: bool = False  # a late load generator makes it meaningless


class Checker(Protocol):
    """Judges one thing. `name` is the check's name."""

    name: str
    severity: Severity = "optional"
    measures: tuple[Measure, ...] = ()
    speed: bool = False  # a late load generator makes all its measures meaningless
    level: Level = "full"  # what a subject must do at least to be judged by this
    when_polling: tuple[str, ...] | None = None  # measures that are 0 if the subject polls; None: judged all the same

    def __call__(self, history: History) -> Check:
        """The finding. May raise: `check_all` turns that into an unknown finding."""
        ...

    def exposure(self, history: History) -> dict[str, int]:
        """How often what it tests occurred, in words that follow a number: {"delivered twice": 41}.

        If all are 0, a valid finding becomes "not exercised". Empty: the check states none.
        """
        del history
        return {}


def with_open(check: Check, measure: str, count: int, noun: str) -> Check:
    """The check with its measures as lower bounds if `count` of its samples were still pending when the run ended.

    `measure` tells their number.
    """
    measures = {**check.measures, measure: float(count)}
    if not count:
        return msgspec.structs.replace(check, measures=measures)
    why = f"{counted(count, noun)} {verb(count, 'were')} still pending when the run ended"
    return msgspec.structs.replace(check, reason=f"{check.reason}; {why}", measures=measures, at_least=why)


def quantile_measures(
    stem: str,
    label: str,
    meaning: str,
    statistics: Iterable[str] = STATISTICS,
    headline: bool | tuple[str, ...] = False,
) -> tuple[Measure, ...]:
    """`<stem>.p50` and so on, in milliseconds. `headline` can name the statistics that are headlines."""
    return tuple(
        Measure(
            name=f"{stem}.{statistic}",
            label=f"{label}, {STATISTICS[statistic][0]}",
            unit="ms",
            meaning=f"{meaning}, {STATISTICS[statistic][1]}",
            headline=headline if isinstance(headline, bool) else statistic in headline,
        )
        for statistic in statistics
    )
