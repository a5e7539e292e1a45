"""Webhooks that only tell a subject of its own calls are no loss where its probe does not know them."""

import pytest

from stockstorm.reports.checkers.unheard import Unheard
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.model import CALL_TOPICS, SHOPIFY
from tests.literal_history import delivered, history, ns, opened, probe_done


def effect(topic: str, order: int = -1, sku: str = "") -> str:
    """What is said of an acknowledged event that the subject's probe does not know."""
    fired = f.EventFired(ns(100), 0, "e", SHOPIFY, topic, order, sku)
    (found,) = history(
        opened(), fired, delivered(100, 0, topic), f.QuietReached(ns(900), True, 0), probe_done()
    ).classified
    return found.effect


@pytest.mark.parametrize("topic", [*CALL_TOPICS, "orders/create", "orders/cancelled", "refunds/create"])
def test_news_of_the_subjects_own_calls_is_not_judged(topic: str) -> None:
    assert effect(topic) == "not_judged"


@pytest.mark.parametrize("topic", ["orders/create", "orders/cancelled", "refunds/create"])
def test_news_of_a_buyers_order_is_still_judged(topic: str) -> None:
    assert effect(topic, order=0) == "none"


def test_news_of_stock_is_still_judged() -> None:
    assert effect("products/update", sku="MUG") == "none"


def test_two_orders_of_the_subject_do_not_wait_for_each_other() -> None:
    first, second = (f.EventFired(ns(100 + n), n, f"e{n}", SHOPIFY, "orders/create") for n in range(2))
    probes = (f.EffectProbed(ns(9_000), "w0", "dead_lettered", 0), f.EffectProbed(ns(9_000), "w1", "applied", 1))
    deliveries = (*delivered(100, 0, "orders/create"), *delivered(101, 1, "orders/create"))
    found = history(opened(), first, second, deliveries, f.QuietReached(ns(900), True, 0), probes, probe_done())
    waiting = found.head_of_line
    assert (waiting.dead_lettered, waiting.longest_ns, waiting.undated) == (1, None, 0)


def test_a_topic_that_only_the_subject_fires_is_not_missed() -> None:
    sold = f.EventFired(ns(100), 0, "e0", "bazaar", "order.created", 0)
    own = f.EventFired(ns(101), 1, "e1", SHOPIFY, "orders/create")
    unheard = f.EventUnheard(ns(101), 1)
    check = Unheard()(history(opened(), sold, own, unheard, delivered(100, 0), f.QuietReached(ns(900), True, 0)))
    assert check.measures["unheard.events"] == 0
