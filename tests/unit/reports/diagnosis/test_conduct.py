"""Forgeries, subscriptions, and how the subject uses the APIs."""

from typing import cast

from stockstorm.reports.diagnosis import diagnose
from stockstorm.reports.history import History
from stockstorm.reports.result import Check, Diagnosis
from stockstorm.simulator.config import ForgeryKind
from stockstorm.simulator.history import facts as f
from tests.literal_history import ns, started
from tests.unit.reports.diagnosis.shop import Shop

KINDS = cast(tuple[ForgeryKind, ...], ("unsigned", "wrong_key", "tampered", "hex_digest"))
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


def test_topics_that_nobody_heard() -> None:
    opened: list[f.AnyFact] = [f.ChannelOpened(ns(-1), "bazaar", online=False), started()]
    opened.append(f.SubscriptionCreated(ns(0), 1, "shopify", "orders/create", "http://me"))
    opened.append(f.EventFired(ns(1), 0, "e0", "shopify", "inventory_levels/update", sku="", version=1))
    opened.append(f.EventUnheard(ns(1), 0))
    found = named(History.of(opened), "drift", "few_topics")
    assert found is not None
    assert found.cause.startswith("subscribed to 1 of 7 topics of the shop; no address for the notifications of bazaar")
    assert "1 event of inventory_levels/update of shopify had no subscriber" in found.evidence


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
