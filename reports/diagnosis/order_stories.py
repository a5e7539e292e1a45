"""The story of each order that was returned or cancelled: what happened to it, and in which order it was heard of.

A subject hears of it by a webhook or in an answer of the marketplace, whichever comes first.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from stockstorm.reports.diagnosis.traits import TOPIC_OF
from stockstorm.reports.history import History
from stockstorm.reports.history.deliveries import NEVER_NS
from stockstorm.simulator.history import facts as f

Units = dict[str, int]
Lines = f.PurchaseAccepted | f.OrderCancelled | f.OrderReturned


class News(NamedTuple):
    """One thing that happened to an order. `answer_ns`: the first answer that showed it, by which it may be heard."""

    kind: Literal["sale", "cancelled", "returned"]
    units: Units
    heard_ns: int
    answer_ns: int = NEVER_NS


class Story(NamedTuple):
    """One order of a marketplace that was returned or cancelled. `None`: it was not."""

    order: int
    lines: tuple[tuple[str, int], ...]
    sold: Units
    returned: Units | None  # by all of its returns
    restocked: bool  # whether the units of its returns went back on the shelf
    left: Units | None  # what the cancellation gave back
    cancelled_first: bool  # the subject heard of the cancellation before it heard of the return
    ahead: bool = False  # it heard of the cancellation before it heard of the order
    after_ns: int = 0  # from the sale to the first return or cancellation
    sale_again: bool = False  # the sale came once more after the cancellation, which had come after the sale
    backs: tuple[Units, ...] = ()  # each return, in the order in which they happened
    news: tuple[News, ...] = ()  # all that the subject heard, in the order in which it heard it


def stories(history: History) -> Iterator[Story]:
    """Every order of a marketplace with a cancellation or a return. Left out: some of its returns were restocked."""
    own, hearing = set(history.marketplaces), _Hearing(history)
    gone = {fact.order: fact for fact in history.all(f.OrderCancelled)}
    back: dict[int, list[f.OrderReturned]] = {}
    for fact in history.all(f.OrderReturned):
        back.setdefault(fact.order, []).append(fact)
    for sale in history.all(f.PurchaseAccepted):
        order = sale.order
        returns, cancelled = back.get(order, []), gone.get(order)
        if sale.channel not in own or not (returns or cancelled) or len({each.restocked for each in returns}) > 1:
            continue
        bought = hearing.of("sale", sale)
        sent_back = [hearing.of("returned", each) for each in returns]
        ended = [hearing.of("cancelled", cancelled)] if cancelled else []
        ended_ns = min((each.heard_ns for each in ended), default=NEVER_NS)
        yield Story(
            order,
            tuple(zip(sale.skus, sale.quantities, strict=True)),
            units_of(sale),
            sum_of(item for each in sent_back for item in each.units.items()) if returns else None,
            bool(returns and returns[0].restocked),
            units_of(cancelled) if cancelled else None,
            ended_ns < min((each.heard_ns for each in sent_back), default=NEVER_NS),
            ended_ns < bought.heard_ns,
            min(fact.at_ns for fact in (*returns, cancelled) if fact is not None) - sale.at_ns,
            bought.heard_ns < ended_ns < hearing.last_try_ns(sale),
            tuple(units_of(each) for each in returns),
            tuple(sorted(filter(_heard, [bought, *sent_back, *ended]), key=lambda one: one.heard_ns)),
        )


def units_of(fact: Lines) -> Units:
    """The units of its lines, by SKU."""
    return sum_of(zip(fact.skus, fact.quantities, strict=True))


def sum_of(lines: Iterable[tuple[str, int]]) -> Units:
    """The sum of these units, by SKU."""
    found: Units = {}
    for sku, count in lines:
        found[sku] = found.get(sku, 0) + count
    return found


def _heard(news: News) -> bool:
    return news.heard_ns < NEVER_NS


class _Hearing:
    """When a subject heard of what happened to orders."""

    def __init__(self, history: History) -> None:
        self._deliveries = history.deliveries
        self._events: dict[tuple[int, str], list[f.EventFired]] = {}
        for event in history.deliveries.events.values():
            self._events.setdefault((event.order, event.topic), []).append(event)
        self._shown: dict[int, list[int]] = {}
        for told in history.all(f.OrdersShown):
            for order in told.orders:
                self._shown.setdefault(order, []).append(told.at_ns)

    def of(self, kind: Literal["sale", "cancelled", "returned"], fact: Lines) -> News:
        answer_ns = _from(self._shown.get(fact.order, ()), fact.at_ns)
        tried_ns = min(map(self._first_try, self._of(kind, fact)), default=NEVER_NS)
        return News(kind, units_of(fact), min(tried_ns, answer_ns), answer_ns)

    def last_try_ns(self, sale: f.PurchaseAccepted) -> int:
        """When a webhook of the sale was tried last."""
        of_sale = (one for event in self._of("sale", sale) for one in self._deliveries.by_event.get(event.event, ()))
        return max((attempt.at_ns for one in of_sale for attempt in one.attempts), default=0)

    def _of(self, kind: str, fact: Lines) -> Sequence[f.EventFired]:
        """Its events: of several returns those of the same time, if any."""
        events = self._events.get((fact.order, TOPIC_OF[kind]), [])
        return [event for event in events if event.at_ns == fact.at_ns] or events[:1]

    def _first_try(self, event: f.EventFired) -> int:
        times: Mapping[int, int] = self._deliveries.first_attempt_ns
        return times.get(event.event, NEVER_NS)


def _from(times: Sequence[int], at_ns: int) -> int:
    """The first of these times that is not before `at_ns`."""
    place = bisect_left(times, at_ns)
    return times[place] if place < len(times) else NEVER_NS
