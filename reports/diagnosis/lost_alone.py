"""Events that were acknowledged and had no effect, with nothing in common and no other cause."""

from collections.abc import Iterator

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
from stockstorm.reports.diagnosis.lost_events import CHECKS, lost_and_taken
from stockstorm.reports.result import Diagnosis, counted


class LostAlone(Diagnose):
    name = "lost_alone"
    at_rest = True
    after = ("no_call", "stops", "forgeries", "lost_events", "applied_twice", "lost_updates", "dead_letters")

    def __call__(self, case: Case) -> Iterator[Found]:
        if "nothing_lost" not in case.failing:
            return
        bad, good = lost_and_taken(case)
        if not bad:
            return
        of = len(bad) + len(good)
        yield Found(
            Diagnosis(
                self.name,
                f"{counted(len(bad), 'event')} of {of:,} had no effect, with nothing in common that others lack",
                tuple(f"lost: {case.named(event)}" for event in bad[:3]),
                "look for these webhook ids in the service's own log, from the answer to the effect",
                case.consequences(*CHECKS),
                bad[0].at_ns,
            ),
            frozenset(f"event {event.event}" for event in bad),
        )
