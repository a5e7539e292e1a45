"""Events that the subject itself gave up, by what they have in common."""

from collections.abc import Iterator
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.contrast import clusters
from stockstorm.reports.diagnosis.event_traits import event_traits
from stockstorm.reports.diagnosis.traits import said
from stockstorm.reports.result import Diagnosis, counted, verb

CHECKS: Final = ("nothing_lost", "drift", "event_classes", "sync_latency", "order_latency", "retry_discipline")


class DeadLetters(Diagnose):
    name = "dead_letters"
    checks = CHECKS

    def __call__(self, case: Case) -> Iterator[Found]:
        entries = case.history.classified
        dead = [entry.event for entry in entries if entry.effect == "dead_lettered"]
        if not dead:
            return
        traits = event_traits(case)
        good = [entry.event for entry in entries if entry.effect in {"once", "superseded", "void"}][:20_000]
        found = clusters([traits.of(event) for event in dead[:5_000]], [traits.of(event) for event in good])
        common = tuple(
            f"{one.bad} of {one.bad_of} {verb(one.bad, 'are')} {said(one.traits)}; "
            f"{one.good} of {one.good_of} applied ones {verb(one.good, 'are')}"
            for one in found
        )
        yield Found(
            Diagnosis(
                self.name,
                f"the service gave up {counted(len(dead), 'event')} as dead letters",
                (*common, "for example " + quoted(case.named(event) for event in dead)),
                "read why in the service's dead letters; "
                + "; ".join(trait.hint for one in found for trait in one.traits),
                case.consequences(*CHECKS),
                dead[0].at_ns,
            ),
            frozenset(f"event {event.event}" for event in dead),
        )
