"""Events that were acknowledged and had no effect, by what they have in common."""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from stockstorm.reports.diagnosis.alone import events_alone, lost_note
from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.contrast import Common, clusters
from stockstorm.reports.diagnosis.event_traits import WAYS, event_traits
from stockstorm.reports.diagnosis.one_of_several import WRITE_ALL, one_of_several, what_fits
from stockstorm.reports.diagnosis.order_arithmetic import of_wrong_rules
from stockstorm.reports.diagnosis.pushed_before import set_before
from stockstorm.reports.diagnosis.traits import TOPIC_OF, Trait, contrasted, hints, said
from stockstorm.reports.history import History
from stockstorm.reports.history.channel_orders import tokens
from stockstorm.reports.history.event_outcomes import LATER
from stockstorm.reports.history.order_effects import Effect
from stockstorm.reports.result import Diagnosis, verb
from stockstorm.simulator.history import facts as f

KNOWN: Final = frozenset({"once", "twice", "superseded", "healed"})
GOOD_MAX: Final = 20_000
PRECISION_MIN: Final = 0.3  # of the events with the traits, the part that was lost
BAD_MAX: Final = 5_000
IN_A_ROW_MIN: Final = 20  # lost order events
IN_A_ROW_CHANCE: Final = 0.005
LATER_READ: Final = frozenset({Trait("read")})  # a read after the loss, for example by a restart, is no cause of it
MISCOUNTED_TIMES: Final = 3  # the lost events
ROWLESS_MIN: Final = 0.9  # of the lost events with these traits
CHECKS: Final = ("nothing_lost", "drift", "event_classes", "sync_latency", "order_latency", "crisis_time", "lost_units")


class LostEvents(Diagnose):
    name = "lost_events"
    checks = CHECKS
    at_rest = True
    after = ("no_call", "stops", "lost_at_failure", "capped")

    def __call__(self, case: Case) -> Iterator[Found]:
        bad = _lost(case)
        for common in in_common(case):
            if "forged" in case.invalid and not _precise(common):
                continue  # a forgery that took effect can be what makes a genuine event look lost
            lost = [bad[place] for place in sorted(common.covers)]
            yield _found(self.name, case, common, lost)


def in_common(case: Case) -> list[Common]:
    """What lost events have in common that others have not."""
    found = case.kept.get("in common")
    if not isinstance(found, list):
        bad, good, traits = _lost(case), lost_and_taken(case)[1], event_traits(case)
        step = max(1, len(good) // GOOD_MAX)
        found = clusters(*([traits.of(one) - LATER_READ for one in some] for some in (bad[:BAD_MAX], good[::step])))
        case.kept["in common"] = found
    return found


def _lost(case: Case) -> list[f.EventFired]:
    """Lost events, without those of orders that a wrong rule of counting explains.

    Nor those of orders that a write counted wrongly, where that is far more frequent, or names without units then:
    their units tell of no loss. Nor changes of the shop to what a listing had been set to before: they were taken in,
    and not pushed again.
    """
    kept_back = {one.sku for one, _, _ in set_before(case)}
    lost = [
        event
        for event in lost_and_taken(case)[0]
        if event.order not in of_wrong_rules(case) and not (event.order < 0 and event.sku in kept_back)
    ]
    miscounted = {effect.order for misfit in case.history.orders.misfits for effect in misfit.effects}
    if len(miscounted) < MISCOUNTED_TIMES * len(lost):
        return lost
    rowless = named_without_row(case.history)
    return [event for event in lost if event.order not in miscounted and (event.order, event.topic) not in rowless]


def lost_and_taken(case: Case) -> tuple[list[f.EventFired], list[f.EventFired]]:
    """Events without the effect that they should have had, and events with it.

    Of a subject that names no orders, these are the order events that came alone, if enough of them were lost.
    """
    history, alone = case.history, events_alone(case)
    if alone.many_lost:
        return alone.lost, alone.taken
    unwritten = set[int]()
    if not history.orders.net_only and history.orders.writes:
        for effect in history.orders.effects:
            number = history.deliveries.order_event.get((effect.order, TOPIC_OF[effect.kind]), -1)
            if _is_unwritten(case, effect) and not _of_another_part(case, number, effect):
                unwritten.add(number)
    bad, good = list[f.EventFired](), list[f.EventFired]()
    untold = history.untold_orders
    for entry in history.classified:
        if entry.delivery != "acknowledged" or (entry.event.order in untold and entry.event.topic in LATER):
            continue
        if entry.effect in {"none", "stuck"} or entry.event.event in unwritten:
            bad.append(entry.event)
        elif entry.effect in KNOWN:
            good.append(entry.event)
    return bad, good


def taken_at(case: Case, events: list[f.EventFired]) -> list[int]:
    """When each was acknowledged for the last time, or fired."""
    by_event = case.history.deliveries.by_event
    return [
        max((delivery.ended_ns for delivery in by_event.get(event.event, ())), default=event.at_ns) for event in events
    ]


def _is_unwritten(case: Case, effect: Effect) -> bool:
    """Whether the master lacks it for certain. Where other orders count twice, a single missing one cannot be told."""
    history = case.history
    told = effect.sku not in history.misfit_skus and effect.order not in history.pending.orders
    return effect.version < 0 and not effect.settled and told


def _of_another_part(case: Case, number: int, effect: Effect) -> bool:
    """Whether the event tells of another part of an order that comes back in several: each part has its own event."""
    event = case.history.deliveries.events.get(number)
    parts = case.history.orders.of_order(effect.order, effect.kind)
    return event is not None and event.at_ns != effect.at_ns and any(one.at_ns == event.at_ns for one in parts)


def seldom_in_a_row(case: Case) -> str:
    """That hardly two lost events come one after another, where that is no chance. Empty if there are enough."""
    bad, good = lost_and_taken(case)
    lost = {event.event for event in bad}
    orders = [event.event for event in (*bad, *good) if event.source in case.history.marketplaces]
    row = sorted(orders, key=lambda number: case.history.deliveries.first_attempt_ns.get(number, 0))
    count = sum(number in lost for number in row)
    pairs = sum(one in lost and other in lost for one, other in pairwise(row))
    expected = count * count / max(1, len(row))
    below = (
        sum(math.exp(n * math.log(expected) - expected - math.lgamma(n + 1)) for n in range(pairs + 1)) if count else 1
    )
    if count < IN_A_ROW_MIN or below > IN_A_ROW_CHANCE:
        return ""
    return (
        f"; hardly two of them in a row ({pairs}, where chance makes {expected:.0f}), as where of several events that "
        "are processed together one is dropped"
    )


def named_without_row(history: History) -> frozenset[tuple[int, str]]:
    """(order, topic) of what a write names, while no row has its units."""
    if history.orders.net_only:
        return frozenset()
    references = {row.reference for row in history.all(f.StockChanged)}
    named = {token for reference in references for token in tokens(reference)}
    return frozenset(
        (effect.order, TOPIC_OF[effect.kind])
        for effect in history.orders.effects
        if effect.version < 0 and not effect.settled and effect.token in named
    )


def _share(case: Case) -> float:
    """The lost events as a share of those of which it is known."""
    bad, good = lost_and_taken(case)
    return len(bad) / max(1, len(bad) + len(good))


def _precise(common: Common) -> bool:
    """Whether a good part of all events with these traits was lost."""
    return common.bad >= PRECISION_MIN * (common.bad + common.good)


def _of_orders(common: Common, lost: Sequence[f.EventFired]) -> Common:
    """The same in words for orders: their news move units up and down, and are no changes of stock."""
    if not all(event.topic in WAYS for event in lost):
        return common
    told = {"up": "cancellations and returns", "down": "sales"}

    def words(traits: tuple[Trait, ...]) -> tuple[Trait, ...]:
        return tuple(Trait("news", told[one.value]) if one.kind == "way" else one for one in traits)

    return common._replace(traits=words(common.traits), equal=words(common.equal))


def _found(name: str, case: Case, common: Common, lost: Sequence[f.EventFired]) -> Found:
    common = _of_orders(common, lost)
    which = f"{common.bad} of {common.bad_of}" if common.bad < common.bad_of else f"all {common.bad}"
    evidence = [
        contrasted(common.good, common.good_of, "events that had their effect", common.traits),
        "lost, for example, " + quoted(case.named(event) for event in lost),
        *lost_note(case),
    ]
    without_row = named_without_row(case.history)
    rowless = sum((event.order, event.topic) in without_row for event in lost)
    if rowless:
        evidence.append(f"{rowless} of them {verb(rowless, 'are')} named by a write that has no row of their units")
    if common.equal:
        evidence.append(f"they are also, and just as distinctly, {said(common.equal[:2])}")
    if not _precise(common):
        evidence.append("so most events of that kind had their effect: this narrows the cause, and is not all of it")
    remedy = hints(common.traits)
    cause = (
        f"{which} lost {'event' if common.bad_of == 1 else 'events'} {verb(common.bad, 'are')} {said(common.traits)}"
    )
    several = one_of_several(case, lost_and_taken(case)[1])
    pattern = seldom_in_a_row(case) or several
    if not _precise(common):
        cause += pattern or what_fits(case, _share(case))
    elif common.bad >= ROWLESS_MIN * common.bad_of:
        cause += pattern
    if rowless >= ROWLESS_MIN * len(lost):
        cause += "; writes name them and have no row of their units"
    if several and several in cause:
        remedy = f"{WRITE_ALL}; {remedy}"
    return Found(
        Diagnosis(name, cause, tuple(evidence), remedy, case.consequences(*CHECKS), lost[0].at_ns),
        frozenset(f"event {event.event}" for event in lost),
    )
