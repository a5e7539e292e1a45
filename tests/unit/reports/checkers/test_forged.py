"""Forged deliveries are refused and have no effect."""

import pytest

from stockstorm.reports.checkers.forged import LABELS, Forged
from stockstorm.reports.diagnosis.case import Case
from stockstorm.reports.diagnosis.forgeries import Forgeries
from stockstorm.reports.result import Check, Incident
from stockstorm.simulator.config import ForgeryKind
from stockstorm.simulator.delivery.forgery import JUDGED_BY_EFFECT, KINDS
from stockstorm.simulator.history import facts as f
from tests.literal_history import (
    delivered,
    effect,
    ended,
    history,
    ns,
    opened,
    planned,
    pushed,
    recorded,
    tried,
    without_text,
)


def details(forgery: ForgeryKind, webhook_id: str = "w0", claim: str = "", source: str = "") -> dict[str, str]:
    topic = "order.created"
    return {"forgery": forgery, "topic": topic, "source": source, "webhook_id": webhook_id, "claim": claim}


def attack(
    delivery: int,
    forged: ForgeryKind,
    outcome: f.DeliveryOutcome = "refused",
    *,
    topic: str = "order.created",
    source: str = "bazaar",
    claim: str = "",
) -> tuple[f.AnyFact, ...]:
    """A forged delivery of a newer history, which tells source and claim."""
    plan = f.DeliveryPlanned(
        ns(delivery), delivery, -1, f"w{delivery}", 1, topic, ns(delivery), forged=forged, source=source, claim=claim
    )
    return (
        plan,
        tried(delivery, delivery, 1, 200 if outcome == "acknowledged" else 401),
        ended(delivery + 1, delivery, outcome),
    )


def test_without_deliveries_nothing_is_known_about_forgeries() -> None:
    found = Forged()(history(opened()))
    assert (found.verdict, found.measures) == ("unknown", {})


@pytest.mark.parametrize(("status", "topic", "noted"), [
    (400, "customers/redact", True), (401, "customers/redact", False), (400, "orders/create", False),
])  # fmt: skip
def test_a_forgery_about_privacy_that_is_not_answered_401_is_noted(status: int, topic: str, noted: bool) -> None:
    plan = f.DeliveryPlanned(ns(1), 1, -1, "w1", 1, topic, ns(1), forged="tampered", source="shopify")
    found = Forged()(history(opened(), plan, tried(1, 1, 1, status), ended(2, 1, "refused")))
    assert found.verdict == "valid"
    assert bool(found.notes) is noted
    assert not noted or found.notes == (
        "1 forged webhook for privacy refused, 1 with 400; Shopify's review of an app asks for 401",
    )


def test_a_refused_forged_delivery_is_valid() -> None:
    found = Forged()(
        history(opened(), planned(0, 0, -1, forged="tampered"), tried(0, 0, 5, 401), ended(5, 0, "refused"))
    )
    assert (found.verdict, found.measures) == (
        "valid",
        {"forged.sent": 1.0, "forged.accepted": 0.0, "forged.unanswered": 0.0},
    )


def test_a_forged_delivery_that_was_acknowledged_is_accepted() -> None:
    found = Forged()(history(opened(), planned(0, 0, -1, forged="tampered"), tried(0, 0), ended(5, 0)))
    assert found == Check(
        name="forged",
        verdict="invalid",
        reason="1 of 1 forged was accepted: only tampered of order.created",
        measures={"forged.sent": 1.0, "forged.accepted": 1.0, "forged.unanswered": 0.0},
        incidents=(
            Incident(
                kind="forged_accepted",
                at_ns=ns(5),
                text=("A forged delivery, tampered, of order.created, webhook id w0: it was acknowledged, at 0.005 s"),
                details=details("tampered"),
                deliveries=(0,),
            ),
        ),
        incidents_total=1,
    )


def test_a_forged_delivery_without_an_answer_leaves_it_unknown() -> None:
    found = Forged()(
        history(
            opened(),
            planned(0, 0, -1, forged="tampered"),
            tried(0, 0, 5_000, 0, "answer_timeout"),
            ended(5_000, 0, "given_up"),
        )
    )
    assert (found.verdict, found.measures) == (
        "unknown",
        {"forged.sent": 1.0, "forged.accepted": 0.0, "forged.unanswered": 1.0},
    )


def test_a_refused_forgery_that_was_processed_all_the_same_counts_as_accepted() -> None:
    found = Forged()(
        history(
            opened(),
            delivered(0, 0),
            planned(0, 1, -1, forged="wrong_key"),
            ended(5, 1, "refused"),
            effect(0, "applied", 1),
            effect(1, "applied", 1),
        )
    )
    assert (found.verdict, found.measures) == (
        "invalid",
        {"forged.sent": 1.0, "forged.accepted": 1.0, "forged.unanswered": 0.0},
    )
    assert [without_text(incident) for incident in found.incidents] == [
        Incident(kind="forged_accepted", at_ns=ns(5), text="", details=details("wrong_key", "w1"), deliveries=(1,))
    ]


def forgeries(*statuses: int) -> tuple[f.AnyFact, ...]:
    """One forged delivery a second, answered so; 0: its connection was refused."""
    facts: list[f.AnyFact] = []
    for n, status in enumerate(statuses):
        at = 1_000 * n
        outcome: f.DeliveryOutcome = "refused" if 400 <= status < 500 else "given_up"
        error: f.AttemptError = "" if status else "connect_refused"
        facts += [planned(at, n, -1, forged="unsigned"), tried(at, n, 5, status, error), ended(at + 5, n, outcome)]
    return tuple(facts)


@pytest.mark.parametrize("status", [0, 500, 503])
def test_a_forged_delivery_that_failed_like_a_genuine_one_was_not_refused(status: int) -> None:
    found = Forged()(history(opened(), forgeries(401, *[status] * 9)))
    assert (found.verdict, found.reason) == ("unknown", "1 of 10 forged was refused, 9 failed or got no answer")
    assert found.measures == {"forged.sent": 10.0, "forged.accepted": 0.0, "forged.unanswered": 9.0}


def test_a_forged_delivery_during_a_fault_is_not_counted_if_others_were_refused() -> None:
    fault = (f.FaultStarted(ns(900), "kill_receiver", "receiver"), f.FaultEnded(ns(1_500), "kill_receiver", "receiver"))
    found = Forged()(history(opened(), fault, forgeries(401, 0, 403)))
    assert (found.verdict, found.reason) == ("valid", "all of 2 forged were refused, apart from 1 sent during a fault")
    nothing_else = Forged()(history(opened(), f.FaultStarted(ns(0), "kill_receiver", "receiver"), forgeries(0)))
    assert nothing_else.verdict == "unknown"


# -- by kind, topic and source ------------------------------------------------------------------------------------


def test_the_exposure_counts_kinds_and_topics() -> None:
    sent = history(
        opened(),
        attack(0, "unsigned"),
        attack(1, "unsigned", topic="orders/create", source="shopify"),
        attack(2, "prefix", source="mercado"),
    )
    assert Forged().exposure(sent) == {
        "unsigned": 2,
        "with a signature of which only the first half is right": 1,
        "of order.created from bazaar": 1,
        "of orders/create": 1,
        "of order.created from mercado": 1,
    }
    assert Forged().exposure(history(opened())) == {"forged deliveries": 0}


def test_every_kind_has_a_label() -> None:
    assert set(LABELS) == set(KINDS)


def test_a_subject_that_checks_signatures_on_one_topic_alone_is_told_which_topics_it_does_not() -> None:
    found = Forged()(
        history(
            opened(),
            attack(0, "unsigned", topic="inventory_levels/update", source="shopify"),
            attack(1, "unsigned", "acknowledged"),
            attack(2, "wrong_key", "acknowledged"),
        )
    )
    assert (found.verdict, found.reason) == (
        "invalid",
        "2 of 3 forged were accepted: unsigned, wrong_key of order.created",
    )
    assert {incident.channel for incident in found.incidents} == {"bazaar"}


# -- by effect ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(JUDGED_BY_EFFECT))
@pytest.mark.parametrize("outcome", ["acknowledged", "refused", "given_up"])
def test_what_has_a_valid_signature_may_be_answered_in_any_way(kind: ForgeryKind, outcome: f.DeliveryOutcome) -> None:
    probed = effect(1, "applied" if kind == "replayed" else "superseded", 1)
    found = Forged()(history(opened(), attack(0, "unsigned"), attack(1, kind, outcome), probed))
    assert (found.verdict, found.reason) == (
        "valid",
        "all of 1 forged was refused; 1 with a valid signature is judged by effect",
    )
    assert found.measures == {"forged.sent": 2.0, "forged.accepted": 0.0, "forged.unanswered": 0.0}


def test_what_is_for_another_shop_and_was_applied_by_its_own_word_is_an_effect() -> None:
    found = Forged()(history(opened(), attack(0, "unsigned"), attack(1, "other_shop"), effect(1, "applied", 1)))
    assert found.verdict == "invalid"
    assert "the subject reports that it applied it to this shop" in found.incidents[0].text


def test_a_forged_order_in_the_master_is_an_effect_whatever_the_answer_was() -> None:
    claim = "bazaar-2000000077"
    for kind in ("other_shop", "wrong_key"):
        found = Forged()(
            history(
                opened(), attack(0, "unsigned"), attack(1, kind, claim=claim), recorded(9, 1, -7, 3, f"bazaar:{claim}")
            )
        )
        assert (found.verdict, found.reason) == (
            "invalid",
            f"1 of 2 forged was accepted: only {kind} of order.created",
        )
        assert f"the master names its order {claim}" in found.incidents[0].text


def test_a_longer_or_shorter_reference_is_another_order() -> None:
    write = recorded(9, 1, -7, 3, "bazaar:bazaar-20000000771")
    found = Forged()(history(opened(), attack(1, "unsigned", claim="bazaar-2000000077"), write))
    assert found.verdict == "valid"


@pytest.mark.parametrize(("listed", "verdict"), [(3_000_010, "invalid"), (3_000_003, "invalid"), (10, "valid")])
def test_a_listing_that_shows_a_claimed_quantity_is_an_effect(listed: int, verdict: str) -> None:
    """A subject may hold some units back from what it was told."""
    forged = attack(1, "unsigned", topic="inventory_levels/update", source="shopify", claim="3000010")
    found = Forged()(history(opened(), forged, pushed(9, "bazaar", listed)))
    assert found.verdict == verdict


def test_what_is_judged_by_effect_is_no_evidence_against_the_signature_check() -> None:
    sound = history(opened(), attack(0, "unsigned"), attack(1, "replayed", "acknowledged"))
    flawed = history(opened(), attack(0, "unsigned", "acknowledged"), attack(1, "other_shop", "refused"))
    assert list(Forgeries()(Case(sound, (Forged()(sound),)))) == []
    (found,) = Forgeries()(Case(flawed, (Forged()(flawed),)))
    assert found.diagnosis.cause.startswith("1 of 1 forged deliveries was accepted")


def test_where_everything_comes_over_a_bus_nothing_can_be_forged_and_no_promise_is_broken() -> None:
    arn = "arn:aws:events:us-east-1::event-source/aws.partner/shopify.com/1/source"

    def judged(*uris: str) -> str:
        subscriptions = tuple(f.SubscriptionCreated(ns(-1), n, "bazaar", "*", uri) for n, uri in enumerate(uris, 2))
        return Forged()(history(*opened()[:1], subscriptions, delivered(0, 0))).verdict

    assert judged(arn, "pubsub://project:topic") == "not_exercised"
    assert judged(arn, "http://127.0.0.1/hooks") == "valid"  # and what the scenario promises decides


def test_a_topic_that_is_refused_whoever_sent_it_tests_no_signature() -> None:
    """A service without an endpoint for privacy answers 404 to genuine requests and to forged ones."""
    topic = "customers/redact"
    genuine = (planned(0, 0, -1, topic), tried(0, 0, 1, 404), ended(900, 0, "pending"))
    plan = f.DeliveryPlanned(ns(1), 1, -1, "w1", 1, topic, ns(1), forged="tampered", source="shopify")
    forged = (plan, tried(1, 1, 1, 404), ended(2, 1, "refused"))
    alone = history(opened(), genuine, forged)
    found = Forged()(alone)
    assert (found.verdict, found.reason) == (
        "not_exercised",
        "all of 1 forged was refused; so was every genuine delivery of their topics, which tests no signature",
    )
    assert "not exercised, because every genuine delivery was refused as well: customers/redact (404)" in found.notes
    assert Forged().exposure(alone) == {"forged deliveries": 0}
    others = history(opened(), genuine, forged, attack(2, "unsigned"), delivered(3, 3))
    assert Forged()(others).verdict == "valid"
    assert Forged().exposure(others) == {"unsigned": 1, "of order.created from bazaar": 1}
    taken = history(opened(), planned(0, 0, -1, topic), tried(0, 0, 1, 200), ended(1, 0), forged)
    assert Forged()(taken).verdict == "valid"


def test_no_run_waits_for_the_next_try_of_a_request_for_privacy() -> None:
    topic = "customers/redact"
    event = f.EventFired(ns(0), 0, "e0", "shopify", topic)
    facts = (tried(0, 0, 1, 404), ended(900, 0, "pending"), f.QuietReached(ns(900), quiet=True, waited_ns=0))
    found = history(opened(), event, planned(0, 0, 0, topic), *facts)
    assert (found.rest.why_not, found.pending.events) == ("", 0)
