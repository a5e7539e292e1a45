"""A wrong quantity that is pushed to every marketplace after the last change is a wrong count, and no lost change."""

from collections.abc import Mapping

import pytest

from stockstorm.reports.diagnosis.case import Case
from stockstorm.reports.diagnosis.miscounted import Miscounted
from stockstorm.reports.history import History
from stockstorm.reports.result import Check
from stockstorm.simulator.config import FaultKind
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


def sold(wrong: range, away: range, fault: FaultKind = "kill_worker") -> Case:
    """Thirty SKUs are sold once on bazaar, those of `away` while a process is away, and pushed after it is back.

    The listings of `wrong` show one unit more than there is.
    """
    skus = [f"SKU-{number:02}" for number in range(30)]
    facts: list[f.AnyFact] = [f.ItemStocked(ns(-1), sku, n, 7, 7, 500, hot=False) for n, sku in enumerate(skus, 1)]
    facts += [f.ChannelOpened(ns(-1), name, online=name == "online") for name in ("online", "bazaar", "mercado")]
    facts += [started(), f.SubscriptionCreated(ns(0), 1, "bazaar", "*", "http://me/market")]
    facts += [f.FaultStarted(ns(5_000), fault, "worker"), f.FaultEnded(ns(6_000), fault, "worker")]
    for n, sku in enumerate(skus):
        at, ref = ns(5_500 if n in away else 100 + 100 * n), f"b-{n}"
        facts += [
            f.PurchaseAccepted(at, n, "bazaar", ref, (sku,), (1,), (7,), (7,)),
            f.EventFired(at, n, f"e{n}", "bazaar", "order.created", order=n),
            f.DeliveryPlanned(at, n, n, f"w{n}", 1, "order.created", at),
            f.AttemptEnded(at + 5, n, 1, at, at, at, at + 5, at, 200),
            f.DeliveryEnded(at + 5, n, "acknowledged"),
            f.StockChanged(ns(6_100), sku, n + 1, 7, 1, -1, 6, "subject_adjust", -1, ""),
            f.FinalStock(ns(9_000), sku, 6, 6, 1),
            f.StockProbed(ns(9_001), sku, 6),
        ]
        for name in ("bazaar", "mercado"):
            facts.append(f.ListingPushed(ns(6_200), name, sku, 6 + (n in wrong), 7))
            facts.append(f.FinalListing(ns(9_000), name, sku, 6 + (n in wrong)))
    facts.append(f.RunEnded(ns(9_100), complete=True))
    return Case(History.of(sorted(facts, key=lambda fact: fact.at_ns)), (Check("drift", "invalid", "wrong"),))


def test_orders_that_were_under_way_while_a_process_was_away_are_named() -> None:
    (found,) = Miscounted()(sold(range(8), range(9)))
    assert found.diagnosis.cause.endswith(
        "; 8 of them had an order under way while a process of the service that had ended was not ready again"
    )
    assert "1 of 22 SKUs whose listings are right had such an order" in found.diagnosis.evidence[0]
    assert "neither forget it nor count it anew when a process starts" in found.diagnosis.remedy


@pytest.mark.parametrize(
    "other",
    [
        sold(range(8), range(30)),  # the right ones as well
        sold(range(8), range(8, 16)),  # others
        sold(range(8), range(4)),  # half of them
        sold(range(3), range(9)),  # chance explains it
        sold(range(8), range(9), "pause_worker"),  # it forgets nothing
    ],
)
def test_of_other_restarts_the_count_says_nothing(other: Case) -> None:
    (found,) = Miscounted()(other)
    assert found.diagnosis.cause.endswith("the count from which listings are made is off")
