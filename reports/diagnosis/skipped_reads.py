"""Orders that the master lacks because reads of a marketplace's orders skip them: a cursor too far, a page not read,
an answer of which only a part is applied.

Read are orders that an answer of the marketplace's API showed. A subject that hears of orders by webhooks alone reads
hardly any, so chance explains that it has not read those that it lacks.
"""

import math
from bisect import bisect_right
from collections.abc import Collection, Iterator
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.contrast import chance, fit
from stockstorm.reports.diagnosis.lost_events import CHECKS
from stockstorm.reports.diagnosis.traits import TOPIC_OF
from stockstorm.reports.history.event_outcomes import ORDER_KINDS
from stockstorm.reports.result import Diagnosis, counted, verb
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f

SHARE_MIN: Final = 0.7  # of the orders that the master lacks, and of those that were skipped
PLACE_SHARE_MIN: Final = (
    0.9  # the same, with references, where the place in an answer says which: many places are tried
)
CHANCE_MAX: Final = 0.001
ORDERS_MIN: Final = 2
SAME_READ_NS: Final = SECOND_NS // 2  # from one page to the next
ROWS: Final = "apply every row of an answer before the cursor that it gave is stored"
CURSOR: Final = "go on with the cursor that the last answer gave, unchanged"
APPLIED: Final = (1, 2, 3, 5, 10, 20, 25, 50, 100)  # orders of an answer, where no more are applied
PAGES: Final = "read on until a page is not full, and apply every page before the cursor is stored"


class SkippedReads(Diagnose):
    name = "skipped_reads"
    checks = CHECKS
    at_rest = True
    after = ("no_call", "stops", "calls_refused", "wrong_token", "not_played")

    def __call__(self, case: Case) -> Iterator[Found]:
        shown, later = _shown(case)
        if not shown:
            return
        placed = _placed(case)
        unread = placed - shown
        paged = (later & placed) - (placed - shown)
        if _explains(case, unread, placed):
            first = sum(order in _first_after_answers(case) for order in unread)
            whole = first >= SHARE_MIN * len(unread)
            which = ", and each is the first one after an answer: the cursor is moved too far" if whole else ""
            cause = (
                f"{counted(len(unread), 'order')} that the master lacks "
                f"{verb(len(unread), 'were')} in no answer of their marketplace's API, although it "
                f"was read before and after them{which}"
            )
            yield _found(self.name, case, cause, unread, CURSOR)
        elif _explains(case, paged, placed):
            cause = f"{len(paged)} orders came with the second or a later page of a read, and the master lacks them"
            yield _found(self.name, case, cause, paged, PAGES)
        elif part := _left_out(case, placed):
            which, orders = part
            cause = f"{counted(len(orders), 'order')} that the master lacks {verb(len(orders), 'were')} {which}"
            yield _found(self.name, case, cause, orders, ROWS)
        elif events := _first_by_units(case):
            cause = (
                f"{counted(len(events), 'order event')}, each the first one after an answer of its marketplace's API, "
                f"{verb(len(events), 'are')} what the master is wrong by: the cursor is moved too far"
            )
            yield _found(self.name, case, cause, {event.order for event in events}, CURSOR)


def _placed(case: Case) -> set[int]:
    """Orders of the marketplaces that were read. One that never was skips none."""
    read = {told.channel for told in case.history.all(f.OrdersShown)}
    by_order = case.history.orders.by_order
    sales = {sale.order for sale in case.history.all(f.PurchaseAccepted)}.intersection(by_order)
    return {order for order in sales if by_order[order][0].channel in read}


def _shown(case: Case) -> tuple[set[int], set[int]]:
    """Orders that an answer showed, and those of them that only a later page of a read showed."""
    first, later = set[int](), set[int]()
    last: dict[str, int] = {}
    for told in case.history.all(f.OrdersShown):
        follows = told.at_ns - last.get(told.channel, -SAME_READ_NS) < SAME_READ_NS
        (later if follows else first).update(told.orders)
        last[told.channel] = told.at_ns
    return first | later, later - first


def _left_out(case: Case, placed: Collection[int]) -> tuple[str, set[int]] | None:
    """Orders that the master lacks by their place in every answer that showed them, and what that place is."""
    places: dict[int, int] = {}
    ends: dict[int, bool] = {}
    for told in case.history.all(f.OrdersShown):
        for place, order in enumerate(told.orders):
            places[order] = min(place, places.get(order, place))
            ends[order] = ends.get(order, True) and 0 < place == len(told.orders) - 1
    ways = [({order for order, place in places.items() if place >= most}, _behind(most)) for most in APPLIED]
    ways.append(({order for order, last in ends.items() if last}, "the last ones of an answer of several"))
    owed = {effect.order for effect in case.history.orders.effects if not effect.settled}.intersection(placed)
    for orders, which in ways:
        found = orders & owed
        if _explains(case, found, owed, PLACE_SHARE_MIN):
            return which, found
    return None


def _behind(most: int) -> str:
    return f"behind the first {'one' if most == 1 else most} of an answer, of which the rest is not applied"


def _explains(case: Case, skipped: Collection[int], placed: Collection[int], share_min: float = SHARE_MIN) -> bool:
    """Whether the master lacks just these orders: by its references, else by the units of its SKUs."""
    orders, history = case.history.orders, case.history
    if len(skipped) < ORDERS_MIN:
        return False
    if orders.net_only:
        sums: dict[str, int] = {}
        for order in skipped:
            for effect in orders.by_order[order]:
                sums[effect.sku] = sums.get(effect.sku, 0) - effect.delta
        hits, score = fit(case.differences, {sku: off for sku, off in sums.items() if off}, len(history.items))
        return hits >= SHARE_MIN * max(len(case.differences), len(sums)) and score <= math.log(CHANCE_MAX)
    missing = {effect.order for effect in orders.effects if effect.version < 0 and not effect.settled}
    missing -= history.pending.orders
    both = len(missing.intersection(skipped))
    if both < share_min * max(len(missing), len(skipped)):
        return False
    return chance(both, len(missing), len(skipped), len(placed)) <= math.log(CHANCE_MAX)


def _first_by_units(case: Case) -> list[f.EventFired]:
    """The first events after answers, where the master of a subject that names no orders is wrong by just their units.

    One can be a cancellation or a return of an order that was read.
    """
    orders = case.history.orders
    events = _first_events(case) if orders.net_only else []
    sums: dict[str, int] = {}
    for event in events:
        for effect in orders.of_order(event.order, ORDER_KINDS[event.topic]):
            sums[effect.sku] = sums.get(effect.sku, 0) - effect.delta
    predicted = {sku: off for sku, off in sums.items() if off}
    hits, score = fit(case.differences, predicted, len(case.history.items))
    fits = hits >= SHARE_MIN * max(len(case.differences), len(predicted)) and score <= math.log(CHANCE_MAX)
    return events if len(events) >= ORDERS_MIN and fits else []


def _first_after_answers(case: Case) -> set[int]:
    """Orders of which some news is the first of their marketplace after an answer."""
    return {event.order for event in _first_events(case)}


def _first_events(case: Case) -> list[f.EventFired]:
    """The first news of a marketplace after each answer that showed orders."""
    answers: dict[str, list[int]] = {}
    for told in case.history.all(f.OrdersShown):
        answers.setdefault(told.channel, []).append(told.at_ns)
    seen, found = dict[str, int](), list[f.EventFired]()
    for event in case.history.deliveries.events.values():
        times = answers.get(event.source)
        if times is None or event.topic not in ORDER_KINDS:
            continue
        number = bisect_right(times, event.at_ns)
        if seen.get(event.source, 0) != number:
            found.append(event)
        seen[event.source] = number
    return found


def _found(name: str, case: Case, cause: str, orders: Collection[int], remedy: str) -> Found:
    events = case.history.deliveries.order_event
    return Found(
        Diagnosis(
            name,
            cause,
            (f"for example {quoted(map(case.order, sorted(orders)))}",),
            remedy,
            case.consequences(*CHECKS),
        ),
        frozenset(f"event {events.get((order, TOPIC_OF['sale']), -1)}" for order in orders),
    )
