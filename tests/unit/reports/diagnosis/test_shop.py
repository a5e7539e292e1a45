"""What diagnoses say of a subject that leaves out, or doubles, some kind of order."""

import pytest

from stockstorm.reports.diagnosis import diagnose
from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
from stockstorm.reports.history import History
from stockstorm.reports.result import Check, Diagnosis
from stockstorm.reports.verdict.judge import judge
from stockstorm.simulator.config import ForgeryKind
from stockstorm.simulator.history import facts as f
from tests.literal_history import ns
from tests.unit.reports.diagnosis.shop import Change, Shop, Times, diagnosed

LEFT_OUT: dict[str, tuple[Times, str]] = {
    "cancellations": (lambda one: 0 if one.kind == "cancelled" else 1, "order.cancelled"),
    "returns": (lambda one: 0 if one.kind == "returned" else 1, "order.returned"),
    "a channel": (lambda one: 0 if one.channel == "mercado" else 1, "mercado"),
    "two lines": (lambda one: 0 if one.twice and one.kind == "sale" else 1, "one SKU on two lines"),
    "a pair": (lambda one: 0 if one.channel == "bazaar" and one.kind == "returned" else 1, "bazaar"),
}


@pytest.mark.parametrize("case", LEFT_OUT)
def test_what_is_left_out_is_named_by_what_all_lost_events_have_in_common(case: str) -> None:
    times, wanted = LEFT_OUT[case]
    found = diagnosed(Shop(times).history())
    lost = found["lost_events"]
    assert wanted in lost.cause
    assert lost.cause.startswith("all ")
    assert ", 0 are " in lost.evidence[0]
    assert "drift" in lost.explains
    assert "webhook w" in lost.evidence[1]


@pytest.mark.parametrize("case", LEFT_OUT)
def test_without_references_the_units_tell_the_same(case: str) -> None:
    times, wanted = LEFT_OUT[case]
    found = diagnosed(Shop(times, named=False).history())
    text = " ".join((found["exact_units"].cause, *found["exact_units"].evidence))
    names = {"order.cancelled": "cancellations", "order.returned": "returns"}
    assert names.get(wanted, wanted) in text
    assert "missing in the master" in found["exact_units"].cause


def test_what_happens_to_an_order_later_can_be_left_out_as_a_whole() -> None:
    """Cancellations and returns alike, as where an order that is known is passed over."""
    found = diagnosed(Shop(lambda one: int(one.kind == "sale"), named=False).history())["exact_units"]
    assert found.cause.startswith("all cancellations and returns of marketplaces are missing in the master")


@pytest.mark.parametrize("named", [True, False])
def test_a_sound_subject_has_no_diagnosis(named: bool) -> None:
    history = Shop(named=named).history()
    result = judge(history)
    assert [check.name for check in result.checks if check.verdict == "invalid"] == []
    assert [each for each in result.diagnoses if each.name in {"lost_events", "applied_twice", "exact_units"}] == []


def test_copies_that_count_twice_are_named() -> None:
    twice = diagnosed(Shop(lambda one: 1 + one.copies).history())["applied_twice"]
    assert "delivered more than once" in twice.cause
    assert ", 0 are " in twice.evidence[0]
    without = diagnosed(Shop(lambda one: 1 + one.copies, named=False).history())["exact_units"]
    assert "count twice" in without.cause


def test_events_that_count_twice_are_compared_with_those_that_do_not_however_many_incidents_are_kept() -> None:
    twice = diagnosed(Shop(lambda one: 1 + (one.kind == "sale"), orders=260).history())["applied_twice"]
    assert twice.cause == "all 260 events that were applied twice are of topic order.created"
    assert ", 0 are " in twice.evidence[0]


def test_a_single_lost_order_is_named_by_its_reference() -> None:
    history = Shop(lambda one: int(one.order != 76), named=False, orders=90).history()
    text = diagnosed(history)["exact_units"]
    assert "1077" in " ".join((text.cause, *text.evidence))


def test_events_that_are_lost_at_random_have_nothing_in_common() -> None:
    history = Shop(lambda one: int(one.order * 7919 % 31 != 0)).history()
    causes = [each.cause for each in diagnose(history, judge(history).checks)[0] if each.name == "lost_events"]
    assert all("all " not in cause for cause in causes)


def test_refused_events_are_compared_with_accepted_ones() -> None:
    def answer(change: Change) -> int:
        return 500 if change.kind == "returned" else 200

    history = Shop(lambda one: int(one.kind != "returned"), answer=answer).history()
    failures = diagnosed(history)["webhook_failures"]
    assert "were answered 500; they are of topic order.returned" in failures.cause
    assert failures.evidence[0].startswith("the service said “no”")


@pytest.mark.parametrize("status", [401, 403])
def test_a_signature_check_that_differs_is_named(status: int) -> None:
    history = Shop(lambda _: 0, answer=lambda _: status).history()
    found = diagnosed(history)
    cause = found["signature_check"].cause
    count = sum(len(each.attempts) for each in history.deliveries.by_id.values())
    assert cause == f"{count} of {count} genuine deliveries were answered {status}: the signature check differs"
    assert "no_call" not in found


def test_a_signature_check_that_differs_for_one_channel_names_it() -> None:
    def answer(change: Change) -> int:
        return 401 if change.channel == "mercado" else 200

    history = Shop(lambda one: int(one.channel != "mercado"), answer=answer).history()
    found = diagnosed(history)["signature_check"]
    assert "from mercado" in found.cause
    assert "X-Marketplace-Signature" in found.remedy
    assert "X-Shopify-Hmac-Sha256" not in found.remedy


def test_refused_calls_are_grouped_by_their_text() -> None:
    shop = Shop(lambda _: 0)
    text = "The @idempotent directive is required for this mutation but was not provided."
    for _ in range(48):
        shop.call("inventoryAdjustQuantities", outcome="error", errors=(text,))
    found = diagnosed(shop.history())["calls_refused"]
    assert found.cause == f"the Admin API refused 48 of 48 inventoryAdjustQuantities: {text}"


def test_calls_that_a_fault_of_the_scenario_refused_are_no_cause() -> None:
    shop = Shop(lambda one: int(one.kind != "returned"))
    for _ in range(200):
        shop.call("inventoryAdjustQuantities", outcome="error", errors=("Internal error",), injected="server_error")
    assert "calls_refused" not in diagnosed(shop.history())


def test_calls_to_what_is_not_played_are_counted_by_path() -> None:
    shop = Shop(lambda _: 0)
    for _ in range(76):
        shop.call("GET /admin/api/2024-10/ordres/{id}.json", outcome="bad_request", status=404, errors=("Not Found",))
    found = diagnosed(shop.history())["not_played"]
    assert found.cause == "76 calls to paths or methods that no played API has"
    assert found.evidence == ("GET /admin/api/2024-10/ordres/{id}.json: 76 calls",)


def test_calls_for_what_shopify_has_and_is_not_played_are_a_cause_and_no_refused_calls() -> None:
    shop = Shop(lambda _: 0)
    for number in range(40):
        name = "endpoint GET price_rules" if number % 4 else "topic carts/create"
        shop.call("REST GET price_rules", outcome="bad_request", status=501, errors=("NOT_PLAYED",), unplayed=(name,))
    history = shop.history()
    causes = diagnosed(history)
    found = causes["not_played"]
    assert found.cause == "40 calls asked for what Shopify has and Stockstorm does not play"
    assert found.evidence == ("the endpoint GET price_rules: 30 calls", "the topic carts/create: 10 calls")
    assert "calls_refused" not in causes
    assert judge(history).notes[0] == (
        "The subject asked for what is not played here: the endpoint GET price_rules (30 calls), the topic "
        "carts/create (10 calls). The results say nothing about that."
    )


def test_an_id_that_a_rest_call_does_not_find_is_no_path_that_nothing_has() -> None:
    shop = Shop(lambda _: 0)
    shop.call("REST GET orders/{id}", outcome="bad_request", status=404, errors=("Not Found",), strangers=("Order/1",))
    causes = diagnosed(shop.history())
    assert "not_played" not in causes
    assert "strange_ids" in causes


def test_rounded_ids_are_told_from_those_of_another_run() -> None:
    shop = Shop(lambda _: 0)
    rounded = int(float(2**53 + 3))
    shop.call(
        "inventoryAdjustQuantities",
        outcome="user_error",
        errors=("not found",),
        strangers=(f"InventoryItem/{rounded}",),
    )
    found = diagnosed(shop.history())["strange_ids"]
    assert "above 2^53 were rounded" in found.cause
    assert "is what" in found.evidence[0]
    shop = Shop(lambda _: 0)
    shop.call("productVariant", strangers=(f"ProductVariant/{2**53 + 8}",))
    assert "above 2^53 were rounded" in diagnosed(shop.history())["strange_ids"].cause
    shop = Shop(lambda _: 0)
    shop.call(
        "inventoryAdjustQuantities", outcome="user_error", errors=("not found",), strangers=("InventoryItem/4711",)
    )
    assert "another run's ids" in diagnosed(shop.history())["strange_ids"].cause


def refusing(*versions: f.VersionAsked) -> Shop:
    shop = Shop(lambda _: 0)
    for _ in range(200):
        shop.call("inventoryAdjustQuantities", outcome="error", errors=("The @idempotent directive is required",))
    shop.facts += versions
    return shop


def test_a_retired_version_that_refuses_is_named_with_the_one_that_answers() -> None:
    old = f.VersionAsked(ns(10), "2026-01", "2026-04")
    found = diagnosed(refusing(old).history())["retired_version"]
    assert "asks for Admin API 2026-01, which is no longer served: 2026-04 answers, and refused 200 of" in found.cause
    assert found.evidence == ("The @idempotent directive is required: 200 calls",)
    current = f.VersionAsked(ns(10), "2026-10", "2026-10")
    assert "retired_version" not in diagnosed(refusing(current).history())
    assert "retired_version" not in diagnosed(refusing(old, current).history())
    quiet = Shop(lambda _: 0)
    quiet.facts.append(old)
    assert "retired_version" not in diagnosed(quiet.history())


def test_a_wrong_token_is_named_for_its_api() -> None:
    shop = Shop(lambda _: 0)
    shop.call("", outcome="denied", status=401, errors=("the header X-Shopify-Access-Token was not sent",))
    found = diagnosed(shop.history())["wrong_token"]
    assert "the Admin API" in found.cause
    assert "the header X-Shopify-Access-Token was not sent" in found.evidence


def test_a_subject_that_calls_nothing_is_told_so() -> None:
    assert "no_call" in diagnosed(Shop(lambda _: 0).history())


def test_writes_that_stop_are_dated() -> None:
    history = Shop(lambda one: int(one.order < 60)).history()
    found = diagnosed(history)["stops"]
    assert "writes to the master and pushes to marketplaces stop at 3." in found.cause or "stop at 4." in found.cause


def test_two_diagnoses_of_the_same_events_name_each_other() -> None:
    class One(Diagnose):
        def __init__(self, name: str, *covers: str) -> None:
            self.name, self.covers = name, frozenset(covers)

        def __call__(self, case: Case) -> list[Found]:
            return [Found(Diagnosis(self.name, "because", ("seen",), "look", ("drift",)), self.covers)]

    checks = (Check("drift", "invalid", "drifted"),)
    history = Shop().history()
    found, _ = diagnose(history, checks, (One("a", "x", "y"), One("b", "y", "x"), One("c", "z")))
    assert [each.fits_too for each in found] == [("b",), ("a",), ()]


def test_a_diagnosis_that_raises_is_left_out_with_a_note() -> None:
    class Broken(Diagnose):
        name = "broken"

        def __call__(self, case: Case) -> list[Found]:
            raise ValueError("oh")

    checks = (Check("drift", "invalid", "drifted"),)
    assert diagnose(Shop().history(), checks, (Broken(),)) == ((), ("the diagnosis broken failed: ValueError: oh",))


def test_a_run_without_a_flaw_is_not_diagnosed() -> None:
    class Never(Diagnose):
        name = "never"

        def __call__(self, case: Case) -> list[Found]:
            raise AssertionError

    checks = (Check("drift", "valid", "right"), Check("oversell", "not_exercised", "none"))
    assert diagnose(History.of([]), checks, (Never(),)) == ((), ())


@pytest.mark.parametrize("passes", [True, False])
def test_genuine_ones_that_fail_and_respelled_ones_that_pass_are_one_cause(passes: bool) -> None:
    """A body that is parsed and serialised before its signature is checked."""
    facts = list(Shop(lambda _: 0, answer=lambda _: 401).history().facts)
    kinds: tuple[ForgeryKind, ...] = ("reserialised", "unsigned", "tampered")
    for number, kind in enumerate(kinds, 90_000):
        taken, at = kind == "reserialised" and passes, facts[-1].at_ns
        facts += [
            f.DeliveryPlanned(at, number, -1, f"w{number}", 1, "order.created", at, forged=kind, source="bazaar"),
            f.AttemptEnded(at, number, 1, at, at, at, at, at, 200 if taken else 401),
            f.DeliveryEnded(at, number, "acknowledged" if taken else "refused"),
        ]
    found = diagnosed(History.of(facts))
    assert ("1 of 1 with a body in another spelling" in found["signature_check"].cause) == passes
    assert ("parsed and serialised again" in found["signature_check"].cause) == passes
    assert ("forged" in found["signature_check"].explains) == passes
    assert "forgeries" not in found
