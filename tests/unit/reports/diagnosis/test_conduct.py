"""Forgeries, subscriptions, and how the subject uses the APIs."""

from typing import cast

import msgspec
import pytest

from stockstorm.reports.diagnosis import diagnose
from stockstorm.reports.history import History
from stockstorm.reports.result import Check, Diagnosis, Incident
from stockstorm.simulator.clock import MILLISECOND_NS
from stockstorm.simulator.config import ForgeryKind, Level
from stockstorm.simulator.history import facts as f
from tests.literal_history import ns, started
from tests.unit.reports.diagnosis.shop import Shop

KINDS = cast(tuple[ForgeryKind, ...], ("unsigned", "wrong_key", "tampered", "hex_digest"))
URI = "http://me:80/in"
CALL = f.ApiCalled(ns(0), 0, "admin", "shop", 200, "ok", ns(0))
SOURCES = ("shopify", "bazaar", "mercado")


def named(history: History, check: str, name: str) -> Diagnosis | None:
    """The diagnosis of that name for a history in which that check is invalid."""
    found, notes = diagnose(history, (Check(check, "invalid", "wrong"),))
    assert notes == ()
    return next((each for each in found if each.name == name), None)


def forged(*accepted: tuple[str, str]) -> History:
    """Each kind once to each source; these (source, kind) pairs are accepted, "*" for any."""
    facts: list[f.AnyFact] = [started()]
    facts += [f.ChannelOpened(ns(-1), name, online=False) for name in SOURCES[1:]]
    for number, (source, kind) in enumerate((source, kind) for source in SOURCES for kind in KINDS):
        taken = any(pair[0] in ("*", source) and pair[1] in ("*", kind) for pair in accepted)
        topic = "orders/create" if source == "shopify" else "order.created"
        at = ns(10 * number)
        facts += [
            f.DeliveryPlanned(at, number, -1, f"w{number}", 1, topic, at, forged=kind, source=source),
            f.AttemptEnded(at + 5, number, 1, at, at, at, at + 5, at, 200 if taken else 401),
            f.DeliveryEnded(at + 5, number, "acknowledged" if taken else "refused"),
        ]
    return History.of(sorted(facts, key=lambda fact: fact.at_ns))


def test_no_check_at_all() -> None:
    found = named(forged(("*", "*")), "forged", "forgeries")
    assert found is not None
    assert found.cause == "12 of 12 forged deliveries were accepted: no signature is checked"


def test_sources_without_a_check() -> None:
    found = named(forged(("bazaar", "*"), ("mercado", "*")), "forged", "forgeries")
    assert found is not None
    assert found.cause.endswith("those from bazaar, mercado pass, those from shopify do not")


def test_kinds_that_pass() -> None:
    found = named(forged(("*", "hex_digest")), "forged", "forgeries")
    assert found is not None
    assert "those signed in hexadecimal pass" in found.cause


def test_a_subject_that_refuses_all_is_not_accused() -> None:
    assert named(forged(), "forged", "forgeries") is None


def unheard(level: Level = "full", topics: tuple[str, ...] = ()) -> History:
    """One topic of seven is subscribed to, and no marketplace."""
    begun = msgspec.structs.replace(started(), level=level, topics=topics)
    opened: list[f.AnyFact] = [f.ChannelOpened(ns(-1), "bazaar", online=False), begun]
    opened.append(f.SubscriptionCreated(ns(0), 1, "shopify", "orders/create", "http://me"))
    opened.append(f.EventFired(ns(1), 0, "e0", "shopify", "inventory_levels/update", sku="", version=1))
    opened.append(f.EventUnheard(ns(1), 0))
    return History.of(opened)


def test_missing_subscriptions_do_not_explain_how_slowly_it_answers_what_it_gets() -> None:
    assert named(unheard(), "ack_time", "few_topics") is None


def test_a_service_that_only_acknowledges_needs_no_further_topics() -> None:
    assert named(unheard("acknowledgement"), "drift", "few_topics") is None


def test_topics_that_nobody_heard() -> None:
    found = named(unheard(), "drift", "few_topics")
    assert found is not None
    assert found.cause.startswith("subscribed to 1 of 7 topics of the shop; no address for the notifications of bazaar")
    assert "1 event of inventory_levels/update of shopify had no subscriber" in found.evidence


def test_topics_that_its_subject_file_leaves_out_are_not_missing() -> None:
    found = named(unheard(topics=("orders/create", "orders/cancelled")), "drift", "few_topics")
    assert found is not None
    assert found.cause.startswith("subscribed to 1 of 3 topics of the shop")
    assert "missing: orders/cancelled, inventory_levels/update" in found.evidence


def test_a_subject_that_repeats_throttled_calls_at_once() -> None:
    def throttled(gap_ms: float) -> Diagnosis | None:
        shop = Shop(orders=5)
        history = shop.history()
        calls = [
            f.ApiCalled(
                ns(gap_ms * n), 10_000 + n, "admin", "inventoryAdjustQuantities", 200, "throttled", ns(gap_ms * n)
            )
            for n in range(200)
        ]
        facts = sorted([*history.facts, *calls], key=lambda fact: fact.at_ns)
        return named(History.of(facts), "retry_discipline", "own_retries")

    at_once = throttled(1.5)
    assert at_once is not None
    assert "repeated after 1.5 ms in the median" in at_once.cause
    assert throttled(400.0) is None


def test_throttled_calls_that_a_fault_of_the_scenario_made_are_repeated_at_once_all_the_same() -> None:
    facts = [*Shop(orders=5).history().facts]
    facts += [
        f.ApiCalled(
            ns(2 * n),
            10_000 + n,
            "admin",
            "inventoryAdjustQuantities",
            200,
            "throttled",
            ns(2 * n),
            injected="throttled",
        )
        for n in range(200)
    ]
    found = named(History.of(facts), "throttling", "own_retries")
    assert found is not None
    assert found.cause.endswith("the service does not wait")
    assert found.explains == ("throttling",)


def answered(took_ms: float, error: f.AttemptError = "", count: int = 60, last_ms: float = 0.0) -> History:
    """Deliveries of one event each, all answered after that time, or failed with that error.

    `last_ms`: what the last third of the answers take, if not the same.
    """
    facts: list[f.AnyFact] = [
        started(),
        f.SubscriptionCreated(ns(0), 1, "shopify", "inventory_levels/update", URI),
        CALL,
    ]
    for number in range(count):
        at = ns(100 * number)
        end = at + round((last_ms if last_ms and number >= count * 2 // 3 else took_ms) * MILLISECOND_NS)
        status = 0 if error else 200
        facts += [
            f.EventFired(at, number, f"e{number}", "shopify", "orders/create"),
            f.DeliveryPlanned(at, number, number, f"w{number}", 1, "orders/create", at),
            f.AttemptEnded(end, number, 1, at, at, at, end if status else 0, at, status, error),
        ]
    return History.of(sorted(facts, key=lambda fact: fact.at_ns))


def test_late_answers_are_a_cause_only_where_they_are_late() -> None:
    slow = named(answered(2_400), "ack_time", "slow_answers")
    assert slow is not None
    assert slow.cause.startswith("an answer takes 2,400 ms in the median")
    assert named(answered(20), "ack_time", "slow_answers") is None
    late = named(answered(5_000, "answer_timeout"), "delivery_success", "slow_answers")
    assert late is not None
    assert late.cause.startswith("60 of 60 attempts were not accepted within 1 s or answered within 5 s")


def test_answers_that_become_late_are_told_to_do_so() -> None:
    slow = named(answered(900, last_ms=3_600), "ack_time", "slow_answers")
    assert slow is not None
    assert "3,600 ms at most, in the last third of the answers 4 times as long as in the first: " in slow.cause
    steady = named(answered(900, last_ms=1_800), "ack_time", "slow_answers")
    assert steady is not None
    assert "in the last third of the answers" not in steady.cause


def test_speed_is_no_cause_where_the_load_generator_was_late() -> None:
    checks = (Check("ack_time", "invalid", "slow"), Check("generator", "unknown", "it was late"))
    assert diagnose(answered(2_400), checks)[0] == ()


def test_an_address_where_nobody_listens() -> None:
    history = answered(1, "connect_refused")
    outage = Incident("unreachable", ns(0), "nobody answered")
    checks = (Check("stability", "unknown", "unreachable", incidents=(outage,), incidents_total=1),)
    (found,) = diagnose(history, checks)[0]
    assert (found.name, found.explains) == ("unreachable", ("stability",))
    assert found.cause == "60 of 60 attempts made no connection to the service: connection refused"
    assert "its addresses: http://me:80/in" in found.evidence


@pytest.mark.parametrize(("error", "word"), [("unknown_host", "resolver"), ("tls_failed", "certificate")])
def test_why_there_was_no_connection_decides_what_to_look_at(error: f.AttemptError, word: str) -> None:
    outage = Incident("unreachable", ns(0), "nobody answered")
    checks = (Check("stability", "unknown", "unreachable", incidents=(outage,), incidents_total=1),)
    (found,) = diagnose(answered(1, error), checks)[0]
    assert word in found.remedy


def test_growth_that_the_trend_found_is_told_with_its_figures() -> None:
    measures = {"trend.sync_latency.growth": 4.25, "trend.ack_time.growth": 1.0}
    checks = (Check("trend", "invalid", "sync latency grew", measures),)
    (found,) = diagnose(answered(20), checks)[0]
    assert found.name == "growth"
    assert "sync latency is 4.2 times as long" in found.cause
    assert "ack time" not in found.cause


def test_memory_that_grows_is_told_for_its_process_alone() -> None:
    samples: list[f.AnyFact] = [started(), CALL]
    for number in range(30):
        for process, rss in (("worker", 80 + 6 * number), ("receiver", 80), ("generator", 80 + 9 * number)):
            samples.append(f.ResourcesSampled(ns(300 * number), process, 0, rss * 1024**2))
    memory, late = Check("memory", "invalid", "memory grew"), Check("generator", "unknown", "it was late")
    for checks in ((memory,), (memory, late)):
        found = diagnose(History.of(samples), checks)[0]
        assert [each.cause.split(" grows")[0] for each in found if each.name == "growth"] == ["the memory of worker"]
