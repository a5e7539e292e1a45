"""Events that nobody was subscribed to, and that the subject did not read either, are missed."""

import msgspec
import pytest

from stockstorm.reports.checkers import NOT_ASKED, check_all
from stockstorm.reports.checkers.unheard import Unheard
from stockstorm.reports.diagnosis import diagnose
from stockstorm.reports.diagnosis.not_played import nowhere
from stockstorm.reports.result import Check
from stockstorm.simulator.history import facts as f
from tests.literal_history import delivered, history, ns, opened, order_event, rest, sold, started, stock_event, version
from tests.outages import in_scenario


def judged(*facts: f.AnyFact | tuple[f.AnyFact, ...]) -> Check:
    return check_all(history(opened(), *facts, rest(9_000)), (Unheard(),))[0]


def order(number: int) -> tuple[f.AnyFact, ...]:
    return (sold(number, number, "bazaar"), order_event(number, number, number, "bazaar"))


def test_events_with_a_subscription_were_heard() -> None:
    found = judged(order(1), *delivered(1, 1))
    assert (found.verdict, found.exposure) == ("valid", {"main topics that fired": 1})


def test_a_marketplace_order_that_was_neither_heard_nor_read_is_missed() -> None:
    found = judged(order(1), order(2), f.EventUnheard(ns(1), 1), f.EventUnheard(ns(2), 2))
    assert (found.verdict, found.measures["unheard.missed"], found.incidents_total) == ("invalid", 2, 1)
    assert found.reason == ("nobody was subscribed to order.created of bazaar (2), and 2 events were not read either")


def test_a_marketplace_order_that_was_read_is_not_missed() -> None:
    shown = f.OrdersShown(ns(500), 1, "bazaar", (1,))
    found = judged(order(1), f.EventUnheard(ns(1), 1), shown)
    assert (found.verdict, found.measures["unheard.missed"]) == ("valid", 0)
    assert "1 event of marketplaces was read by the subject itself" in found.reason


def test_a_restock_that_no_later_notification_or_answer_shows_is_missed() -> None:
    restocked = (version(1, 1, 5, 15, "restock"), stock_event(1, 1, 1), f.EventUnheard(ns(1), 1))
    assert judged(*restocked).verdict == "invalid"
    later = (version(50, 2, -1, 14), stock_event(50, 2, 2), *delivered(50, 2, "inventory_levels/update"))
    assert judged(*restocked, *later).verdict == "unknown"
    assert judged(*restocked, f.StockShown(ns(80), 1, ("MUG",), (1,))).verdict == "unknown"


def test_a_topic_that_a_subject_may_do_without_is_named_and_unknown() -> None:
    found = judged(
        order(1), *delivered(1, 1), f.EventFired(ns(5), 7, "e7", "shopify", "orders/paid", 1), f.EventUnheard(ns(5), 7)
    )
    assert (found.verdict, found.reason) == (
        "unknown",
        "nobody was subscribed to orders/paid of the shop (1); whether the subject needs them is not known",
    )


def test_a_topic_that_the_subject_s_file_leaves_out_is_of_no_use_to_it() -> None:
    paid = (f.EventFired(ns(5), 7, "e7", "shopify", "orders/paid", 1), f.EventUnheard(ns(5), 7))
    listing = msgspec.structs.replace(started(), topics=("orders/create", "inventory_levels/update"))
    facts = (listing, opened(), *order(1), *delivered(1, 1), *paid, rest(9_000))
    found = check_all(history(*facts), (Unheard(),))[0]
    assert (found.verdict, found.incidents_total, found.reason) == (
        "valid",
        0,
        (
            "each of 1 event of the main topics had a subscription; 1 event is of topics that its file leaves out "
            "(2 main topics that fired)"
        ),
    )


def test_a_restock_that_is_not_read_is_missed_although_the_subject_s_file_leaves_its_topic_out() -> None:
    listing = msgspec.structs.replace(started(), topics=("orders/create",))
    restocked = (version(1, 1, 5, 15, "restock"), stock_event(1, 1, 1), f.EventUnheard(ns(1), 1))
    found = check_all(history(listing, opened(), *restocked, rest(9_000)), (Unheard(),))[0]
    assert (found.verdict, found.measures["unheard.missed"]) == ("invalid", 1)


def test_topics_beside_the_main_ones_do_not_count() -> None:
    edited = f.EventFired(ns(5), 7, "e7", "shopify", "products/update")
    assert judged(order(1), *delivered(1, 1), edited, f.EventUnheard(ns(5), 7)).verdict == "valid"


def test_a_subject_that_polls_asked_for_none() -> None:
    polled = msgspec.structs.replace(started(), polls=True)
    found = check_all(history(polled, *order(1), f.EventUnheard(ns(1), 1)), (Unheard(),))[0]
    assert (found.verdict, found.notes) == ("not_exercised", (NOT_ASKED,))


def kept_back(ms: float, event: int, why: f.WithheldFor = "filter") -> tuple[f.AnyFact, ...]:
    """A restock of which the only subscription did not want to hear."""
    restocked = version(ms, event, 5, 10 + 5 * event, "restock"), stock_event(ms, event, event)
    return *restocked, f.DeliveryWithheld(ns(ms), event, 1, why)


def test_a_filter_that_lets_nothing_through_is_as_no_subscription() -> None:
    found = judged(kept_back(1, 1), kept_back(2, 2))
    assert (found.verdict, found.measures["unheard.missed"], found.measures["unheard.withheld"]) == ("invalid", 2, 2)
    assert found.reason.endswith("; what the subject had asked for kept back 2 events")


def test_a_filter_that_keeps_some_back_is_the_subject_s_choice() -> None:
    found = judged(kept_back(1, 1), stock_event(2, 2, 2), *delivered(2, 2, "inventory_levels/update"))
    assert (found.verdict, found.measures["unheard.events"], found.measures["unheard.withheld"]) == ("valid", 0, 1)


def test_an_unchanged_payload_was_heard_before() -> None:
    assert judged(kept_back(1, 1, "unchanged")).verdict == "valid"


POLLED = {"channels": [{"name": "online"}, {"name": "bazaar", "tells": "feed"}, {"name": "mercado"}]}


@pytest.mark.parametrize(("read_ms", "verdict", "missed"), [(500, "valid", 0), (None, "invalid", 1)])
def test_what_a_marketplace_tells_by_its_feed_alone_must_be_read(
    read_ms: int | None, verdict: str, missed: int
) -> None:
    read = [] if read_ms is None else [f.OrdersShown(ns(read_ms), 1, "bazaar", (1,))]
    facts = in_scenario(order(1), f.EventUnheard(ns(1), 1), *read, rest(9_000), **POLLED)
    found = check_all(facts, (Unheard(),))[0]
    assert (found.verdict, found.measures["unheard.missed"]) == (verdict, missed)


def test_a_marketplace_without_notifications_or_without_a_feed_says_so_and_that_is_no_cause() -> None:
    asked = [
        f.ApiCalled(ns(at), at, "bazaar", operation, 404, "bad_request", ns(at), errors=("bazaar notifies nobody",))
        for at, operation in ((1, "PUT notifications"), (2, "GET orders"))
    ]
    calls = [each for each in asked if isinstance(each, f.ApiCalled)]
    assert not any(nowhere(call) for call in calls)
    facts = in_scenario(order(2), f.EventUnheard(ns(2), 2), *asked, rest(9_000), **POLLED)
    checks = check_all(facts, (Unheard(),))
    found = {each.name: each.cause for each in diagnose(facts, checks)[0]}
    assert found.keys().isdisjoint({"not_played", "calls_refused"})
    assert found["few_topics"].endswith("no address for the notifications of mercado")
