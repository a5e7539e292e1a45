import pytest

from stockstorm.simulator.channels import Marketplace
from stockstorm.simulator.model import Order, OrderKey, OrderLine, Refund, Sku
from stockstorm.simulator.seeds import Seeds
from stockstorm.simulator.shop.feed import Feeds
from stockstorm.simulator.shop.firing import Action, Firing
from stockstorm.simulator.shop.orders import Cancellation

ORDER = Order(OrderKey(4), 104, "bazaar-1001", 1001, "bazaar", 0, (OrderLine(1, Sku("A"), 2, 100),), 5, 5)


def market(feeds: Feeds | None = None) -> Marketplace:
    return Marketplace("bazaar", {Sku("A"): 5, Sku("B"): 0}, feeds or Feeds())


def action() -> Action:
    return Firing(Seeds(1)).action(50, "plan", 1)


def test_a_listing_is_the_last_push_less_what_was_sold_since() -> None:
    bazaar = market()
    bazaar.sold(ORDER, action())
    assert bazaar.shown(Sku("A"), 50) == 3
    bazaar.push([(Sku("A"), 9)], 1, action())
    bazaar.sold(ORDER, action())
    assert dict(bazaar.listings) == {"A": 7, "B": 0}


def test_neither_a_cancellation_nor_a_return_relists() -> None:
    bazaar = market()
    bazaar.sold(ORDER, action())
    bazaar.cancelled(Cancellation(ORDER, [], None, None), action())
    bazaar.returned(ORDER, Refund(9, 50, (), True), action())
    assert bazaar.shown(Sku("A"), 50) == 3


def test_the_feed_has_every_event_in_order() -> None:
    feeds = Feeds()
    bazaar = market(feeds)
    refund = Refund(9, 50, (), True)
    bazaar.sold(ORDER, action())
    bazaar.paid(ORDER, action())
    bazaar.cancelled(Cancellation(ORDER, [], None, None), action())
    bazaar.returned(ORDER, refund, action())
    assert [(event.topic, event.refund) for event in feeds.read("bazaar", 0, 9)] == [
        ("order.created", None),
        ("order.cancelled", None),
        ("order.returned", refund),
    ]


def test_an_unknown_sku_is_neither_shown_nor_listed() -> None:
    bazaar = market()
    with pytest.raises(KeyError):
        bazaar.shown(Sku("C"), 50)
    with pytest.raises(KeyError):
        bazaar.push([(Sku("C"), 1)], 1, action())
