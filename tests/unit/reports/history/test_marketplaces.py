"""Outages and lags of marketplaces, and what of a latency is theirs."""

import math
from typing import Any

import pytest

from stockstorm.reports.history import History
from stockstorm.reports.history.marketplaces import Absences
from stockstorm.simulator.history import facts as f
from tests.literal_history import ns, pushed, recorded, rest, sold, version
from tests.outages import down, in_scenario, lagging


@pytest.mark.parametrize(
    ("begin", "end", "within"),
    [(0, 5, 0), (0, 15, 5), (12, 14, 2), (15, 45, 15), (0, 99, 20), (25, 28, 0), (50, 60, 0)],
)
def test_the_time_within_outages_is_exact(begin: int, end: int, within: int) -> None:
    assert Absences([(30, 40), (10, 15), (12, 20)]).within(begin, end) == within


def test_an_outage_lasts_from_its_begin_to_before_its_end() -> None:
    away = Absences([(10, 20)])
    assert [away.begun_by(at) for at in (9, 10, 19, 20)] == [None, 10, 10, None]


def latency_of(channel: str, history: History) -> list[float]:
    return [pair.latency_ms for pair in history.owed_pairs if pair.channel == channel]


SALE_AND_PUSHES = (version(1_000, 1, -1, 999), pushed(1_500, "bazaar", 999), pushed(7_000, "mercado", 999))


def test_the_time_of_an_outage_is_not_the_subjects() -> None:
    history = in_scenario(*SALE_AND_PUSHES, **down())
    assert (latency_of("bazaar", history), latency_of("mercado", history)) == ([500.0], [2_000.0])


def test_without_an_outage_all_of_it_is() -> None:
    assert latency_of("mercado", in_scenario(*SALE_AND_PUSHES)) == [6_000.0]


@pytest.mark.parametrize("other", [{"kind": "dropped"}, {"share": 0.5}, {"api": "bazaar"}, {"api": "admin"}])
def test_a_fault_that_is_no_outage_of_the_marketplace_excuses_nothing(other: dict[str, Any]) -> None:
    assert latency_of("mercado", in_scenario(*SALE_AND_PUSHES, **down(**other))) == [6_000.0]


def test_an_outage_lasts_as_long_as_the_marketplace_had_told_the_subject_to_wait() -> None:
    told = f.ApiCalled(
        ns(5_800), 1, "mercado", "PUT listings", 503, "failed", ns(5_800), injected="down", retry_after_s=1
    )
    history = in_scenario(*SALE_AND_PUSHES, told, **down())
    assert latency_of("mercado", history) == [pytest.approx(1_200.0)]


def test_what_is_never_reflected_stays_infinite() -> None:
    history = in_scenario(version(3_000, 1, -1, 999), pushed(3_100, "bazaar", 999), rest(9_000), **down())
    assert latency_of("mercado", history) == [math.inf]


def test_a_push_counts_when_it_is_accepted_and_sales_meanwhile_lower_what_was() -> None:
    facts = (
        version(1_000, 1, -990, 10),
        pushed(1_100, "mercado", 10),
        sold(1_200, 7, "mercado", quantity=4, shown=1_000),
        sold(1_300, 8, "mercado", quantity=9, shown=996),
    )
    lag = in_scenario(*facts, **lagging(2.0))
    assert latency_of("mercado", lag) == [100.0]
    listing = lag.listings["mercado", "MUG"]
    assert listing.listed == [1_000, 10, 6, 0]
    assert in_scenario(*facts).listings["mercado", "MUG"].listed == [1_000, 10, 996, 987]


POLLED = {"channels": [{"name": "online"}, {"name": "bazaar"}, {"name": "mercado", "tells": "feed"}]}


def order_of_mercado(shown_ms: float, pushed_ms: float) -> tuple[f.AnyFact, ...]:
    """An order of mercado in its outage, when an answer shows it, and when the master and bazaar include it."""
    return (
        sold(3_000, 7, "mercado", shown=1_000),
        f.OrdersShown(ns(shown_ms), 1, "mercado", (7,)),
        recorded(pushed_ms, 1, -1, 999, "mercado:7"),
        pushed(pushed_ms, "bazaar", 999),
        rest(15_000),
    )


@pytest.mark.parametrize(
    ("scenario", "order_ms", "sync_ms"),
    [
        (down() | POLLED, 1_500.0, 1_500.0),  # it was read when mercado was there again, at 6 s
        (down(), 4_500.0, 4_500.0),  # it had been notified
        (POLLED, 4_500.0, 4_500.0),
    ],
)
def test_an_order_that_nobody_could_read_is_not_late(scenario: dict[str, Any], order_ms: float, sync_ms: float) -> None:
    history = in_scenario(*order_of_mercado(6_500, 7_500), **scenario)
    assert [sample.latency_ms for sample in history.order_samples] == [order_ms]
    assert latency_of("bazaar", history) == [sync_ms]


def test_once_an_order_was_read_its_outage_excuses_nothing_more() -> None:
    history = in_scenario(*order_of_mercado(4_000, 7_500), **down(), **POLLED)
    assert [sample.latency_ms for sample in history.order_samples] == [3_500.0]
    assert latency_of("bazaar", history) == [3_500.0]
