"""Events that are lost because more come than the subject takes: a full buffer drops the rest.

Where chance loses a share of the events, the number that has its effect follows the number that comes. Under a limit it
is the same in every window, however many come. The two are compared by how well they fit. Where the lost events have a
trait that no other has, that is the cause.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import Final, NamedTuple

from stockstorm.reports.diagnosis.alone import lost_note
from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.lost_events import CHECKS, in_common, lost_and_taken, taken_at
from stockstorm.reports.result import Diagnosis
from stockstorm.simulator.clock import MILLISECOND_NS

WINDOW_NS: Final = 500 * MILLISECOND_NS
WINDOWS_MIN: Final = 8  # in which something was lost
TAKEN_MIN: Final = 5  # in such a window, on average
LOST_SHARE_MIN: Final = 0.1  # of these windows
GAIN_MIN: Final = 14  # by which a limit fits better than chance, in chi-square: a thousand times as likely
ABOVE_MAX: Final = 1.4  # times the average, which only so many windows exceed:
ABOVE: Final = 1  # the first one, in which the buffer fills


class Capped(Diagnose):
    name = "capped"
    checks = CHECKS
    at_rest = True
    after = ("no_call", "stops", "lost_at_failure")

    def __call__(self, case: Case) -> Iterator[Found]:
        bad, good = lost_and_taken(case)
        found = _windows(taken_at(case, bad), taken_at(case, good))
        if found is None or any(common.total for common in in_common(case)):
            return
        numbers = (
            f"in {len(found.taken)} windows with a loss {min(found.came)} to {max(found.came)} events were "
            f"acknowledged, and {min(found.taken)} to {max(found.taken)} had an effect; by chance the second would "
            "follow the first"
        )
        yield Found(
            Diagnosis(
                self.name,
                f"never more than {max(found.taken)} events in half a second had their effect, however many came: what "
                "is too much is acknowledged and dropped",
                (
                    numbers,
                    f"{len(bad):,} of {len(bad) + len(good):,} events had no effect",
                    "lost, for example, " + quoted(case.named(event) for event in bad),
                    *lost_note(case),
                ),
                "look for what is full: a buffer, a queue, a pool, a rate limit; answer 503 to what does not fit, and "
                "it comes again",
                case.consequences(*CHECKS),
                bad[0].at_ns,
            ),
            frozenset(f"event {event.event}" for event in bad),
        )


class _Windows(NamedTuple):
    """Windows in which something was lost: how many events were acknowledged in each, and how many had an effect."""

    came: list[int]
    taken: list[int]


def _windows(lost: list[int], taken: list[int]) -> _Windows | None:
    """The windows, if a limit explains their numbers of taken events far better than chance."""
    bad, good = (Counter(at_ns // WINDOW_NS for at_ns in times) for times in (lost, taken))
    whole = sorted(bad)[1:-1]  # the first and the last one may be cut off
    if len(whole) < WINDOWS_MIN:
        return None
    numbers = [good[window] for window in whole]
    came = [bad[window] + good[window] for window in whole]
    average, share = fmean(numbers), sum(numbers) / sum(came)
    if average < TAKEN_MIN or 1 - share < LOST_SHARE_MIN:
        return None
    if sum(number > ABOVE_MAX * average + 1 for number in good.values()) > ABOVE:
        return None
    capped = _misfit(numbers, [average] * len(numbers), share)
    by_chance = _misfit(numbers, [share * count for count in came], share)
    return _Windows(came, numbers) if capped < len(numbers) and by_chance - capped >= GAIN_MIN else None


def _misfit(numbers: Sequence[int], expected: Sequence[float], share: float) -> float:
    """The chi-square value of numbers of taken events, of which a share is taken."""
    off = 0.0
    for number, mean in zip(numbers, expected, strict=True):
        off += (number - mean) * (number - mean) / (mean * (1 - share))
    return off
