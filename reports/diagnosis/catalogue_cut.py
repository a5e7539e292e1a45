"""The catalogue that the subject read before the load has only a part of the shop's items: the first page.

A subject that reads slowly has read a part of them when the load begins, too. It goes on with lists of items that
nothing has told it of, which one that knows a part of the catalogue cannot.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.history import History
from stockstorm.reports.history.reads import REST, is_query
from stockstorm.reports.result import Diagnosis, counted, verb
from stockstorm.simulator.history import facts as f

SHARE_MIN: Final = 0.5  # of the incidents that name an item
PAGE_MIN: Final = 10  # items of one answer, so that it is a list and not a look-up
BY_GRAPHQL: Final = "read the next page while pageInfo.hasNextPage is true, with its endCursor"
BY_REST: Final = 'follow the answer\'s Link header while it has rel="next"; a page has 50 rows, and 250 with limit=250'
CHECKS: Final = ("sync_latency", "order_latency", "drift", "nothing_lost", "crisis_time", "event_classes", "oversell")


class CatalogueCut(Diagnose):
    name = "catalogue_cut"
    checks = CHECKS

    def __call__(self, case: Case) -> Iterator[Found]:
        history = case.history
        news = _first_news(history)
        queries = {call.request: call for call in case.calls if is_query(call.operation)}
        read, later, largest, by_rest = set[str](), set[str](), 0, False
        for shown in history.all(f.StockShown):
            if shown.request not in queries:
                continue
            if shown.at_ns < history.start_ns:
                read.update(shown.skus)
                if len(set(shown.skus)) > largest:
                    largest, by_rest = len(set(shown.skus)), queries[shown.request].operation.startswith(REST)
            else:
                later.update(shown.skus)
                read.update(_read_on(shown, read, news))
        unread = [sku for sku in history.items if sku not in read]
        if largest < PAGE_MIN or not unread or _elsewhere(case, unread):
            return
        later -= read
        yield Found(
            Diagnosis(
                self.name,
                f"the service read {len(read)} of the shop's {counted(len(history.items), 'item')} before the load, "
                f"{largest} in its largest answer: it does not read on",
                (
                    f"not read: {quoted(unread)}",
                    (
                        f"{len(later)} of them "
                        f"{verb(len(later), 'were')} read during the load, and {len(unread) - len(later)} never"
                    ),
                ),
                BY_REST if by_rest else BY_GRAPHQL,
                case.consequences(*CHECKS),
            ),
            frozenset(f"sku {sku}" for sku in unread),
        )


def _read_on(shown: f.StockShown, read: Collection[str], news: Mapping[str, int]) -> Sequence[str]:
    """The items of a list that are new, if nothing had happened to most of them yet."""
    fresh = [sku for sku in shown.skus if sku not in read]
    if len(fresh) < PAGE_MIN:
        return ()
    untold = sum(news.get(sku, shown.at_ns) >= shown.at_ns for sku in fresh)
    return fresh if untold > len(fresh) / 2 else ()


def _first_news(history: History) -> dict[str, int]:
    """When the first event about each item fired."""
    found: dict[str, int] = {}
    for event in sorted(history.deliveries.events.values(), key=lambda event: event.at_ns):
        effects = history.orders.by_order.get(event.order, ()) if event.order >= 0 else ()
        for sku in (event.sku, *(effect.sku for effect in effects)):
            found.setdefault(sku, event.at_ns)
    return found


def _elsewhere(case: Case, unread: Collection[str]) -> bool:
    """Whether what the checks found is mostly wrong with items that were read. Those that name no item say nothing."""
    failing = [check for check in case.checks if check.name in CHECKS and check.name in case.failing]
    skus = [incident.sku for check in failing for incident in check.incidents if incident.sku]
    return sum(sku in unread for sku in skus) < SHARE_MIN * len(skus)
