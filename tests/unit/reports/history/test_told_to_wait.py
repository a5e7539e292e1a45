"""Which calls of marketplaces came before the time that Retry-After said."""

import msgspec
import pytest

from stockstorm.reports.checkers import check_all
from stockstorm.reports.checkers.throttling import Throttling
from stockstorm.reports.diagnosis import diagnose
from stockstorm.reports.history.told_to_wait import find_told_to_wait
from stockstorm.reports.result import Check
from stockstorm.simulator.history import facts as f
from tests.literal_history import history, ns, opened, version

Facts = tuple[f.AnyFact, ...]


def refused(ms: float, request: int, *skus: str, wait_s: int = 2, status: int = 429, api: str = "mercado") -> Facts:
    """A push that is told to wait."""
    outcome = "throttled" if status == 429 else "failed"
    call = f.ApiCalled(ns(ms), request, api, "PUT listings", status, outcome, ns(ms), retry_after_s=wait_s)  # type: ignore[arg-type]  # literals
    return (f.RowsNotListed(ns(ms), request, api, skus or ("MUG",)), call)


def taken(ms: float, request: int, sku: str = "MUG", api: str = "mercado") -> Facts:
    """A push that is accepted."""
    call = f.ApiCalled(ns(ms), request, api, "PUT listings", 200, "ok", ns(ms))
    return (f.ListingPushed(ns(ms), api, sku, 5, 9, request), call)


def read(ms: float, request: int, wait_s: int = 0) -> Facts:
    status = 429 if wait_s else 200
    outcome = "throttled" if wait_s else "ok"
    return (f.ApiCalled(ns(ms), request, "mercado", "GET orders", status, outcome, ns(ms), retry_after_s=wait_s),)  # type: ignore[arg-type]  # literals


def early(*facts: Facts) -> int:
    return len(find_told_to_wait(history(opened(), *facts)).early_pushes)


def judged(*facts: Facts) -> Check:
    return next(iter(check_all(history(opened(), *facts), (Throttling(),))))


@pytest.mark.parametrize(("after_ms", "found"), [(10, 0), (100, 1), (1_800, 1), (1_950, 0), (2_000, 0), (9_000, 0)])
def test_a_push_is_early_between_the_answer_and_the_time_that_it_said(after_ms: float, found: int) -> None:
    assert early(refused(100, 1), taken(100 + after_ms, 2)) == found


def test_a_client_may_count_from_its_request() -> None:
    """The answer came 400 ms after it, and the next push 2 s after it."""
    told = [
        msgspec.structs.replace(fact, started_ns=ns(100)) if isinstance(fact, f.ApiCalled) else fact
        for fact in refused(500, 1)
    ]
    assert early(tuple(told), taken(2_100, 2)) == 0
    assert early(tuple(told), taken(1_900, 2)) == 1


def test_one_that_is_refused_again_is_early_too() -> None:
    assert early(refused(100, 1), refused(600, 2), refused(1_100, 3), taken(3_200, 4)) == 2


def test_other_rows_and_other_marketplaces_are_not_the_same_push() -> None:
    assert early(refused(100, 1, "CUP"), taken(600, 2), taken(700, 3, "CUP", api="bazaar")) == 0


def test_one_common_row_is_enough_and_found_behind_other_pushes() -> None:
    assert early(refused(100, 1, "CUP", "MUG"), taken(500, 2, "PEN"), taken(600, 3)) == 1


@pytest.mark.parametrize(("changed_ms", "found"), [(50, 1), (300, 0), (700, 1)])
def test_a_row_that_changed_meanwhile_may_be_pushed_by_a_process_that_was_not_told(changed_ms: int, found: int) -> None:
    change = (version(changed_ms, 1, -1, 4),)
    parts = sorted((*refused(100, 1), *taken(600, 2), *change), key=lambda fact: fact.at_ns)
    assert early(tuple(parts)) == found
    assert early(refused(100, 1, "CUP", "MUG"), change, taken(600, 2), taken(650, 3, "CUP")) == 1  # CUP did not change


def test_reads_are_counted_apart() -> None:
    found = find_told_to_wait(history(opened(), read(100, 1, wait_s=2), read(600, 2)))
    assert (found.pushes, found.reads, found.early_reads) == (0, 1, 1)


def repeated(gap_ms: float, times: int, **refusal: int) -> list[Facts]:
    """Pushes that are told to wait 2 s and come again after `gap_ms`."""
    found: list[Facts] = []
    for n in range(times):
        at = 1 + n * 5_000
        found += [refused(at, 2 * n, **refusal), taken(at + gap_ms, 2 * n + 1)]  # type: ignore[arg-type]  # literals
    return found


@pytest.mark.parametrize("status", [429, 503])
def test_a_subject_that_does_not_wait_as_told_is_invalid(status: int) -> None:
    found = judged(*repeated(700, 4, status=status))
    assert (found.verdict, {incident.kind for incident in found.incidents}) == ("invalid", {"early_retry"})
    assert "4 of 4 pushes told to wait came again earlier" in found.reason


def test_a_subject_that_waits_as_told_is_valid() -> None:
    found = judged(*repeated(2_001, 30))
    assert (found.verdict, found.measures["throttling.early"], found.measures["throttling.told"]) == ("valid", 0, 30)


def test_few_early_pushes_among_many_are_an_accident() -> None:
    assert judged(*repeated(700, 2)).verdict == "valid"
    others = [refused(100_000 + n * 5_000, 100 + n) for n in range(10)]
    assert judged(*repeated(700, 4), *others).verdict == "valid"


def test_workers_that_each_wait_with_rows_of_their_own_are_valid() -> None:
    """Four processes, which each push the rows of a fourth of the SKUs."""
    assert judged(*(refused(1 + n * 550, n, f"SKU-{n % 4}") for n in range(40))).verdict == "valid"


def test_reads_before_the_time_are_no_proof() -> None:
    assert judged(*(read(1 + n * 200, n, wait_s=2) for n in range(30))).verdict == "valid"


def feed(gap_ms: float, times: int, *, told_gap_ms: float, refusals: int = 6, start: int = 0) -> list[Facts]:
    """A feed that is read at an interval, and from the middle on refused for a while."""
    at, found = 1.0, list[Facts]()
    for n in range(times):
        refused_ = times // 2 <= n < times // 2 + refusals
        found.append(read(at, start + n, wait_s=2 if refused_ else 0))
        at += told_gap_ms if refused_ else gap_ms
    return found


def test_reads_that_come_again_at_once_are_invalid_and_named() -> None:
    found = judged(*feed(300, 40, told_gap_ms=4))
    assert (found.verdict, found.measures["throttling.hasty_reads"]) == ("invalid", 6)
    assert "6 of 6 reads told to wait came again at once: it does not wait as Retry-After says" in found.reason
    text = found.incidents[0].text
    assert text.endswith(
        "mercado answered GET orders at 6.001 s with 429 and Retry-After: 2; such a call came again after 4.0 ms"
    )
    (named,) = [
        one
        for one in diagnose(history(opened(), *feed(300, 40, told_gap_ms=4)), (found,))[0]
        if one.name == "retry_after_ignored"
    ]
    assert named.cause == (
        "6 of 6 reads that marketplaces answered with Retry-After were repeated before that time: after 0.004 s "
        "(median) and not 2 s"
    )


def test_a_second_page_that_is_read_at_once_is_no_usual_gap() -> None:
    """Each read that shows orders is followed by one that shows none."""
    found: list[Facts] = []
    for n in range(20):
        at = 1 + n * 300
        found += [(*read(at, 10 * n), f.OrdersShown(ns(at), 10 * n, "mercado", ())), read(at + 4, 10 * n + 1)]
    told = [read(8_000 + 4 * n, 1_000 + n, wait_s=2) for n in range(6)]
    assert judged(*found, *told, read(12_000, 2_000)).verdict == "invalid"


@pytest.mark.parametrize("told_gap_ms", [2_001, 300, 150])
def test_reads_that_wait_or_come_at_their_usual_time_are_no_proof(told_gap_ms: float) -> None:
    """At the usual time it can be another process, which was not told."""
    assert judged(*feed(300, 40, told_gap_ms=told_gap_ms)).verdict == "valid"


def test_reads_of_several_processes_that_each_wait_are_valid() -> None:
    """Four of them, which read at once, at an interval of 1.2 s, and wait as they are told."""
    facts = [each for n in range(12) for k in range(4) for each in [read(1 + n * 1_200 + k * 2, 100 * n + k)]]
    told = [read(20_000 + k * 2, 9_000 + k, wait_s=2) for k in range(4)]
    assert judged(*facts, *told, *(read(23_000 + k * 2, 9_100 + k) for k in range(4))).verdict == "valid"


def test_a_feed_that_is_read_without_a_pause_shows_no_haste() -> None:
    assert judged(*feed(3, 200, told_gap_ms=3)).verdict == "valid"


def test_one_that_waits_after_a_429_and_not_after_a_503_is_invalid() -> None:
    waits = [(refused(200_000 + n * 5_000, 200 + n),) for n in range(20)]
    found = judged(*repeated(700, 3, status=503), *(each for some in waits for each in some))
    assert found.verdict == "invalid"
