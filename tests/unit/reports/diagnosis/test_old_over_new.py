"""Why an older state came over a newer one: late events, reads from before a change, or pushes that overtake."""

from stockstorm.reports.checkers import check_all
from stockstorm.reports.checkers.drift import Drift
from stockstorm.reports.checkers.stale_overwrite import StaleOverwrite
from stockstorm.reports.diagnosis import diagnose
from stockstorm.reports.result import Diagnosis
from stockstorm.simulator.history import facts as f
from tests.literal_history import (
    SKU,
    delivered,
    history,
    ns,
    opened,
    pushed,
    query,
    rest,
    stock_event,
    version,
)

STOCK = "inventory_levels/update"


def cause(*facts: f.AnyFact | tuple[f.AnyFact, ...]) -> Diagnosis:
    change = (version(100, 1, -1, 9), stock_event(100, 1, 1), *delivered(101, 1, STOCK))
    first = (version(10, 0, 0, 10), stock_event(10, 0, 0), *delivered(11, 0, STOCK))[1:]
    found = history(opened(), first, change, *facts, pushed(150, "bazaar", 9), pushed(400, "bazaar", 10), rest())
    check = check_all(found, (StaleOverwrite(),))[0]
    assert check.verdict == "invalid", check.reason
    (named,) = [one for one in diagnose(found, (check,))[0] if one.name == "old_over_new"]
    return named


def test_what_a_read_from_before_the_change_had_shown() -> None:
    named = cause(query(50, 1, 0))
    assert named.cause.endswith(
        "each shows a read from before the newer change, which arrived while the read was under way"
    )
    assert named.evidence[0] == "1 of 1 show what the last read before them had shown"


def test_a_read_that_showed_the_change_or_none_is_no_cause() -> None:
    for reads in ((), query(200, 1, 1)):
        assert cause(*reads).cause.endswith("two pushes of one SKU overtake each other")


def first(*of_mercado: f.AnyFact) -> Diagnosis:
    """The first cause where bazaar went from 10 back to 9 for a while, and mercado shows 9 at rest."""
    found = history(
        opened(),
        f.SubscriptionCreated(ns(0), 1, "shopify", STOCK, "http://me/shop"),
        tuple(f.SubscriptionCreated(ns(0), 2, name, "*", "http://me/market") for name in ("bazaar", "mercado")),
        query(50, 1, 0),
        (version(100, 1, -1, 9), version(200, 2, 1, 10), stock_event(200, 2, 2), *delivered(201, 2, STOCK)),
        (pushed(150, "bazaar", 9), pushed(250, "bazaar", 10), pushed(300, "bazaar", 9), pushed(400, "bazaar", 10)),
        of_mercado,
        f.LoadStopped(ns(800)),
        rest(),
        f.FinalStock(ns(950), SKU, 10, 10, 2),
        (f.FinalListing(ns(950), "bazaar", SKU, 10), f.FinalListing(ns(950), "mercado", SKU, 9)),
        f.RunEnded(ns(960), complete=True),
    )
    return diagnose(found, check_all(found, (StaleOverwrite(), Drift())))[0][0]


def test_a_listing_at_rest_that_went_back_to_an_older_state_is_of_the_same_cause() -> None:
    """Although 10 could also have been the first state, so that it is no stale overwrite for certain."""
    named = first(pushed(250, "mercado", 10), pushed(300, "mercado", 9))
    assert (named.name, named.explains) == ("old_over_new", ("stale_overwrite", "drift"))
    assert named.cause.startswith("1 push put an older state over a newer one")


def test_a_listing_at_rest_that_never_showed_a_later_state_has_another_cause() -> None:
    assert first(pushed(150, "mercado", 9)).name == "lacking"
