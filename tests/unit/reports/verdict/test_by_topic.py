"""What became of each topic, of a run of few events."""

from stockstorm.reports.formats import answers_text, effects_text
from stockstorm.reports.result import TopicOutcome
from stockstorm.reports.verdict.by_topic import EVENTS_MAX, by_topic
from stockstorm.simulator.history import facts as f
from tests.literal_history import delivered, ended, history, ns, opened, order_event, planned, recorded, sold, tried


def test_answers_and_effects_stand_by_topic_and_the_shop_comes_first() -> None:
    found = by_topic(
        history(
            opened(),
            sold(10, 1, "bazaar"),
            order_event(10, 0, 1, "bazaar"),
            planned(10, 0, 0),
            tried(10, 0, status=503, nth=1),
            tried(60, 0, nth=2),
            ended(65, 0),
            recorded(80, 1, -1, 9, "bazaar:1"),
            f.EventFired(ns(90), 1, "e1", "shopify", "customers/redact"),
            delivered(90, 1, "customers/redact"),
        )
    )
    assert [(one.source, one.topic, one.events, one.answers) for one in found] == [
        ("shopify", "customers/redact", 1, {"200": 1}),
        ("bazaar", "order.created", 1, {"200": 1, "503": 1}),
    ]
    assert all(sum(one.effects.values()) == one.events for one in found)


def test_an_event_that_nobody_is_subscribed_to_says_so() -> None:
    (one,) = by_topic(
        history(opened(), f.EventFired(ns(5), 0, "e0", "shopify", "orders/paid"), f.EventUnheard(ns(5), 0))
    )
    assert one.answers == {"not subscribed to": 1}


def test_a_run_of_many_events_or_of_none_has_no_rows() -> None:
    many = [f.EventFired(ns(5), n, f"e{n}", "shopify", "products/update") for n in range(EVENTS_MAX + 1)]
    assert (by_topic(history(opened())), by_topic(history(opened(), *many))) == ((), ())


def test_a_row_in_words() -> None:
    row = TopicOutcome("bazaar", "order.created", 4, {"200": 3, "timeout": 1}, {"none": 1, "once": 3})
    assert answers_text(row) == "200 (3 times), timeout"
    assert effects_text(row) == "1 none seen, 3 seen once"
    assert effects_text(TopicOutcome("shopify", "customers/redact", 2, {}, {"not_judged": 2})) == "none to be seen"
