"""Crisis: a fast mover is more than 30 s stale on some channel."""

from stockstorm.reports.checkers.crisis_time import CrisisTime
from stockstorm.reports.result import Check, Incident
from tests.literal_history import history, ns, opened, pushed, sold, version, without_text

SALES = (sold(0, 1, "online"), version(0, 1, -1, 9, order=1), sold(10, 2, "online"), version(10, 2, -1, 8, order=2))


def test_without_sales_there_is_no_fast_mover() -> None:
    found = CrisisTime()(history(opened()))
    assert (found.verdict, found.measures) == ("unknown", {})


def test_a_listing_that_follows_within_30_s_is_no_crisis() -> None:
    found = CrisisTime()(
        history(opened(duration_ms=60_000), *SALES, pushed(20_000, "bazaar", 8), pushed(20_000, "mercado", 8))
    )
    assert (found.verdict, found.measures) == (
        "measured",
        {"crisis_time_s.total": 0.0, "crisis_time.fast_movers": 1.0, "crisis_time.open": 0.0},
    )


def test_a_listing_that_follows_after_40_s_was_in_crisis_for_10_s() -> None:
    found = CrisisTime()(
        history(opened(duration_ms=60_000), *SALES, pushed(40_000, "bazaar", 8), pushed(40_000, "mercado", 8))
    )
    assert found == Check(
        name="crisis_time",
        verdict="measured",
        reason="10.0 s of crisis over 1 fast mover",
        measures={"crisis_time_s.total": 10.0, "crisis_time.fast_movers": 1.0, "crisis_time.open": 0.0},
        incidents=(
            Incident(
                kind="crisis",
                at_ns=ns(30000),
                text="bazaar showed MUG more than 30 s stale from 30.000 s",
                channel="bazaar",
                sku="MUG",
            ),
        ),
        incidents_total=1,
    )


def test_a_slow_mover_is_never_in_crisis() -> None:
    found = CrisisTime()(
        history(opened(duration_ms=600_000), *SALES, pushed(400_000, "bazaar", 8), pushed(400_000, "mercado", 8))
    )
    assert (found.verdict, found.measures) == ("unknown", {})


def test_crises_on_two_channels_at_once_count_once() -> None:
    found = CrisisTime()(
        history(opened(duration_ms=60_000), *SALES, pushed(35_000, "bazaar", 8), pushed(50_000, "mercado", 8))
    )
    assert (found.verdict, found.measures) == (
        "measured",
        {"crisis_time_s.total": 20.0, "crisis_time.fast_movers": 1.0, "crisis_time.open": 0.0},
    )
    assert [without_text(incident) for incident in found.incidents] == [
        Incident(kind="crisis", at_ns=ns(30000), text="", channel="bazaar", sku="MUG")
    ]
