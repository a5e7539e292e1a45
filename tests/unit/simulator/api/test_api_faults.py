"""API faults: which calls are hit, what each variant does at both APIs, and what the history says of it."""

from collections.abc import Callable
from typing import Any, get_args

import msgspec
import pytest

from stockstorm.simulator.api.exchange import ApiReply, ApiRequest
from stockstorm.simulator.api.faults import HELD, NONE, REGISTRY, WITHHELD, ApiFaults, Injection, target_of
from stockstorm.simulator.api.marketplace import TRY_AGAIN, MarketplaceApi
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import API_FAULTS, LEFT_OPEN, ApiFaultConfig, ApiFaultKind
from stockstorm.simulator.history.facts import (
    ApiCalled,
    ListingPushed,
    OrdersShown,
    RowsNotListed,
    StockChanged,
    StockShown,
    SubscriptionCreated,
)
from stockstorm.simulator.seeds import Seeds
from tests.admin_calls import ADJUST, PATH, START_NS, TOKEN, WALL, Admin, adjustment, change
from tests.small_world import buy, sku, small_world

EVERY: tuple[ApiFaultKind, ...] = get_args(ApiFaultKind)
UNEXECUTED = {"server_error", "throttled", "dropped", "down", "unanswered"}
UNANSWERED = {"answer_lost", "dropped"} | LEFT_OPEN
CHANNEL = "/marketplaces/bazaar/v1/"
READ = ApiRequest("GET", f"{CHANNEL}orders", "", {}, b"")
PUSH = ApiRequest("PUT", f"{CHANNEL}listings", "", {}, b"")
DRAWS = Seeds(3).draws("test")


def made(kind: ApiFaultKind, seconds: float | None = None) -> Injection:
    return REGISTRY[kind](ApiFaultConfig(kind=kind, seconds=seconds), DRAWS)


def hits(faults: ApiFaults, request: ApiRequest, calls: int, start_s: float = 0.0) -> list[int]:
    """The numbers of the calls that are hit; ten calls a second."""
    at = [round((start_s + n / 10) * SECOND_NS) for n in range(calls)]
    return [n for n, at_ns in enumerate(at) if faults.injection(request, at_ns) is not NONE]


def started(*configs: ApiFaultConfig, seed: int = 1, load_s: float = 1000.0) -> ApiFaults:
    faults = ApiFaults(configs, Seeds(seed), load_s)
    faults.start(0)
    return faults


# -- which calls ------------------------------------------------------------------------------------------------------


def test_every_kind_has_a_variant_and_a_label() -> None:
    assert set(REGISTRY) == set(API_FAULTS) == set(EVERY)


@pytest.mark.parametrize("share", [0.01, 0.05, 0.3, 0.5, 0.7, 1.0])
@pytest.mark.parametrize("seed", range(5))
def test_the_number_of_hits_does_not_depend_on_luck(share: float, seed: int) -> None:
    found = hits(started(ApiFaultConfig(kind="dropped", share=share), seed=seed), PUSH, 400)
    assert 400 * share - 1 <= len(found) <= 400 * share + 1


@pytest.mark.parametrize("seed", range(5))
def test_a_fault_with_a_count_hits_that_many_calls_of_each_kind_soon(seed: int) -> None:
    faults = started(ApiFaultConfig(kind="unanswered", share=0.2, count=2), seed=seed)
    for request in (PUSH, READ, ApiRequest("PUT", "/marketplaces/mercado/v1/listings", "", {}, b"")):
        found = hits(faults, request, 100)
        assert len(found) == 2
        assert found[-1] < 10  # a share of a fifth falls into each stretch of five calls


def test_the_same_calls_meet_the_same_faults_and_other_seeds_others() -> None:
    config = ApiFaultConfig(kind="server_error", share=0.2)
    one, same, other = (hits(started(config, seed=seed), PUSH, 200) for seed in (1, 1, 2))
    assert one == same != other


def test_reads_and_other_apis_do_not_change_which_writes_are_hit() -> None:
    config = ApiFaultConfig(kind="dropped", share=0.1)
    faults, alone = started(config), started(config)
    found = []
    for number in range(100):
        faults.injection(READ, 0)
        faults.injection(ApiRequest("PUT", "/marketplaces/mercado/v1/listings", "", {}, b""), 0)
        found += [number] if faults.injection(PUSH, 0) is not NONE else []
    assert found == hits(alone, PUSH, 100)


def test_nothing_fails_before_the_load_after_it_and_outside_of_the_interval() -> None:
    faults = ApiFaults([ApiFaultConfig(kind="dropped", from_s=2, until_s=4)], Seeds(1), 10)
    assert hits(faults, PUSH, 50) == []
    faults.start(SECOND_NS)
    assert hits(faults, PUSH, 60) == list(range(30, 50))
    endless = started(ApiFaultConfig(kind="dropped"), load_s=3)
    assert hits(endless, PUSH, 60) == list(range(30))


@pytest.mark.parametrize(
    ("api", "admin", "bazaar"),
    [("all", True, True), ("admin", True, False), ("marketplaces", False, True), ("mercado", False, False)],
)
def test_the_api_of_a_fault(api: str, admin: bool, bazaar: bool) -> None:
    faults = started(ApiFaultConfig(kind="dropped", api=api))
    assert (faults.injection(ApiRequest("POST", PATH, "", {}, b""), 0) is not NONE) is admin
    assert (faults.injection(PUSH, 0) is not NONE) is bazaar


def test_only_pushes_have_rows_to_reject() -> None:
    faults = started(ApiFaultConfig(kind="rows_rejected"))
    assert faults.injection(READ, 0) is NONE
    assert faults.injection(ApiRequest("POST", PATH, "", {}, b""), 0) is NONE
    assert faults.injection(PUSH, 0).kind == "rows_rejected"


def test_the_first_of_several_faults_hits_a_call() -> None:
    faults = started(ApiFaultConfig(kind="slow"), ApiFaultConfig(kind="dropped"))
    assert faults.injection(PUSH, 0).kind == "slow"


@pytest.mark.parametrize(
    ("query", "writes"), [("mutation A { x }", True), ("\\n  mutation($a: Int) { x }", True), ("{ mutation }", False)]
)
def test_a_document_that_begins_with_a_mutation_writes(query: str, writes: bool) -> None:
    request = ApiRequest("POST", PATH, "", {}, f'{{"query": "{query}", "variables": {{}}}}'.encode())
    assert target_of(request).writes is writes


# -- what each does, at both APIs -------------------------------------------------------------------------------------


def adjusted(injection: Injection) -> tuple[ApiReply, Admin]:
    admin = Admin()
    body = msgspec.json.encode({"query": ADJUST, "variables": {"key": "k", "input": adjustment(change(0, -1))}})
    request = ApiRequest("POST", PATH, "", {"x-shopify-access-token": TOKEN, "content-type": "application/json"}, body)
    return admin.api.handle(request, START_NS + 2 * SECOND_NS, injection), admin


def pushed(injection: Injection, rows: int = 1) -> ApiReply:
    world = small_world()
    world.opening(START_NS)
    body = {"listings": [{"sku": sku(place), "quantity": 3} for place in range(rows)]}
    headers = {"authorization": "Bearer t"}
    request = ApiRequest("PUT", f"{CHANNEL}listings", "", headers, msgspec.json.encode(body))
    return MarketplaceApi(world, "t", WALL).handle(request, START_NS + 2 * SECOND_NS, injection)


def called(reply: ApiReply) -> ApiCalled:
    (found,) = [fact for fact in reply.facts if isinstance(fact, ApiCalled)]
    return found


def kinds(reply: ApiReply) -> set[type]:
    return {type(fact) for fact in reply.facts}


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize(("call", "effect"), [(lambda each: adjusted(each)[0], StockChanged), (pushed, ListingPushed)])
def test_a_call_is_executed_and_answered_as_the_kind_says(
    kind: ApiFaultKind, call: Callable[[Injection], ApiReply], effect: type
) -> None:
    reply = call(made(kind))
    rejected = kind == "rows_rejected" and effect is ListingPushed
    assert (effect in kinds(reply)) is (kind not in UNEXECUTED and not rejected)
    assert reply.dropped is (kind in UNANSWERED - LEFT_OPEN)
    assert bool(reply.left_open) is (kind in LEFT_OPEN)
    fact = called(reply)
    assert fact.injected == kind
    assert fact.status == (0 if kind in UNANSWERED else reply.status)
    assert fact.outcome == ("ok" if kind not in UNEXECUTED else "throttled" if kind == "throttled" else "failed")
    assert (StockShown in kinds(reply)) is (effect is StockChanged and kind in {"slow", "rows_rejected"})


def test_without_a_fault_nothing_is_told_of_one() -> None:
    for reply in (adjusted(NONE)[0], pushed(NONE)):
        assert called(reply).injected == ""
        assert (reply.status, reply.dropped, reply.after_ns) == (200, False, 0)


@pytest.mark.parametrize("kind", [kind for kind in EVERY if kind != "rows_rejected"])
def test_the_history_tells_the_idempotency_key_also_of_a_call_that_was_not_executed(kind: ApiFaultKind) -> None:
    assert called(adjusted(made(kind))[0]).key == "k"


def test_a_lost_answer_is_replayed_under_its_key() -> None:
    _, admin = adjusted(made("answer_lost"))
    admin.now_ns = START_NS + 3 * SECOND_NS
    admin.adjust("k", change(0, -1))
    assert (admin.called.outcome, admin.called.injected) == ("replayed", "")
    assert admin.facts(StockChanged) == []


def test_the_admin_api_throttles_as_shopify_does_and_says_when_there_are_points_again() -> None:
    reply, admin = adjusted(made("throttled"))
    answer: dict[str, Any] = msgspec.json.decode(reply.body)
    assert (reply.status, answer["errors"][0]["extensions"]["code"]) == (200, "THROTTLED")
    assert answer["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] == 0
    assert not any(name == "Retry-After" for name, _ in reply.headers)
    admin.now_ns, admin.tick_ns = START_NS + 2 * SECOND_NS, SECOND_NS // 1000
    assert admin.ask(ADJUST, key="l", input=adjustment(change(0, -1)))["errors"]
    assert admin.called.injected == "throttled"  # not the subject's doing: the fault had taken the points
    admin.tick_ns = SECOND_NS
    admin.adjust("l", change(0, -1))
    assert admin.called.outcome == "ok"


def test_a_subject_that_spends_its_points_itself_is_throttled_for_itself() -> None:
    admin = Admin(plan="standard")
    admin.tick_ns = 0
    for number in range(300):
        admin.ask(ADJUST, key=str(number), input=adjustment(change(0, 1)))
    assert (admin.called.outcome, admin.called.injected) == ("throttled", "")


def test_a_marketplace_answers_429_with_retry_after_in_whole_seconds() -> None:
    reply = pushed(made("throttled", seconds=1.2))
    assert reply.status == 429
    assert ("Retry-After", "2") in reply.headers
    assert msgspec.json.decode(reply.body)["error"]["code"] == "too_many_requests"


def test_half_of_the_rows_are_rejected_and_the_others_are_listed() -> None:
    reply = pushed(made("rows_rejected"), rows=4)
    answer = msgspec.json.decode(reply.body)
    assert (reply.status, answer["accepted"], [row["reason"] for row in answer["rejected"]]) == (
        200,
        2,
        [TRY_AGAIN] * 2,
    )
    (told,) = [fact for fact in reply.facts if isinstance(fact, RowsNotListed)]
    assert (told.channel, told.skus) == ("bazaar", tuple(row["sku"] for row in answer["rejected"]))
    listed = {fact.sku for fact in reply.facts if isinstance(fact, ListingPushed)}
    assert listed == {sku(place) for place in range(4)} - {row["sku"] for row in answer["rejected"]}


@pytest.mark.parametrize("kind", EVERY)
def test_the_rows_of_a_push_that_is_not_executed_are_told(kind: ApiFaultKind) -> None:
    told = [fact.skus for fact in pushed(made(kind), rows=2).facts if isinstance(fact, RowsNotListed)]
    assert told == ([(sku(0), sku(1))] if kind in UNEXECUTED else told[:1])
    assert bool(told) is (kind in UNEXECUTED or kind == "rows_rejected")


@pytest.mark.parametrize("status", [502, 503])
def test_a_gateway_answers_in_html_and_503_says_when_to_come_again(status: int) -> None:
    injection = Injection("server_error", executes=False, status=status, retry_after_s=1 if status == 503 else 0)
    reply = pushed(injection)
    assert reply.status == status
    assert reply.headers[0][1].startswith("text/html")
    assert (("Retry-After", "1") in reply.headers) is (status == 503)


@pytest.mark.parametrize("seed", range(20))
def test_a_slow_call_takes_50_to_300_ms_in_all_and_began_before_it_was_executed(seed: int) -> None:
    injection = REGISTRY["slow"](ApiFaultConfig(kind="slow"), Seeds(seed).draws("x"))
    assert 0.05 * SECOND_NS <= injection.before_ns + injection.after_ns <= 0.3 * SECOND_NS
    fact = called(pushed(injection))
    assert fact.at_ns - fact.started_ns == injection.before_ns


def test_what_a_lost_answer_held_was_not_shown() -> None:
    world = small_world()
    world.opening(START_NS)
    world.apply(buy(1, "bazaar", (0, 1)), START_NS + 1)
    request = ApiRequest("GET", f"{CHANNEL}orders", "", {"authorization": "Bearer t"}, b"")
    api = MarketplaceApi(world, "t", WALL)
    assert OrdersShown in kinds(api.handle(request, START_NS + 2))
    assert OrdersShown not in kinds(api.handle(request, START_NS + 3, WITHHELD))
    assert OrdersShown not in kinds(api.handle(request, START_NS + 4, made("failed_after")))


def test_a_call_that_the_api_itself_refuses_meets_no_fault() -> None:
    world = small_world()
    request = ApiRequest("PUT", f"{CHANNEL}notifications", "", {"authorization": "Bearer wrong"}, b"{}")
    reply = MarketplaceApi(world, "t", WALL).handle(request, START_NS, HELD)
    assert (reply.status, reply.dropped, called(reply).injected) == (401, False, "")
    denied = Admin().api.handle(ApiRequest("POST", PATH, "", {}, b""), START_NS + 9, HELD)
    assert (denied.status, denied.dropped, called(denied).injected) == (401, False, "")


def test_a_registration_whose_answer_is_lost_stays() -> None:
    world = small_world()
    request = ApiRequest(
        "PUT", f"{CHANNEL}notifications", "", {"authorization": "Bearer t"}, b'{"url": "http://127.0.0.1:9/x"}'
    )
    assert SubscriptionCreated in kinds(MarketplaceApi(world, "t", WALL).handle(request, START_NS, WITHHELD))


def test_a_service_that_is_down_answers_503_closes_or_hangs_and_executes_nothing() -> None:
    found = [REGISTRY["down"](ApiFaultConfig(kind="down", seconds=3.0), Seeds(seed).draws("x")) for seed in range(200)]
    ways = {(each.status, each.answers, each.after_ns, each.retry_after_s) for each in found}
    assert ways == {(503, True, 0, 3), (0, False, 0, 0), (0, False, 3 * SECOND_NS, 0)}
    assert not any(each.executes for each in found)


def test_the_history_has_what_retry_after_said() -> None:
    assert called(pushed(made("throttled", 4.0))).retry_after_s == 4
    assert called(pushed(Injection("down", executes=False, status=503, retry_after_s=2))).retry_after_s == 2
    assert called(pushed(Injection("dropped", executes=False, answers=False, retry_after_s=2))).retry_after_s == 0
    assert called(pushed(NONE)).retry_after_s == 0


def test_a_mutation_that_a_gateway_gave_up_is_in_progress_for_a_while_under_its_key() -> None:
    admin = Admin()
    admin.tick_ns = 0
    busy = Injection("failed_after", status=504, busy_ns=SECOND_NS)
    body = {"query": ADJUST, "variables": {"input": adjustment(change(0, -1)), "key": "k"}}
    headers = {"x-shopify-access-token": TOKEN, "content-type": "application/json"}
    request = ApiRequest("POST", PATH, "", headers, msgspec.json.encode(body))
    assert admin.api.handle(request, admin.now_ns, busy).status == 504
    (error,) = admin.adjust("k", change(0, -1))["userErrors"]
    assert (error["code"], admin.called.outcome) == ("IDEMPOTENCY_CONCURRENT_REQUEST", "in_progress")
    assert admin.adjust("other", change(0, -1))["userErrors"] == []  # another key is another write
    admin.now_ns += SECOND_NS
    assert admin.adjust("k", change(0, -1))["userErrors"] == []
    assert admin.called.outcome == "replayed"


def test_how_long_a_failed_call_is_in_progress_is_drawn_up_to_the_seconds_of_the_scenario() -> None:
    found = [
        REGISTRY["failed_after"](ApiFaultConfig(kind="failed_after", seconds=2.0), Seeds(n).draws("x"))
        for n in range(50)
    ]
    assert min(each.busy_ns for each in found) >= SECOND_NS
    assert max(each.busy_ns for each in found) < 2 * SECOND_NS
    assert made("failed_after", 0.0).busy_ns == 0
