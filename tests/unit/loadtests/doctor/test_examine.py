"""What the answers of a service mean: each mistake is named with a remedy, and a sound service has none."""

import pytest

from stockstorm.loadtests.doctor.examine import Finding, Sent, Visit, examine
from stockstorm.loadtests.https.told import BROKEN_OFF
from stockstorm.loadtests.serve.told import Heard, Told, ToldCall
from stockstorm.loadtests.subjects import SHOP_TOPICS

FORGED = ("wrong_key", "unsigned", "empty_signature")


def told(topic: str = "orders/create", *statuses: int, text: str = "") -> Told:
    tries = tuple((status, text or f"{status} after 1.0 ms", "") for status in statuses)
    return Told(topic, "id", "", "http://127.0.0.1/", "", "{}", tries, "")


def visit(
    *, genuine: int = 200, forged: int = 401, second: int = 200, odd: int = 200, **fields: object
) -> list[Finding]:
    sent = [Sent("genuine", told("orders/create", genuine)), Sent("duplicate", told("products/update", 200, second))]
    sent += [Sent(kind, told("orders/create", forged)) for kind in FORGED]
    sent.append(Sent("unknown topic", told("themes/publish", odd)))
    heard = [Heard("shopify", topic, "u", by_api=True) for topic in SHOP_TOPICS]
    heard.append(Heard("bazaar", "*", "u", by_api=True))
    calls = (ToldCall("admin", "productVariants", 200, "ok", ""),)
    given: dict[str, object] = {"sent": tuple(sent), "heard": tuple(heard), "calls": calls, "marketplaces": ("bazaar",)}
    given |= {"clock_s": 0.2, "level": "full", "probes": ("effects",), "refused_topics": ()}
    return examine(Visit(**{**given, **fields}))  # type: ignore[arg-type]  # what a test gives


def bad(findings: list[Finding]) -> dict[str, str]:
    return {one.name: one.found for one in findings if one.mark == "bad"}


def test_a_sound_service_has_nothing_to_mend() -> None:
    findings = visit()
    assert bad(findings) == {}
    assert {one.mark for one in findings} == {"good"}


def test_each_kind_of_forgery_that_is_taken_is_named_with_its_topic() -> None:
    found = bad(visit(forged=200))
    assert len(found) == len(FORGED)
    assert set(found.values()) == {"1 of 1 taken: orders/create"}


def test_a_service_that_refuses_everything_has_one_cause_and_is_not_praised_for_refusing_forgeries() -> None:
    findings = visit(genuine=401)
    assert list(bad(findings)) == ["genuine webhooks"]
    assert "signature check differs" in findings[0].remedy
    assert next(one for one in findings if one.name == "forged webhooks").mark == "note"


def test_a_duplicate_that_is_refused_is_named() -> None:
    assert bad(visit(second=409))["duplicates"].endswith("409 after 1.0 ms")


def test_a_crash_for_an_unknown_topic_is_named_and_a_refusal_is_not() -> None:
    assert "a topic that nobody expects" in bad(visit(odd=500))
    assert bad(visit(odd=404)) == {}


@pytest.mark.parametrize(("status", "outcome"), [(401, "denied"), (200, "user_error"), (429, "throttled")])
def test_a_refused_call_is_named_with_status_and_text(status: int, outcome: str) -> None:
    found = bad(visit(calls=(ToldCall("admin", "inventoryAdjustQuantities", status, outcome, "it is missing"),)))
    assert f"inventoryAdjustQuantities: HTTP {status} it is missing" in found["calls of the APIs"]


def test_topics_that_its_scopes_hide_are_named() -> None:
    assert "orders/create" in bad(visit(refused_topics=("orders/create",)))["scopes"]


def test_missing_subscriptions_are_noted_and_not_held_against_it() -> None:
    findings = visit(heard=(Heard("shopify", "orders/create", "u", by_api=True),))
    noted = {one.name: one.found for one in findings if one.mark == "note"}
    assert noted["subscriptions at the shop"].startswith("1 of 7; not inventory_levels/update")
    assert noted["marketplaces"] == "no webhook registered at bazaar"
    assert bad(findings) == {}


def test_an_acknowledging_service_is_not_asked_for_subscriptions() -> None:
    findings = visit(level="acknowledgement", heard=(), calls=())
    assert not [one for one in findings if one.name.startswith("subscriptions")]
    assert bad(findings) == {}


def test_a_clock_that_is_wrong_is_named() -> None:
    assert bad(visit(clock_s=-120.0))["clock"].startswith("120 s behind")


def test_calls_by_rest_are_told_and_are_nothing_wrong() -> None:
    found = {one.name: one for one in visit(calls=(ToldCall("admin", "REST GET variants", 200, "ok", ""),))}
    assert (found["REST"].mark, found["REST"].found.startswith("1 call of the REST Admin API")) == ("note", True)
    assert found["calls of the APIs"].mark == "good"
    assert "REST" not in {one.name for one in visit()}


def test_a_service_that_fails_is_told_with_the_error_in_its_log() -> None:
    log = ("Traceback (most recent call last):", "KeyError: 'CLIENT_SECRET'", "INFO: 127.0.0.1 POST /webhooks 500")
    assert visit(genuine=500, log=log)[0].remedy == "its log names an error: KeyError: 'CLIENT_SECRET'"
    assert visit(genuine=500, log=("INFO: started, no errors",))[0].remedy.startswith("read its log")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("<!doctype html>\n<title>401 Unauthorized</title>\n<h1>Unauthorized</h1>", " (401 Unauthorized)"),
        ("<html>Go away", ""),
        ('{"detail": "no"}', ' ({"detail": "no"})'),
    ],
)
def test_of_a_page_in_html_the_title_is_shown(said: str, shown: str) -> None:
    answer = Told("orders/create", "id", "", "http://127.0.0.1/", "", "{}", ((401, "401 after 1.0 ms", said),), "")
    findings = visit(sent=(Sent("genuine", told("orders/create", 200)), Sent("unsigned", answer)))
    refused = next(one for one in findings if one.name == "webhooks without a signature")
    assert refused.found == f"1 webhook refused: 401 after 1.0 ms{shown}"


def test_a_client_that_does_not_trust_the_authority_is_told_apart_from_one_that_calls_nothing() -> None:
    refused = "refused queue.example:443: the proxy leads to the shop only"
    findings = visit(https=(f"{BROKEN_OFF}: TLSV1_ALERT_UNKNOWN_CA", refused), calls=())
    assert bad(findings) == {"HTTPS": f"{BROKEN_OFF}: TLSV1_ALERT_UNKNOWN_CA"}
    assert [one.remedy for one in findings if one.name == "HTTPS" and "NO_PROXY" in one.remedy]
    assert [one.found for one in findings if one.name == "HTTPS" and one.mark == "note"] == [refused]
