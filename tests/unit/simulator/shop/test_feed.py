import pytest

from stockstorm.simulator.model import Event, Order, OrderKey, OrderLine, Refund, RefundLine, Sku
from stockstorm.simulator.shop.feed import PAGE_EVENTS, Feeds

ORDER = Order(OrderKey(4), 104, "bazaar-1001", 1001, "bazaar", 0, (OrderLine(1, Sku("A"), 2, 100),), 5, 5)


def event(serial: int) -> Event:
    refund = Refund(9, 50, (RefundLine(1, Sku("A"), 1),), True) if serial % 2 else None
    return Event(serial, "e", "bazaar", "order.created", 7, ("order", 4, "order.created", 1), ORDER, refund)


def test_events_are_read_from_a_position_as_they_were_appended() -> None:
    feeds = Feeds()
    for serial in range(6):
        feeds.append("bazaar" if serial < 4 else "mercado", event(serial))
    assert feeds.read("bazaar", 1, 2) == [event(1), event(2)]
    assert feeds.read("bazaar", 3, 9) == [event(3)]
    assert feeds.read("bazaar", 4, 9) == []
    assert feeds.read("mercado", 0, 9) == [event(4), event(5)]


@pytest.mark.parametrize("written", [0, 1, PAGE_EVENTS - 1, PAGE_EVENTS, 2 * PAGE_EVENTS, 2 * PAGE_EVENTS + 3])
def test_a_feed_is_the_same_wherever_its_pages_end(written: int) -> None:
    feeds, events = Feeds(), [event(serial) for serial in range(written)]
    for each in events:
        feeds.append("bazaar", each)
        feeds.append("mercado", event(0))
    for since in range(written + 2):
        for limit in (1, PAGE_EVENTS, 3 * PAGE_EVENTS):
            assert feeds.read("bazaar", since, limit) == events[since:][:limit]
