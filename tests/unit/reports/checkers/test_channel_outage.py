"""The others while one marketplace is down, and how soon it is right after its return."""

import math

import msgspec
import pytest

from stockstorm.reports.checkers import check_all
from stockstorm.reports.checkers.channel_outage import ChannelOutage
from stockstorm.reports.history import History
from stockstorm.reports.result import Check
from stockstorm.simulator.history import facts as f
from tests.literal_history import ns, rest
from tests.outages import Sales, down, in_scenario

QUICK = [at + 50 for at in Sales(12_000).at_ms]


def checked(bazaar: list[int], mercado: list[int], **scenario: object) -> Check:
    sales = Sales(12_000)
    history = in_scenario(
        *sales.facts, *sales.listed("bazaar", bazaar), *sales.listed("mercado", mercado), rest(15_000), **scenario
    )
    return next(iter(check_all(history, (ChannelOutage(),))))


def without(begin: int, end: int) -> list[int]:
    """Quick pushes, except in an interval."""
    return [at for at in QUICK if not begin <= at < end]


def test_without_an_outage_nothing_is_tested() -> None:
    assert checked(QUICK, QUICK).verdict == "not_exercised"


def test_others_that_stay_in_time_and_a_quick_return() -> None:
    found = checked(QUICK, without(2_000, 6_500), **down())
    assert found.verdict == "measured"
    assert found.measures["channel_outage_ms.others.p95"] == 50.0
    assert found.measures["channel_outage_s.recovery"] == 0.55
    assert found.measures["channel_outage.waiting"] > 30
    assert found.exposure == {"changes owed to others while one was down": 40}


def test_others_that_wait_for_it() -> None:
    found = checked(without(2_000, 6_000), without(2_000, 6_500), **down())
    assert found.measures["channel_outage_ms.others.p95"] > 3_500


def test_a_quick_channel_that_an_outage_slows_is_named_though_it_stays_within_the_limit() -> None:
    late = [at for at in QUICK if not 2_000 <= at < 6_000 or at % 900 < 100]
    found = checked(late, without(2_000, 6_500), **down())
    assert found.measures["channel_outage.slowed"] == 1
    assert [one.channel for one in found.incidents if one.kind == "slowed"] == ["bazaar"]
    assert checked(QUICK, without(2_000, 6_500), **down()).measures["channel_outage.slowed"] == 0


def test_what_is_slow_after_the_return_too_hides_no_channel_that_was_slowed() -> None:
    """While all that waited is pushed, a channel that shares its connection waits as well."""
    late = [at for at in QUICK if not 2_000 <= at < 8_000 or at % 900 < 100]
    found = checked(late, without(2_000, 8_000), **down())
    assert [one.channel for one in found.incidents if one.kind == "slowed"] == ["bazaar"]


def test_a_channel_that_is_always_slow_is_not_slowed() -> None:
    late = QUICK[::9]
    assert checked(late, without(2_000, 6_500), **down()).measures["channel_outage.slowed"] == 0


def test_a_return_after_which_nothing_is_pushed() -> None:
    found = checked(QUICK, without(2_000, 99_000), **down())
    assert math.isinf(found.measures["channel_outage_s.recovery"])
    assert {incident.kind for incident in found.incidents} == {"not_recovered"}


def test_too_few_changes_of_others_give_no_quantile() -> None:
    found = checked(QUICK, without(2_000, 3_500), **down(until_s=3.0))
    assert "channel_outage_ms.others.p95" not in found.measures
    assert found.measures["channel_outage.others"] == 10


@pytest.mark.parametrize(("declared", "verdict"), [(True, "not_exercised"), (False, "measured")])
def test_little_is_owed_to_a_subject_that_lists_less(declared: bool, verdict: str) -> None:
    """Its listings show 20 units of 900, so that no sale makes them wrong."""
    sales = Sales(12_000)
    pushes = [f.ListingPushed(ns(at), name, "MUG", 20, 20) for at in QUICK[:20] for name in ("bazaar", "mercado")]
    run = in_scenario(*sales.facts, *pushes, rest(15_000), **down())
    facts = [
        msgspec.structs.replace(fact, lists_less=declared) if isinstance(fact, f.RunStarted) else fact
        for fact in run.facts
    ]
    (found,) = check_all(History.of(facts), (ChannelOutage(),))
    assert (found.verdict, bool(found.measures["channel_outage.others"])) == (verdict, not declared)
