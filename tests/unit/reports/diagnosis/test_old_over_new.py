"""Why an older state came over a newer one: late events, reads from before a change, or pushes that overtake."""

from stockstorm.reports.checkers import check_all
from stockstorm.reports.checkers.stale_overwrite import StaleOverwrite
from stockstorm.reports.diagnosis import diagnose
from stockstorm.reports.result import Diagnosis
from stockstorm.simulator.history import facts as f
from tests.literal_history import delivered, history, opened, pushed, query, rest, stock_event, version

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
