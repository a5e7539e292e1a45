"""Traits of events that tell how a subject takes them: after a sibling of one action, or news about the app."""

from stockstorm.reports.diagnosis.case import Case
from stockstorm.reports.diagnosis.event_traits import EventTraits
from stockstorm.reports.diagnosis.traits import Trait
from stockstorm.reports.history import History
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.model import StockCause
from tests.literal_history import START, ns, started

ITEM = f.ItemStocked(START - 1, "SKU-1", 5, 7, 100, 500, hot=False)


def tried(number: int, topic: str, at_ms: float) -> list[f.AnyFact]:
    at = ns(at_ms)
    return [
        f.DeliveryPlanned(at, number, number, f"w{number}", 1, topic, at),
        f.AttemptEnded(at + 1_000, number, 1, at, at, at, at + 1_000, at, 200),
        f.DeliveryEnded(at + 1_000, number, "acknowledged"),
    ]


def stock_event(number: int, event_id: str, at_ms: float, version: int, cause: StockCause = "sale") -> list[f.AnyFact]:
    topic = "inventory_levels/update"
    return [
        f.StockChanged(ns(at_ms), "SKU-1", 5, 7, version, -1, 100 - version, cause),
        f.EventFired(ns(at_ms), number, event_id, "shopify", topic, sku="SKU-1", version=version),
        *tried(number, topic, at_ms),
    ]


def traits_of(facts: list[f.AnyFact]) -> dict[int, frozenset[Trait]]:
    history = History.of([ITEM, f.ChannelOpened(START - 1, "online", online=True), started(), *facts])
    traits = EventTraits(Case(history, ()))
    return {event.event: traits.of(event) for event in history.all(f.EventFired)}


def order_event(number: int, event_id: str, at_ms: float) -> list[f.AnyFact]:
    topic = "orders/create"
    return [f.EventFired(ns(at_ms), number, event_id, "shopify", topic), *tried(number, topic, at_ms)]


def test_an_event_whose_event_id_had_come_with_another_one() -> None:
    facts = [*order_event(0, "e1", 10), *stock_event(1, "e1", 11, 1), *stock_event(2, "e2", 20, 2)]
    found = traits_of(facts)
    assert [number for number, traits in found.items() if Trait("sibling") in traits] == [1]


def test_news_of_an_order_on_either_side_of_a_redaction() -> None:
    def news(number: int, order: int, topic: str, ms: float) -> list[f.AnyFact]:
        event = f.EventFired(ns(ms), number, f"e{number}", "bazaar", topic, order=order)
        return [event, *tried(number, topic, ms)]

    sold = [f.PurchaseAccepted(ns(1), order, "bazaar", f"b-{order}", ("A",), (1,), (9,), (9,)) for order in (1, 2)]
    facts = [
        *sold,
        *news(0, 1, "order.created", 10),
        f.EventFired(ns(15), 1, "e1", "shopify", "customers/redact"),
        *tried(1, "customers/redact", 15),
        *news(2, 2, "order.created", 20),
        *news(3, 1, "order.cancelled", 30),
        *news(4, 2, "order.cancelled", 31),
    ]
    told = Trait("told_between", "customers/redact")
    assert [number for number, traits in traits_of(facts).items() if told in traits] == [3]


def test_events_that_came_after_app_uninstalled() -> None:
    gone = [f.EventFired(ns(15), 1, "e2", "shopify", "app/uninstalled"), *tried(1, "app/uninstalled", 15)]
    found = traits_of([*stock_event(0, "e1", 10, 1), *gone, *stock_event(2, "e3", 20, 2)])
    assert [number for number, traits in found.items() if Trait("uninstalled") in traits] == [2]
    assert not any(Trait("uninstalled") in traits for traits in traits_of(stock_event(0, "e1", 10, 1)).values())


def test_an_order_like_another_one_of_its_channel_shortly_before() -> None:
    def order(
        number: int, channel: str, at_ms: float, skus: tuple[str, ...], counts: tuple[int, ...]
    ) -> list[f.AnyFact]:
        much = (9,) * len(skus)
        return [
            f.PurchaseAccepted(ns(at_ms), number, channel, f"{channel}-{number}", skus, counts, much, much),
            f.EventFired(ns(at_ms), number, f"e{number}", channel, "order.created", order=number),
            *tried(number, "order.created", at_ms),
        ]

    facts = [
        *order(0, "bazaar", 0, ("A", "B"), (1, 2)),
        *order(1, "mercado", 100, ("A", "B"), (1, 2)),  # another channel
        *order(2, "bazaar", 200, ("A", "B"), (2, 1)),  # other quantities
        *order(3, "bazaar", 1_500, ("B", "A"), (2, 1)),
    ]
    found = {number: {t.value for t in traits if t.kind == "equal"} for number, traits in traits_of(facts).items()}
    assert found == {0: set(), 1: set(), 2: set(), 3: {"2 s", "5 s", "10 s", "60 s"}}


def test_events_between_the_end_of_the_installation_and_the_next_accepted_call() -> None:
    facts = [
        *stock_event(0, "e1", 10, 1),
        f.AppChanged(ns(15), "uninstall"),
        *stock_event(1, "e2", 20, 2),
        f.ApiCalled(ns(25), 1, "admin", "shop", 401, "denied"),
        *stock_event(2, "e3", 30, 3),
        f.ApiCalled(ns(35), 2, "admin", "shop", 200, "ok"),
        *stock_event(3, "e4", 40, 4),
    ]
    found = traits_of(facts)
    assert [number for number, traits in found.items() if Trait("not_installed") in traits] == [1, 2]


def test_a_level_of_none_is_a_trait() -> None:
    traits = traits_of(stock_event(0, "e1", 10, 100))  # of 100 units one is left per version
    assert Trait("level", "0") in traits[0]
