"""On which side of the subject's own stock a change was lost is told where it is the same for all."""

import pytest

from stockstorm.reports.diagnosis.case import Case
from stockstorm.reports.diagnosis.where_lost import NOT_APPLIED, NOT_PUSHED, OF_ANOTHER, WhereLost, where_lost
from stockstorm.reports.history import History
from stockstorm.simulator.history import facts as f
from tests.literal_history import ns, started

SKUS = ("A", "B", "C")
WRONG = {("bazaar", sku) for sku in SKUS}


def case(own: dict[str, int], *, elsewhere: int) -> Case:
    """Each SKU has 5 units, bazaar lists 7, and mercado `elsewhere`. `own`: what the subject has."""
    facts: list[f.AnyFact] = [f.ItemStocked(ns(-1), sku, n, 7, 7, 500, hot=False) for n, sku in enumerate(SKUS, 1)]
    facts += [f.ChannelOpened(ns(-1), name, online=name == "online") for name in ("online", "bazaar", "mercado")]
    facts.append(started())
    facts += [f.FinalStock(ns(900), sku, 5, 5, 1) for sku in SKUS]
    facts += [f.FinalListing(ns(900), "bazaar", sku, 7) for sku in SKUS]
    facts += [f.FinalListing(ns(900), "mercado", sku, elsewhere) for sku in SKUS]
    facts += [f.StockProbed(ns(901), sku, units) for sku, units in own.items()]
    return Case(History.of([*facts, f.RunEnded(ns(1_000), complete=True)]), ())


@pytest.mark.parametrize(
    ("own", "elsewhere", "hint"),
    [
        ({"A": 7, "B": 7, "C": 7}, 7, NOT_APPLIED),
        ({"A": 5, "B": 5, "C": 5}, 7, NOT_PUSHED),
        ({"A": 5, "B": 5, "C": 5}, 5, OF_ANOTHER),
        ({"A": 5, "B": 7, "C": 5}, 7, ""),  # not the same for all
        ({"A": 5, "B": 5}, 7, ""),  # not all are shown
        ({}, 7, ""),
    ],
)
def test_the_side_is_told_by_the_subjects_own_stock(own: dict[str, int], elsewhere: int, hint: str) -> None:
    found = where_lost(case(own, elsewhere=elsewhere), WRONG)
    assert found.hint == hint
    assert bool(found.text) == bool(hint)


def test_two_listings_tell_nothing() -> None:
    assert where_lost(case(dict.fromkeys(SKUS, 5), elsewhere=7), {("bazaar", "A"), ("bazaar", "B")}) == WhereLost()
