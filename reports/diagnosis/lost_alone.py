"""Events that were acknowledged and had no effect, with nothing in common and no other cause."""

from collections.abc import Iterator
from typing import Final

from stockstorm.reports.diagnosis.alone import events_alone, lost_note
from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
from stockstorm.reports.diagnosis.lost_events import CHECKS, lost_and_taken, named_without_row, seldom_in_a_row
from stockstorm.reports.diagnosis.one_of_several import WRITE_ALL, one_of_several, what_fits
from stockstorm.reports.result import Diagnosis, counted, verb
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f

LOOK: Final = "look for these webhook ids in the service's own log, from the answer to the effect"
NEAR_NS: Final = 5 * SECOND_NS


class LostAlone(Diagnose):
    name = "lost_alone"
    checks = CHECKS
    at_rest = True
    after = (
        "no_call",
        "stops",
        "forgeries",
        "lost_at_failure",
        "lost_events",
        "applied_twice",
        "lost_updates",
        "dead_letters",
        "capped",
        "order_arithmetic",
    )

    def __call__(self, case: Case) -> Iterator[Found]:
        at_large = events_alone(case).many_lost
        if "nothing_lost" not in case.failing and not at_large:
            return
        bad, good = lost_and_taken(case)
        if not bad or len(bad) < len(case.history.orders.misfits):
            return  # among many writes of other units a few seem to be lost as well
        of = len(bad) + len(good)
        several = one_of_several(case, good)
        pattern = seldom_in_a_row(case) or several
        yield Found(
            Diagnosis(
                self.name,
                f"{counted(len(bad), 'event')} of {of:,} had no effect, and nothing was found that they alone have "
                f"in common{pattern or (what_fits(case, len(bad) / of) if at_large else '')}",
                (
                    *_rowless(case, bad),
                    *lost_note(case),
                    *(f"lost: {case.named(event)}{_before(case, event.at_ns)}" for event in bad[:3]),
                ),
                WRITE_ALL if several else LOOK,
                case.consequences(*CHECKS),
                bad[0].at_ns,
            ),
            frozenset(f"event {event.event}" for event in bad),
        )


def _rowless(case: Case, lost: list[f.EventFired]) -> tuple[str, ...]:
    without_row = named_without_row(case.history)
    count = sum((event.order, event.topic) in without_row for event in lost)
    return (f"{count} of them {verb(count, 'are')} named by a write that has no row of their units",) if count else ()


def _before(case: Case, at_ns: int) -> str:
    """The end of a process that came soon after."""
    later = [(end_ns, what) for end_ns, what in case.process_ends if 0 <= end_ns - at_ns <= NEAR_NS]
    return f"; {(later[0][0] - at_ns) / SECOND_NS:.2f} s later came {later[0][1]}" if later else ""
