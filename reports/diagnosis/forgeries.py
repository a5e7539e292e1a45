"""Forged deliveries that were accepted: no signature check at all, or one that some kind, topic or source passes."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from stockstorm.reports.checkers.forged import LABELS
from stockstorm.reports.diagnosis.answers import failures
from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.contrast import clusters
from stockstorm.reports.diagnosis.signature_check import RESPELLED, is_denied
from stockstorm.reports.diagnosis.traits import Trait, said
from stockstorm.reports.history.deliveries import Delivery
from stockstorm.reports.result import Diagnosis, counted, verb
from stockstorm.simulator.delivery.forgery import JUDGED_BY_EFFECT, KINDS

REFUSABLE: Final = frozenset(KINDS) - JUDGED_BY_EFFECT
KINDS_SHOWN: Final = 4
DECIDED_MIN: Final = 3  # accepted ones, and refused ones
CHECKS: Final = ("forged", "drift", "event_classes", "nothing_lost", "unexplained_push", "applied_twice")


class Forgeries(Diagnose):
    """Kinds with a valid signature may be acknowledged, so they are left out; the checker tells their effects."""

    name = "forgeries"
    checks = CHECKS

    def __call__(self, case: Case) -> Iterator[Found]:
        deliveries = case.history.deliveries.by_id.values()
        forged = [one for one in deliveries if one.planned.forged in REFUSABLE]
        taken = [one for one in forged if one.outcome == "acknowledged"]
        refused = [one for one in forged if one.outcome == "refused"]
        if taken and all(one.planned.forged == RESPELLED for one in taken) and failures(case, is_denied):
            return  # genuine ones fail too, for the same reason: `signature_check` tells both
        if not taken:
            yield from _by_effect(self.name, case)
            return
        common = clusters([_traits(one) for one in taken], [_traits(one) for one in refused])
        if not refused:
            cause = (
                f"{len(taken)} of {len(forged)} forged deliveries "
                f"{verb(len(taken), 'were')} accepted: no signature is checked"
            )
        elif which := _passing(taken, refused):
            cause = (
                f"{len(taken)} of {len(forged)} forged deliveries "
                f"{verb(len(taken), 'pass')} the signature check: {which}"
            )
        elif common and common[0].bad == common[0].bad_of:
            cause = f"forged deliveries pass the signature check when they are {said(common[0].traits)}"
        else:
            kinds = ", ".join(sorted({_kind(one) for one in taken})[:KINDS_SHOWN])
            cause = (
                f"{len(taken)} of {len(forged)} forged deliveries "
                f"{verb(len(taken), 'pass')} the signature check: {kinds}"
            )
        evidence = [f"they were of {counted(len({one.planned.topic for one in taken}), 'topic')}"]
        evidence += [
            f"{one.bad} of {one.bad_of} accepted ones {verb(one.bad, 'are')} {said(one.traits)}; "
            f"of {one.good_of} refused ones {one.good} {verb(one.good, 'are')}"
            for one in common
        ]
        examples = quoted(
            f"webhook {one.planned.webhook_id} ({one.planned.topic}, {_kind(one)}) at {case.when(one.ended_ns)}"
            for one in taken
        )
        yield Found(
            Diagnosis(
                self.name,
                cause,
                (*evidence, f"accepted, for example, {examples}"),
                "compute the HMAC over the raw body for every topic and every source, compare it in full and in "
                "constant time, and answer 401 before anything is done",
                case.consequences(*CHECKS),
                taken[0].ended_ns,
            ),
            frozenset(f"delivery {one.planned.delivery}" for one in taken),
        )


def _by_effect(name: str, case: Case) -> Iterator[Found]:
    """No signature was wrong, and a delivery took effect that was not for this shop or came a second time."""
    incidents = case.incidents("forged_accepted")
    if not incidents:
        return
    yield Found(
        Diagnosis(
            name,
            f"{counted(len(incidents), 'delivery', 'deliveries')} with a valid signature took effect although "
            f"{'it' if len(incidents) == 1 else 'they'} should not",
            tuple(one.text for one in incidents[:3]),
            "check the domain of the shop in each webhook, and recognise what was already taken by its order, not only "
            "by its webhook id",
            case.consequences(*CHECKS),
            incidents[0].at_ns,
        )
    )


def _passing(taken: Sequence[Delivery], refused: Sequence[Delivery]) -> str:
    """By source, topic or kind: which ones pass, where that alone decides. Empty if nothing does."""
    ways: tuple[tuple[str, Callable[[Delivery], str]], ...] = (
        ("from ", lambda one: one.planned.source),
        ("of topic ", lambda one: one.planned.topic),
        ("", _kind),
    )
    for word, value in ways:
        passing, caught = {value(one) for one in taken}, {value(one) for one in refused}
        if not passing & caught and min(len(taken), len(refused)) >= DECIDED_MIN:
            good, bad = ", ".join(sorted(caught)), ", ".join(sorted(passing))
            return f"those {word}{bad} pass, those {word}{good} do not"
    return ""


def _kind(delivery: Delivery) -> str:
    forged = delivery.planned.forged
    return LABELS[forged] if forged else ""


def _traits(delivery: Delivery) -> frozenset[Trait]:
    planned = delivery.planned
    found = {Trait("topic", planned.topic), Trait("forgery", _kind(delivery))}
    if planned.source:
        found.add(Trait("source", planned.source))
    return frozenset(found)
