"""Oversells that a marketplace alone caused are counted apart."""

import pytest

from stockstorm.reports.checkers.lost_units import LostUnits
from stockstorm.reports.checkers.oversell import Oversell
from stockstorm.reports.checkers.refused_though_available import RefusedThoughAvailable
from stockstorm.reports.result import Check
from stockstorm.simulator.history import facts as f
from tests.literal_history import pushed, refused, rest, sold, version
from tests.outages import down, in_scenario, lagging

# The own store sells out at 1 s. The subject pushes 0 at 1.1 s and 1.2 s.
SOLD_OUT = (
    version(1_000, 1, -1_000, 0),
    sold(1_000, 1, "online", quantity=1_000, before=1_000, shown=1_000),
    pushed(1_100, "bazaar", 0),
    pushed(1_200, "mercado", 0),
)


def judged(*facts: f.AnyFact, **scenario: object) -> Check:
    return Oversell()(in_scenario(*facts, rest(15_000), **scenario))


def counts(check: Check) -> tuple[float, float]:
    """Units that are judged, and those of marketplaces alone."""
    return check.measures["oversell.units"], check.measures.get("oversell.beyond_reach.units", 0.0)


def test_a_sale_of_what_a_marketplace_still_shows_is_its_own() -> None:
    late = sold(2_500, 2, "mercado", quantity=3, before=0, shown=1_000)
    found = judged(*SOLD_OUT, late, **lagging(5.0))
    assert (found.verdict, counts(found)) == ("valid", (0.0, 3.0))
    assert found.notes == (
        "mercado shows a push 5 s after it accepts it: 3 units oversold in 1 order line by that alone",
    )


def test_a_sale_before_the_subject_had_pushed_is_the_subjects_also_where_pushes_show_late() -> None:
    found = judged(*SOLD_OUT, sold(1_150, 2, "mercado", quantity=3, before=0, shown=1_000), **lagging(5.0))
    assert counts(found) == (3.0, 0.0)


@pytest.mark.parametrize("channel", ["bazaar", "online"])
def test_the_lag_of_one_marketplace_excuses_no_other_channel(channel: str) -> None:
    found = judged(*SOLD_OUT, sold(9_000, 2, channel, quantity=3, before=0, shown=1_000), **lagging(5.0))
    assert (found.verdict, counts(found)) == ("invalid", (3.0, 0.0))


GONE_IN_OUTAGE = (
    version(3_000, 1, -1_000, 0),
    sold(3_000, 1, "online", quantity=1_000, before=1_000, shown=1_000),
    pushed(3_100, "bazaar", 0),
    pushed(6_300, "mercado", 0),
)


def test_a_sale_in_an_outage_of_units_that_went_in_it_is_the_marketplaces() -> None:
    found = judged(*GONE_IN_OUTAGE, sold(5_000, 2, "mercado", quantity=2, before=0, shown=1_000), **down())
    assert (found.verdict, counts(found)) == ("valid", (0.0, 2.0))
    assert found.exposure == {}
    assert "mercado was down for a time" in found.notes[0]


def test_after_the_outage_it_is_the_subjects() -> None:
    found = judged(*GONE_IN_OUTAGE, sold(6_200, 2, "mercado", quantity=2, before=0, shown=1_000), **down())
    assert counts(found) == (2.0, 0.0)


def test_units_that_went_long_before_the_outage_are_the_subjects() -> None:
    facts = (*SOLD_OUT[:3], sold(2_500, 2, "mercado", quantity=2, before=0, shown=1_000), pushed(6_300, "mercado", 0))
    assert counts(judged(*facts, **down())) == (2.0, 0.0)


def test_a_buyer_is_turned_away_by_a_marketplace_that_shows_a_restock_late() -> None:
    restocked = (
        version(1_000, 1, -1_000, 0),
        pushed(1_100, "mercado", 0),
        version(3_000, 2, 50, 50, cause="restock"),
        pushed(3_100, "mercado", 50),
        refused(3_500, 3, "mercado", quantity=2, before=50, shown=0),
    )
    runs = [in_scenario(*restocked, rest(9_000), **scenario) for scenario in (lagging(5.0), {})]
    assert [RefusedThoughAvailable()(run).measures["refused.attempts"] for run in runs] == [0.0, 1.0]
    assert [LostUnits()(run).measures["lost_units.units"] for run in runs] == [0.0, 2.0]


@pytest.mark.parametrize(("restocked_ms", "attempts"), [(3_000, 0.0), (1_500, 1.0)])
def test_a_buyer_is_turned_away_by_a_marketplace_that_was_down_when_units_came_back(
    restocked_ms: float, attempts: float
) -> None:
    facts = (
        sold(500, 1, "online", quantity=1_000, before=1_000, shown=1_000),
        version(500, 1, -1_000, 0),
        pushed(600, "mercado", 0),
        version(restocked_ms, 2, 50, 50, cause="restock"),
        refused(5_000, 3, "mercado", quantity=2, before=50, shown=0),
    )
    run = in_scenario(*facts, rest(9_000), **down())
    found = RefusedThoughAvailable()(run)
    assert (found.measures["refused.attempts"], found.measures["refused.out_of_stock"]) == (attempts, 0.0)
    assert bool(found.notes) is not bool(attempts)
    assert LostUnits()(run).measures["lost_units.units"] == 2 * attempts
