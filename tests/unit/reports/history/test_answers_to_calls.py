"""Webhooks that only tell a subject of its own calls are no loss where its probe does not know them."""

import pytest

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
