"""Shopify removed subscriptions after an outage, and the subject did not notice, or did not read what it missed."""

from collections.abc import Iterator, Sequence
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.history.event_outcomes import ORDER_KINDS
from stockstorm.reports.history.removals import Removal
from stockstorm.reports.result import Diagnosis, counted, verb
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.model import SHOPIFY

NOTICE_MIN_NS: Final = 5 * SECOND_NS  # of load without a subscription, before it is said that nobody noticed


class RemovalUnnoticed(Diagnose):
    """The subscriptions are gone to the end."""

    name = "removal_unnoticed"

    def __call__(self, case: Case) -> Iterator[Found]:
        history = case.history
        gone = [each for each in history.removals.all if each.again_ns > history.end_ns]
        topics = {each.topic for each in gone}
        unheard = history.deliveries.unheard
        events = [
            event
            for event in history.all(f.EventFired)
            if event.source == SHOPIFY and event.topic in topics and event.event in unheard
        ]
        if not gone or not events or events[-1].at_ns - _from_ns(gone) < NOTICE_MIN_NS:
            return
        yield Found(
            Diagnosis(
                self.name,
                f"Shopify removed {counted(len(gone), 'subscription')} because deliveries failed, and the subject did "
                "not subscribe again",
                (
                    f"removed: {quoted(f'{each.topic} at {case.when(each.gone_ns)}' for each in gone)}",
                    f"{counted(len(events), 'event')} of these topics had no subscriber after that",
                    *_because(gone),
                ),
                "compare the subscriptions with what the service needs at a period, create what is missing, and read "
                "what changed meanwhile: Shopify tells of a removal by e-mail only",
                case.consequences(),
                min(each.gone_ns for each in gone),
            ),
            frozenset(f"event {event.event}" for event in events),
        )


class GapNotReconciled(Diagnose):
    """It subscribed again, and some of what happened before that is unknown to it for good."""

    name = "gap_not_reconciled"
    at_rest = True

    def __call__(self, case: Case) -> Iterator[Found]:
        history = case.history
        renewed = [each for each in history.removals.all if each.again_ns <= history.end_ns]
        if not renewed:
            return
        untold = _untold(case, renewed)
        unread = [event for event in untold if not _learned(case, event)]
        orders = _orders_missing(case)
        if not unread and not orders:
            return
        first, last = min(each.gone_ns for each in renewed), max(each.again_ns for each in renewed)
        yield Found(
            Diagnosis(
                self.name,
                f"the subject subscribed again at {case.when(last)}, and never read {_what(unread, orders)} that "
                "nobody told it of",
                (
                    (
                        f"{counted(len(untold), 'change')} of stock "
                        f"{verb(len(untold), 'were')} not delivered: Shopify gave up after its last "
                        f"retry, and removed the subscriptions from {case.when(first)} on"
                    ),
                    f"for example {quoted(case.named(event) for event in (*unread, *orders))}",
                    *_of_orders(orders),
                    *_because(renewed),
                ),
                "after every renewal of a subscription read the levels and the orders that changed since the last one "
                "that was delivered: what was given up is never sent again",
                case.consequences(),
                first,
            ),
            frozenset(f"event {event.event}" for event in (*unread, *orders)),
        )


def _what(unread: Sequence[f.EventFired], orders: Sequence[f.EventFired]) -> str:
    """ "27 changes of stock (18 SKUs)"; without any, "31 changes of orders of the marketplaces"."""
    if not unread:
        return f"{counted(len(orders), 'change')} of orders of the marketplaces"
    skus = {event.sku for event in unread}
    return f"{counted(len(unread), 'change')} of stock ({counted(len(skus), 'SKU')})"


def _orders_missing(case: Case) -> list[f.EventFired]:
    """Notifications of marketplaces that were given up in the same outage, and whose effect the master lacks."""
    return [
        one.event
        for one in case.history.classified
        if one.event.topic in ORDER_KINDS and one.delivery == "unacknowledged" and one.effect in ("none", "stuck")
    ]


def _of_orders(orders: Sequence[f.EventFired]) -> tuple[str, ...]:
    if not orders:
        return ()
    text = f"{counted(len(orders), 'notification')} of the marketplaces given up too, and not fetched from their orders"
    return (text,)


def _from_ns(gone: Sequence[Removal]) -> int:
    return max(max(each.gone_ns, each.fault_end_ns) for each in gone)


def _because(removals: Sequence[Removal]) -> tuple[str, ...]:
    planned = sum(each.planned for each in removals)
    text = f"{planned} of {counted(len(removals), 'removal')} came of an outage that the scenario planned"
    return (text,) if planned else ()


def _untold(case: Case, renewed: Sequence[Removal]) -> list[f.EventFired]:
    """Changes of stock that were given up, cancelled with their subscription, or unheard, before the renewal."""
    until = max(each.again_ns for each in renewed)
    events, classes = case.history.all(f.EventFired), case.history.reported.delivery
    told = case.history.learned
    return [
        event
        for event, delivery in zip(events, classes, strict=True)
        if delivery in ("unacknowledged", "no_subscription") and event.at_ns <= until and told.is_news(event)
    ]


def _learned(case: Case, event: f.EventFired) -> bool:
    return case.history.learned.of(event)[1] != "never"
