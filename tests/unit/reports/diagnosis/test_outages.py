"""Causes of what went wrong while a marketplace was down."""

from typing import Any, Final

import pytest

from stockstorm.reports.diagnosis import diagnose
from stockstorm.reports.diagnosis.case import Case
from stockstorm.reports.diagnosis.pauses import blocked_at_calls, pushes_by_channel
from stockstorm.reports.history import History
from stockstorm.reports.result import Check
from stockstorm.reports.verdict.judge import judge
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.history.call_facts import Injected
from stockstorm.simulator.model import ApiOutcome
from tests.literal_history import at_rest, ns
from tests.outages import Sales, down, in_scenario

SALES = Sales(12_000)
LEFT = 1_000 - len(SALES.at_ms)
QUICK = [at + 50 for at in SALES.at_ms]
REFUSED: Final[dict[str, tuple[int, ApiOutcome, Injected]]] = {
    "down": (503, "failed", "down"),
    "throttled": (429, "throttled", ""),
}
EXPECT = {"expect": {"channel_outage_ms.others.p95": "< 1000", "channel_outage_s.recovery": "< 5"}}


def without(begin: int, end: int) -> list[int]:
    """Quick pushes, except in an interval."""
    return [at for at in QUICK if not begin <= at < end]


def run(
    bazaar: list[int], mercado: list[int], operation: str = "PUT listings", answer: str = "down", **scenario: object
) -> History:
    pushes = [*SALES.listed("bazaar", bazaar), *SALES.listed("mercado", mercado)]
    calls = [*_calls("bazaar", bazaar, 10_000), *_calls("mercado", mercado, 20_000)]
    calls += [
        f.ApiCalled(
            ns(at), 30_000 + at, "mercado", operation, *REFUSED[answer][:2], ns(at), injected=REFUSED[answer][2]
        )
        for at in range(2_100, 6_000, 1_000)
    ]
    shown = [
        next(one.quantity for one in reversed(pushes) if isinstance(one, f.ListingPushed) and one.channel == channel)
        for channel in ("bazaar", "mercado")
    ]
    end = (*at_rest(15_000, LEFT, LEFT, *shown), f.RunEnded(ns(15_001), complete=True))
    finals = tuple(_newest(fact) for fact in end)
    return in_scenario(*SALES.facts, *pushes, *calls, finals, **{**EXPECT, **scenario})


def _calls(channel: str, pushes_ms: list[int], first: int) -> list[f.AnyFact]:
    return [
        f.ApiCalled(ns(at), first + number, channel, "PUT listings", 200, "ok", ns(at))
        for number, at in enumerate(pushes_ms)
    ]


def _newest(fact: f.AnyFact) -> f.AnyFact:
    return f.FinalStock(fact.at_ns, "MUG", LEFT, LEFT, len(SALES.at_ms)) if isinstance(fact, f.FinalStock) else fact


def names(history: History) -> list[str]:
    found, notes = diagnose(history, judge(history).checks)
    assert notes == ()
    return [each.name for each in found]


def test_pushes_to_others_that_wait_for_a_marketplace_that_is_down() -> None:
    history = run(without(2_000, 6_000), without(2_000, 6_000), **down())
    result = judge(history)
    (found,) = [each for each in result.diagnoses if each.name == "channel_blocks_others"]
    assert found.cause == (
        "in 4 of 4 waits for mercado (3.9 s in all), nothing was pushed to bazaar, although changes waited there"
    )
    assert "channel_outage" in found.explains


@pytest.mark.parametrize("answer", REFUSED)
def test_a_service_that_calls_one_marketplace_alone_is_told_that_the_others_wait(answer: str) -> None:
    """It reads orders there, again and again, and no push tells that it waits."""
    idle = without(2_000, 6_000)
    result = judge(run(idle, idle, "GET orders", answer, **down()))
    (found,) = [each for each in result.diagnoses if each.name == "channel_blocks_others"]
    assert found.cause.startswith("for 4.1 s it called mercado alone, which refused or did not answer 4 of ")
    assert "channel_outage" in found.explains


def test_a_service_that_reads_one_marketplace_and_pushes_to_the_others_blocks_none() -> None:
    history = run(QUICK, without(2_000, 11_950), "GET orders", **down())
    assert "channel_blocks_others" not in names(history)


def test_channels_that_take_turns_after_each_wait_are_blocked() -> None:
    turns = [at - 10 for at in range(3_100, 6_200, 1_000)]
    history = run(sorted([*without(2_000, 6_000), *turns]), without(2_000, 6_000), **down())
    assert "channel_blocks_others" in names(history)


def test_others_that_stay_in_time_are_not_blocked() -> None:
    assert "channel_blocks_others" not in names(run(QUICK, without(2_000, 11_950), **down()))


SLOWED: dict[str, Any] = {"expect": {"channel_outage_ms.others.p95": "< 300"}}


def paused(*pauses_ms: tuple[int, int]) -> list[int]:
    """Quick pushes, except in these intervals."""
    return [at for at in QUICK if not any(begin <= at < end for begin, end in pauses_ms)]


def test_others_that_wait_only_while_a_call_gets_no_answer_are_blocked() -> None:
    history = run(paused((2_150, 3_100), (4_150, 5_100)), without(2_000, 11_950), **down(), **SLOWED)
    result = judge(history)
    (found,) = [each for each in result.diagnoses if each.name == "channel_blocks_others"]
    assert found.cause == (
        "2 of 2 pauses in the pushes to bazaar (2.2 s in all) began with a call of mercado that failed or got no "
        "answer, although 22 changes waited there"
    )
    assert found.evidence == ("paused at 2.050 s (00:00:02.050) for 1.1 s, at 4.050 s (00:00:04.050) for 1.1 s",)


def unanswered_once(*, until_ms: int) -> History:
    """One call to mercado gets no answer at 2.1 s and comes again at 4.1 s; pushes to bazaar pause until then or not.

    Both are pushed to every 100 ms for a minute.
    """
    sales = Sales(60_000)
    quick = [at + 50 for at in sales.at_ms]
    bazaar = [at for at in quick if not 2_150 <= at < until_ms]
    mercado = [at for at in quick if not 2_000 <= at < 4_000]
    calls = [*_calls("bazaar", bazaar, 10_000), *_calls("mercado", mercado, 20_000)]
    lost = f.ApiCalled(ns(2_100), 30_000, "mercado", "PUT listings", 0, "failed", ns(2_100), injected="down")
    end: list[f.AnyFact] = [f.LoadStopped(ns(61_000)), f.QuietReached(ns(62_000), quiet=True, waited_ns=0)]
    pushes = [*sales.listed("bazaar", bazaar), *sales.listed("mercado", mercado)]
    return in_scenario(*sales.facts, *pushes, *calls, lost, *end, **down(until_s=4.0), **SLOWED)


@pytest.mark.parametrize(("until_ms", "told"), [(4_100, True), (3_300, False), (2_150, False)])
def test_a_single_pause_from_a_call_without_an_answer_until_the_next_call(until_ms: int, told: bool) -> None:
    """It begins and ends with that call. One that begins with it alone may be chance."""
    case = Case(unanswered_once(until_ms=until_ms), (Check("channel_outage", "invalid", "late"),))
    found = blocked_at_calls(case, pushes_by_channel(case))
    assert [(one.channel, one.blocker, one.closed) for one in found] == [("bazaar", "mercado", True)] * told


@pytest.mark.parametrize(
    "pauses_ms",
    [
        [],
        [(2_150, 3_100)],  # one may be chance
        [(2_550, 3_500), (4_550, 5_500)],  # they begin with no call of mercado
        [(2_150, 3_100), (4_150, 5_100), (7_550, 8_500), (8_650, 9_500), (9_650, 10_500)],  # most of them
    ],
)
def test_pauses_that_chance_explains_accuse_nobody(pauses_ms: list[tuple[int, int]]) -> None:
    history = run(paused(*pauses_ms), without(2_000, 11_950), **down(), **SLOWED)
    assert "channel_blocks_others" not in names(history)


@pytest.mark.parametrize(
    ("back_ms", "why"),
    [
        (11_950, "its first push that was taken came 6.0 s after the return"),
        (6_100, None),  # at once
    ],
)
def test_a_marketplace_that_is_right_long_after_its_return(back_ms: int, why: str | None) -> None:
    history = run(QUICK, without(2_000, back_ms), **down())
    found = {one.name: one for one in diagnose(history, (Check("channel_outage", "invalid", "late"),))[0]}
    assert ("slow_recovery" in found) is (why is not None)
    if why is not None:
        assert found["slow_recovery"].cause.endswith(why)
        assert found["slow_recovery"].explains == ("channel_outage",)


def test_others_that_are_slow_all_the_time_are_not_blocked() -> None:
    slow = QUICK[::20]
    assert "channel_blocks_others" not in names(run(slow, slow, **down()))


def test_a_service_that_pushes_to_all_at_an_interval_is_not_blocked() -> None:
    """Nothing is pushed between two intervals, whether the marketplace answers or not."""
    interval = [100 + 1_000 * n for n in range(12)]
    history = run(interval, [at for at in interval if not 2_000 <= at < 6_000], **down())
    assert "channel_blocks_others" not in names(history)


THREE = ("PEN", "TIE", "CUP")


def three_skus(pushed_later: bool, *, outage: bool = True) -> History:
    """Three SKUs sell once in the outage. All are pushed to bazaar, and after the outage to mercado or not."""
    facts: list[f.AnyFact] = []
    for place, sku in enumerate(THREE):
        at = 3_000 + place * 100
        facts += [
            f.ItemStocked(ns(-1), sku, 11 + place, 7, 10, 500, hot=False),
            f.StockChanged(ns(at), sku, 11 + place, 7, 1, -1, 9, "sale", place),
            f.ListingPushed(ns(at + 50), "bazaar", sku, 9, 10, place),
            f.ApiCalled(ns(at + 50), place, "bazaar", "PUT listings", 200, "ok", ns(at + 50)),
        ]
    if pushed_later:
        facts += [f.ListingPushed(ns(6_500), "mercado", sku, 9, 10) for sku in THREE]
    finals: list[f.AnyFact] = [f.QuietReached(ns(9_000), quiet=True, waited_ns=0)]
    for sku in THREE:
        finals += [
            f.FinalStock(ns(9_000), sku, 9, 9, 1),
            f.FinalListing(ns(9_000), "bazaar", sku, 9),
            f.FinalListing(ns(9_000), "mercado", sku, 9 if pushed_later else 10),
        ]
    finals.append(f.RunEnded(ns(9_001), complete=True))
    return in_scenario(*facts, *finals, **(down() if outage else {}))


def test_what_changed_in_an_outage_and_was_never_pushed() -> None:
    result = judge(three_skus(pushed_later=False))
    first = result.diagnoses[0]
    assert first.name == "outage_forgotten"
    assert first.cause.startswith(
        "3 listings of mercado changed while it was down and were not pushed after its return"
    )
    assert "drift" in first.explains


@pytest.mark.parametrize(("pushed", "outage"), [(True, True), (False, False)])
def test_what_was_pushed_later_or_had_no_outage_is_not_forgotten_in_one(pushed: bool, outage: bool) -> None:
    assert "outage_forgotten" not in names(three_skus(pushed, outage=outage))


def test_pushes_that_come_before_retry_after() -> None:
    calls: list[f.AnyFact] = []
    for n in range(6):
        at = 2_100 + n * 600
        call = f.ApiCalled(
            ns(at), n, "mercado", "PUT listings", 503, "failed", ns(at), injected="down", retry_after_s=2
        )
        calls += [f.RowsNotListed(ns(at), n, "mercado", ("PEN",)), call]
    history = run(QUICK, without(2_000, 6_500), **down())
    result = judge(History.of([*history.facts, *calls]))
    (found,) = [each for each in result.diagnoses if each.name == "retry_after_ignored"]
    assert "throttling" in found.explains
    assert found.cause == (
        "5 of 6 pushes that marketplaces answered with Retry-After were repeated before that time: after 0.6 s "
        "(median) and not 2 s"
    )
