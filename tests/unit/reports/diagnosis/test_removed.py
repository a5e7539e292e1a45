"""Removed subscriptions that nobody noticed, gaps that nobody read, and filters that keep too much back."""

import pytest

from stockstorm.reports.diagnosis import diagnose
from stockstorm.reports.history import History
from stockstorm.reports.result import Check, Diagnosis
from stockstorm.simulator.history import facts as f
from tests.literal_history import (
    SKU,
    delivered,
    ended,
    history,
    ns,
    opened,
    order_event,
    planned,
    probe_done,
    query,
    rest,
    sold,
    stock_event,
    tried,
)

TOPIC = "inventory_levels/update"
WRONG = (Check("drift", "invalid", "at rest 1 listing was wrong"),)


def subscribed(ms: float, number: int, filter_: str = "") -> f.SubscriptionCreated:
    return f.SubscriptionCreated(ns(ms), number, "shopify", TOPIC, "http://me/shop", filter=filter_)


def changed(ms: float, number: int) -> f.AnyFact:
    return f.StockChanged(ns(ms), SKU, 2**53 + 1, 7, number, -1, 10 - number, "sale")


def given_up(ms: float, number: int) -> tuple[f.AnyFact, ...]:
    """A change that was tried twice in vain."""
    attempts = tried(ms, number, 0, 0, "connect_refused"), tried(ms + 500, number, 0, 0, "connect_refused", nth=2)
    told = planned(ms, number, number, TOPIC), *attempts, ended(ms + 500, number, "given_up")
    return changed(ms, number), stock_event(ms, number, number), *told


def unheard(ms: float, number: int) -> tuple[f.AnyFact, ...]:
    return changed(ms, number), stock_event(ms, number, number), f.EventUnheard(ns(ms), number)


def removed(ms: float) -> f.SubscriptionRemoved:
    return f.SubscriptionRemoved(ns(ms), 1, "shopify", TOPIC, by_policy=True)


OUTAGE: tuple[f.AnyFact, ...] = (
    f.FaultStarted(ns(900), "kill_receiver", "receiver"),
    *given_up(1_000, 1),
    removed(1_500),
    f.FaultEnded(ns(2_000), "kill_receiver", "receiver"),
    *unheard(2_500, 2),
)


def run(*facts: f.AnyFact | tuple[f.AnyFact, ...]) -> History:
    ending = (f.LoadStopped(ns(9_000)), rest(9_500), f.RunEnded(ns(9_600), complete=True))
    return history(opened(), subscribed(0, 1), *facts, *ending)


def found_in(run: History, name: str) -> Diagnosis | None:
    return next((each for each in diagnose(run, WRONG)[0] if each.name == name), None)


def test_a_removal_that_nobody_noticed_is_named_with_its_topics() -> None:
    found = found_in(run(OUTAGE, unheard(8_000, 3)), "removal_unnoticed")
    assert found is not None
    assert found.cause == (
        "Shopify removed 1 subscription because deliveries failed, and the subject did not subscribe again"
    )
    assert "2 events of these topics had no subscriber after that" in found.evidence
    assert "1 of 1 removal came of an outage that the scenario planned" in found.evidence
    assert found.explains == ("drift",)


def test_a_load_that_ends_soon_after_the_removal_proves_nothing() -> None:
    assert found_in(run(OUTAGE, unheard(6_000, 3)), "removal_unnoticed") is None


def test_a_gap_that_was_never_read_is_named_with_what_was_lost() -> None:
    history = run(OUTAGE, subscribed(5_000, 2))
    found = found_in(history, "gap_not_reconciled")
    assert found is not None
    assert "subscribed again at 5.000 s" in found.cause
    assert "never read 2 changes of stock (1 SKU) that nobody told it of" in found.cause
    assert found_in(history, "removal_unnoticed") is None


@pytest.mark.parametrize(
    "learned",
    [
        query(6_000, 1, 2),
        (changed(6_000, 3), stock_event(6_000, 3, 3), *delivered(6_000, 3, TOPIC)),
    ],
    ids=["read", "told by a later webhook"],
)
def test_a_gap_that_was_made_good_is_no_cause(learned: tuple[f.AnyFact, ...]) -> None:
    assert found_in(run(OUTAGE, subscribed(5_000, 2), learned), "gap_not_reconciled") is None


def test_a_read_before_the_change_makes_nothing_good() -> None:
    early = run(OUTAGE, subscribed(5_000, 2), query(1_200, 1, 1))
    found = found_in(early, "gap_not_reconciled")
    assert found is not None
    assert "never read 1 change of stock" in found.cause


def test_orders_of_marketplaces_that_were_given_up_and_not_fetched_are_a_gap_too() -> None:
    order = (sold(1_000, 7, "bazaar"), order_event(1_000, 7, 7, "bazaar"))
    attempt = tried(1_000, 7, 0, 0, "connect_refused")
    lost = (planned(1_000, 7, 7), attempt, ended(1_500, 7, "given_up"))
    known = (*query(6_000, 1, 2), probe_done())
    found = found_in(run(OUTAGE, order, lost, subscribed(5_000, 2), known), "gap_not_reconciled")
    assert found is not None
    assert "never read 1 change of orders of the marketplaces that nobody told it of" in found.cause


def test_what_the_subject_wrote_itself_is_no_news_to_it() -> None:
    wrote = f.StockChanged(ns(3_000), SKU, 2**53 + 1, 7, 3, -1, 7, "subject_adjust")
    told = (wrote, stock_event(3_000, 3, 3), f.EventUnheard(ns(3_000), 3))
    found = found_in(run(OUTAGE, told, subscribed(5_000, 2)), "gap_not_reconciled")
    assert found is not None
    assert "never read 2 changes of stock" in found.cause


def withheld(ms: float, number: int) -> tuple[f.AnyFact, ...]:
    return changed(ms, number), stock_event(ms, number, number), f.DeliveryWithheld(ns(ms), number, 1, "filter")


def test_a_filter_that_kept_back_what_was_never_read_is_named() -> None:
    facts = opened(), subscribed(0, 1, "avaliable:<10"), *withheld(1_000, 1), *withheld(2_000, 2)
    ending = rest(9_500), f.RunEnded(ns(9_600), complete=True)
    found = found_in(history(*facts, *ending), "own_filter")
    assert found is not None
    assert found.cause.startswith("the subject's own filter kept back 2 events of inventory_levels/update")
    assert found.evidence[0] == "its filter: avaliable:<10 (of inventory_levels/update)"
    assert found_in(history(*facts, query(3_000, 1, 2), *ending), "own_filter") is None
