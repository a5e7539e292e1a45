"""A wrong quantity that is pushed to every marketplace after the last change is a wrong count, and no lost change."""

from collections.abc import Mapping

import pytest

from stockstorm.reports.diagnosis.case import Case
from stockstorm.reports.diagnosis.miscounted import Miscounted
from stockstorm.reports.history import History
from stockstorm.reports.result import Check
from stockstorm.simulator.history import facts as f
from tests.literal_history import ns, started

SKUS = ("A", "B", "C", "D")
EVERYWHERE = {"bazaar": 4, "mercado": 4}


def case(listed: Mapping[str, int], pushed_ms: float = 300, own: int | None = None) -> Case:
    """Each SKU goes from 7 to 5 units at 200 ms, in the shop, and is pushed later; `own`: what the subject has."""
    facts: list[f.AnyFact] = [f.ItemStocked(ns(-1), sku, n, 7, 7, 500, hot=False) for n, sku in enumerate(SKUS, 1)]
    facts += [f.ChannelOpened(ns(-1), name, online=name == "online") for name in ("online", "bazaar", "mercado")]
    facts.append(started())
    facts += [f.StockChanged(ns(200), sku, n, 7, 1, -2, 5, "restock", -1, "") for n, sku in enumerate(SKUS, 1)]
    facts += [f.ListingPushed(ns(pushed_ms), name, sku, units, 7) for sku in SKUS for name, units in listed.items()]
    facts += [f.FinalStock(ns(900), sku, 5, 5, 1) for sku in SKUS]
    facts += [f.FinalListing(ns(900), name, sku, units) for sku in SKUS for name, units in listed.items()]
    facts += [f.StockProbed(ns(901), sku, own) for sku in SKUS if own is not None]
    facts = sorted(facts, key=lambda fact: fact.at_ns)
    checks = (Check("drift", "invalid", "wrong"),)
    return Case(History.of([*facts, f.RunEnded(ns(1_000), complete=True)]), checks)


def test_the_same_wrong_quantity_everywhere_after_the_last_change() -> None:
    (found,) = Miscounted()(case(EVERYWHERE, own=5))
    assert found.diagnosis.cause == (
        "4 of 4 SKUs with wrong listings were pushed after their last change, the same wrong quantity to every "
        "marketplace: the count from which listings are made is off"
    )
    assert found.diagnosis.evidence[0].startswith("wrong: A shows 4 everywhere, of 5")
    assert found.diagnosis.evidence[1] == "the service's own stock is right for 4 of 4"
    assert len(found.covers) == 8


@pytest.mark.parametrize(
    "other",
    [
        case({"bazaar": 4, "mercado": 5}, own=5),  # one marketplace is right
        case({"bazaar": 4, "mercado": 3}, own=5),  # each shows another number
        case(EVERYWHERE, pushed_ms=100, own=5),  # nothing was pushed after the change, which listings may lack
        case(EVERYWHERE, own=4),  # its own stock may lack a change
        case(EVERYWHERE),  # it does not show its stock
        case({"bazaar": 5, "mercado": 5}, own=5),
    ],
)
def test_where_a_change_or_a_push_may_be_lacking_nothing_is_said_of_the_count(other: Case) -> None:
    assert list(Miscounted()(other)) == []
