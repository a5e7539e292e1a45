"""Listings that a wrong state of the stock, or an old push, made wrong."""

import pytest

from stockstorm.reports.diagnosis.case import Case
from stockstorm.reports.diagnosis.committed_listed import CommittedListed
from stockstorm.reports.diagnosis.old_retry import OldRetry
from stockstorm.reports.diagnosis.waits_grow import WaitsGrow
from stockstorm.reports.history import History
from stockstorm.reports.result import Check
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.model import ApiOutcome
from tests.literal_history import ns, started
from tests.unit.reports.diagnosis.test_burst_end import LEVELS, sale

CHANNELS = ("bazaar", "mercado")
SKUS = tuple(f"SKU-{number}" for number in range(8))


def opened() -> list[f.AnyFact]:
    facts: list[f.AnyFact] = [started(), f.SubscriptionCreated(ns(0), 1, "shopify", LEVELS, "http://me/shop")]
    facts += [f.ChannelOpened(ns(-1), name, online=name == "online") for name in ("online", *CHANNELS)]
    facts += [f.ItemStocked(ns(-1), sku, 1_000 + n, 7, 100, 500, hot=False) for n, sku in enumerate(SKUS)]
    return facts


def case_of(facts: list[f.AnyFact], check: str = "drift") -> Case:
    end = max(fact.at_ns for fact in facts) + 1_000
    facts = sorted(facts, key=lambda fact: fact.at_ns)
    return Case(History.of([*facts, f.RunEnded(end, complete=True)]), (Check(check, "invalid", "wrong"),))


def at_rest(available: int, listed: int) -> list[f.AnyFact]:
    facts: list[f.AnyFact] = [f.FinalStock(ns(60_000), sku, available, available, 1) for sku in SKUS]
    facts += [f.FinalListing(ns(60_000), name, sku, listed) for sku in SKUS for name in CHANNELS]
    return facts


def pushed(ms: float, units: int, request: int = 1, channels: tuple[str, ...] = CHANNELS) -> list[f.AnyFact]:
    return [f.ListingPushed(ns(ms), name, sku, units, 100, request=request) for sku in SKUS for name in channels]


def sold_once() -> list[f.AnyFact]:
    return [fact for n, sku in enumerate(SKUS) for fact in sale(sku, n, 1_000 + n, 1, 200 + n)]


def test_units_that_the_own_store_sold_are_listed_again() -> None:
    facts = [*opened(), *sold_once(), *pushed(300, 99), *pushed(900, 100), *at_rest(99, 100)]
    (found,) = CommittedListed()(case_of(facts))
    assert found.diagnosis.cause.startswith(
        "16 of 16 wrong listings show too much by just the units that the own store"
    )
    assert "16 of 16 had shown less before" in found.diagnosis.evidence[0]


@pytest.mark.parametrize(
    "facts",
    [
        [*opened(), *sold_once(), *at_rest(99, 100)],  # it never heard of the sales
        [*opened(), *sold_once(), *pushed(300, 99), *pushed(900, 101), *at_rest(99, 101)],  # other units
        [*opened(), *sold_once(), *pushed(300, 99), *at_rest(99, 99)],
    ],
)
def test_other_units_or_listings_that_never_fell_are_not_committed_ones(facts: list[f.AnyFact]) -> None:
    assert list(CommittedListed()(case_of(facts))) == []


def put(request: int, ms: float, status: int = 200, retry_after_s: int = 0) -> f.ApiCalled:
    outcome: ApiOutcome = "ok" if status == 200 else "failed"
    return f.ApiCalled(
        ns(ms + 5), request, "mercado", "PUT listings", status, outcome, ns(ms), retry_after_s=retry_after_s
    )


def retried(units: int, failed: int = 503, change_ms: int = 3_000, bazaar: int = 99) -> list[f.AnyFact]:
    """A push fails at 2 s, a change comes, and at 6 s a push is taken that shows `units`. Bazaar is right at 99."""
    calls = [put(1, 1_000), put(2, 2_000, failed), put(3, 6_000)]
    changes = [fact for n, sku in enumerate(SKUS) for fact in sale(sku, n, 1_000 + n, 1, change_ms + n)]
    right = pushed(change_ms + 20, bazaar, 4, ("bazaar",))
    facts = [*opened(), *calls, *changes, *pushed(1_000, 100, 1), *right, *pushed(6_000, units, 3, ("mercado",))]
    facts += [f.FinalStock(ns(60_000), sku, 99, 99, 1) for sku in SKUS]
    facts += [
        f.FinalListing(ns(60_000), name, sku, bazaar if name == "bazaar" else units)
        for sku in SKUS
        for name in CHANNELS
    ]
    return facts


def test_a_failed_push_that_is_sent_again_as_it_was() -> None:
    (found,) = OldRetry()(case_of(retried(100)))
    assert found.diagnosis.cause.startswith("8 of 8 wrong listings were last set by a push that followed failed ones")
    assert "pushes to mercado had failed from 2.000 s" in found.diagnosis.evidence[1]


@pytest.mark.parametrize(
    "facts",
    [
        retried(99),  # read anew
        retried(100, failed=200),  # nothing had failed
        retried(100, change_ms=5_900),  # the change came with the push
        retried(100, change_ms=1_500),  # it came before the first failure
        retried(100, bazaar=100),  # the change is nowhere, so the service may not know of it
    ],
)
def test_a_push_without_such_a_past_is_no_old_retry(facts: list[f.AnyFact]) -> None:
    assert list(OldRetry()(case_of(facts))) == []


def waiting(last_s: float, *, retry_after_s: int = 0, failures: int = 1, earlier: bool = True) -> Case:
    """Pushes fail at 1, 3 and 10 s, and the next one comes after 0.5, 2 and `last_s` seconds.

    `earlier`: the one at 3 s fails too.
    """
    calls = [put(0, 500), put(1, 1_000, 503), put(2, 1_500), put(3, 3_000, 503 if earlier else 200), put(4, 5_000)]
    calls += [put(5 + n, 10_000 + 10 * n, 503, retry_after_s) for n in range(failures)]
    calls.append(put(90, 10_000 + last_s * 1_000))
    changes = [fact for n, sku in enumerate(SKUS) for fact in sale(sku, n, 1_000 + n, 1, 10_500 + n)]
    facts = [
        *opened(),
        *calls,
        *changes,
        *pushed(500, 100, 0),
        *pushed(10_000 + last_s * 1_000, 99, 90),
        *at_rest(99, 99),
    ]
    return case_of(facts, "sync_latency")


def test_a_wait_that_grew_although_calls_had_succeeded() -> None:
    (found,) = WaitsGrow()(waiting(28.0))
    assert found.diagnosis.cause.startswith(
        "after 1 failed push to mercado it pushed nothing there for 28.0 s, although 8"
    )
    assert found.diagnosis.evidence[0] == "its waits after failed pushes, in order: 0.5, 2.0, 28.0 s"


@pytest.mark.parametrize(
    "case",
    [
        waiting(8.0),  # a wait may be as long
        waiting(28.0, retry_after_s=25),  # it was asked to
        waiting(28.0, failures=5),  # many in a row
        waiting(28.0, earlier=False),  # of two it cannot be told that they grow
    ],
)
def test_a_wait_that_is_short_or_has_a_reason(case: Case) -> None:
    assert list(WaitsGrow()(case)) == []
