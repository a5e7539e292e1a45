"""Events that had their effect more than once, by what they have in common."""

from collections.abc import Iterator, Sequence
from typing import Final

from stockstorm.reports.diagnosis.alone import events_alone, twice_note
from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.contrast import Common, Traits, clusters
from stockstorm.reports.diagnosis.event_traits import event_traits
from stockstorm.reports.diagnosis.order_arithmetic import of_wrong_rules
from stockstorm.reports.diagnosis.traits import TOPIC_OF, Trait, contrasted, said
from stockstorm.reports.history.event_outcomes import ORDER_KINDS
from stockstorm.reports.result import Diagnosis, counted, verb
from stockstorm.simulator.history import facts as f

CHECKS: Final = ("applied_twice", "drift", "event_classes", "unexplained_push", "oversell", "refused_though_available")
GOOD_MAX: Final = 20_000
COPIES: Final = Trait("copies")
DEDUPLICATE: Final = (
    "recognise an event that was already taken, by its webhook id and by its order and kind, in the same transaction "
    "as "
    "the effect; send one idempotency key for one change"
)

NOTHING_IN_COMMON: Final = "and nothing was found that they alone have in common"  # ends a cause that names none


class AppliedTwice(Diagnose):
    name = "applied_twice"
    checks = CHECKS
    at_rest = True
    after = ("twice_at_failure",)

    def __call__(self, case: Case) -> Iterator[Found]:
        bad, good = doubled_and_single(case)
        if not bad:
            return
        traits = event_traits(case)
        step = max(1, len(good) // GOOD_MAX)
        of_bad, of_good = [traits.of(one) for one in bad], [traits.of(one) for one in good[::step]]
        shared = clusters(of_bad, of_good) or _all_copied(case, of_bad, of_good)
        if not shared:
            yield _found(self.name, case, None, bad)
        for common in shared:
            yield _found(self.name, case, common, [bad[place] for place in sorted(common.covers)])


def doubled_and_single(case: Case) -> tuple[list[f.EventFired], list[f.EventFired]]:
    """Events that incidents call applied twice, and marketplaces' other events.

    Of a subject that names no orders, these are the order events that came alone.
    """
    alone = events_alone(case)
    if alone.many_twice:
        return alone.twice, alone.single
    events, otherwise = case.history.deliveries.events, of_wrong_rules(case)
    told = [number for incident in case.incidents("applied_twice") for number in incident.events]
    if told:  # a check keeps only so many incidents
        known = case.history.deliveries.order_event
        told += [known.get((order, TOPIC_OF[kind]), -1) for order, kind in case.history.doublings.by_order]
    doubled = dict.fromkeys(number for number in told if number in events and events[number].order not in otherwise)
    good = [event for event in events.values() if event.event not in doubled and _alike(case, event)]
    return [events[number] for number in doubled], good


def _all_copied(case: Case, bad: Sequence[Traits], good: Sequence[Traits]) -> list[Common]:
    """That all of them came more than once. It needs no contrast where a second write of the units was seen."""
    if not events_alone(case).many_twice or not all(COPIES in traits for traits in bad):
        return []
    others = sum(COPIES in traits for traits in good)
    return [Common((COPIES,), len(bad), len(bad), others, len(good), (), frozenset(range(len(bad))))]


def _alike(case: Case, event: f.EventFired) -> bool:
    return event.topic in ORDER_KINDS and event.source in case.history.marketplaces


def _found(name: str, case: Case, common: Common | None, doubled: list[f.EventFired]) -> Found:
    evidence = ["twice, for example, " + quoted(case.named(event) for event in doubled), *twice_note(case)]
    if common is None:
        whose = "its" if len(doubled) == 1 else "their"
        cause = f"{counted(len(doubled), 'event')} had {whose} effect more than once, {NOTHING_IN_COMMON}"
        hints = [DEDUPLICATE]
    else:
        which = f"{common.bad} of {common.bad_of}" if common.bad < common.bad_of else f"all {common.bad}"
        cause = f"{which} events that were applied twice {verb(common.bad, 'are')} {said(common.traits)}"
        evidence.insert(0, contrasted(common.good, common.good_of, "other events", common.traits))
        if common.equal:
            evidence.append(f"they are also, and just as distinctly, {said(common.equal[:2])}")
        hints = list(dict.fromkeys([*(trait.hint for trait in common.traits), DEDUPLICATE]))
    return Found(
        Diagnosis(name, cause, tuple(evidence), "; ".join(hints[:2]), case.consequences(*CHECKS), doubled[0].at_ns),
        frozenset(f"event {event.event}" for event in doubled),
    )
