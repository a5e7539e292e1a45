"""Units sold beyond what was on the shelf are oversold."""

import msgspec
import pytest

from stockstorm.reports.checkers.oversell import Oversell
from stockstorm.reports.result import Check, Incident
from stockstorm.simulator.history import facts as f
from tests.literal_history import (
    cancelled,
    delivered,
    history,
    ns,
    opened,
    order_event,
    pushed,
    recorded,
    refused,
    rest,
    sold,
    stock_event,
    version,
    without_text,
)


def one_unit(of: str) -> dict[str, float]:
    return {f"oversell.{of}.incidents": 1.0, f"oversell.{of}.units": 1.0, f"oversell.{of}.value": 5.0}


def test_without_buyers_oversell_is_unknown() -> None:
    found = Oversell()(history(opened()))
    assert (found.verdict, found.measures) == (
        "unknown",
        {"oversell.incidents": 0.0, "oversell.units": 0.0, "oversell.value": 0.0, "oversell.exposures": 0.0},
    )


def test_a_sale_of_what_is_there_is_no_oversell() -> None:
    found = Oversell()(history(opened(), sold(0, 1, "bazaar", 2)))
    assert (found.verdict, found.measures) == (
        "valid",
        {"oversell.incidents": 0.0, "oversell.units": 0.0, "oversell.value": 0.0, "oversell.exposures": 0.0},
    )


def test_a_sale_beyond_the_shelf_is_oversold_by_what_was_not_there() -> None:
    found = Oversell()(
        history(
            opened(1), sold(0, 1, "bazaar", 1, 1, 1), order_event(0, 0, 1, "bazaar"), sold(40, 2, "mercado", 1, 0, 1)
        )
    )
    assert found == Check(
        name="oversell",
        verdict="valid",
        reason="1 unit oversold in 1 order line; all within the run's own latency",
        measures={
            **one_unit("mercado"),
            **one_unit("sku.MUG"),
            "oversell.incidents": 1.0,
            "oversell.units": 1.0,
            "oversell.value": 5.0,
            "oversell.exposures": 1.0,
            "oversell.late": 0.0,
        },
        incidents=(
            Incident(
                kind="oversell",
                at_ns=ns(40),
                text=(
                    "mercado sold 1 unit of MUG that was not on the shelf, at 0.040 s: what it showed "
                    "was 40 ms old and lacked order.created of bazaar's order 1"
                ),
                channel="mercado",
                sku="MUG",
                order=2,
                units=1,
                value_minor=500,
                events=(0,),
                details={"staleness_ms": "40.000"},
            ),
        ),
        incidents_total=1,
    )


@pytest.mark.parametrize(("sell_outs", "bound"), [(1, 1.0), (3, 1.0), (4, 0.75), (60, 0.05)])
def test_without_an_oversell_its_share_of_sell_outs_is_bounded_by_three_over_their_number(
    sell_outs: int, bound: float
) -> None:
    last_units = [sold(n, n, "bazaar", 1, 1, 1) for n in range(sell_outs)]  # restocked between them
    found = Oversell()(history(opened(1), *last_units, refused(100, 99, "mercado")))
    assert found.measures["oversell.exposures"] == sell_outs
    assert found.measures["oversell.bound_per_exposure"] == pytest.approx(bound)


def test_a_sell_out_on_one_channel_alone_gives_no_bound() -> None:
    found = Oversell()(history(opened(1), sold(0, 1, "bazaar", 1, 1, 1), refused(5, 2, "bazaar")))
    assert found.measures["oversell.exposures"] == 0
    assert "oversell.bound_per_exposure" not in found.measures


def test_with_an_oversell_there_is_no_bound() -> None:
    found = Oversell()(history(opened(1), sold(0, 1, "bazaar", 1, 1, 1), sold(40, 2, "mercado", 1, 0, 1)))
    assert found.measures["oversell.units"] == 1
    assert "oversell.bound_per_exposure" not in found.measures


def test_refused_buyers_alone_are_no_oversell_and_no_exposure() -> None:
    found = Oversell()(history(opened(0), refused(0, 1, "bazaar"), refused(0, 2, "mercado")))
    assert (found.verdict, found.measures) == (
        "valid",
        {"oversell.incidents": 0.0, "oversell.units": 0.0, "oversell.value": 0.0, "oversell.exposures": 0.0},
    )


def test_two_buyers_at_one_instant_can_oversell_by_a_part_of_an_order() -> None:
    found = Oversell()(
        history(
            opened(3),
            sold(0, 1, "online", 2, 3, 3),
            version(0, 1, -2, 1, order=1),
            stock_event(0, 0, 1),
            sold(0, 2, "bazaar", 2, 1, 3),
        )
    )
    assert (found.verdict, found.measures) == (
        "valid",
        {
            **one_unit("bazaar"),
            **one_unit("sku.MUG"),
            "oversell.incidents": 1.0,
            "oversell.units": 1.0,
            "oversell.value": 5.0,
            "oversell.exposures": 1.0,
            "oversell.late": 0.0,
        },
    )
    assert [without_text(incident) for incident in found.incidents] == [
        Incident(
            kind="oversell",
            at_ns=ns(0),
            text="",
            channel="bazaar",
            sku="MUG",
            order=2,
            units=1,
            value_minor=500,
            events=(0,),
            details={"staleness_ms": "0.000"},
        )
    ]


def test_oversells_are_counted_by_channel_and_for_the_skus_with_the_most_units() -> None:
    stocked = tuple(f.ItemStocked(ns(0), f"SKU-{n}", 2**53 + 9 + n, 7, 0, 100 * n, hot=False) for n in range(7))
    sales = tuple(
        f.PurchaseAccepted(ns(n), n, ("bazaar", "mercado")[n % 2], str(n), (f"SKU-{n}",), (n,), (0,), (9,))
        for n in range(1, 7)
    )
    found = Oversell()(history(opened(), stocked, sales)).measures
    parts = {kind: {ch: found[f"oversell.{ch}.{kind}"] for ch in ("bazaar", "mercado")} for kind in ("units", "value")}
    assert parts == {"units": {"bazaar": 12.0, "mercado": 9.0}, "value": {"bazaar": 56.0, "mercado": 35.0}}
    assert found["oversell.bazaar.incidents"] == 3.0
    skus = {name.split(".")[2]: units for name, units in found.items() if ".sku." in name and name.endswith("units")}
    assert skus == {"SKU-6": 6.0, "SKU-5": 5.0, "SKU-4": 4.0, "SKU-3": 3.0, "SKU-2": 2.0}


def sold_out(*then: f.AnyFact, hot_skus: int = 0) -> Check:
    """bazaar sells the only unit; the master has it after 20 ms and mercado shows it after 50 ms."""
    scenario = {
        "shop": {"hot_skus": hot_skus, "hot_stock": 1},
        "channels": [{"name": "online"}, {"name": "bazaar"}],
        "phases": [{"name": "p", "seconds": 10.0, "rate": 1.0, "hot_share": 0.5}],
    }
    facts = [
        msgspec.structs.replace(fact, scenario=scenario) if isinstance(fact, f.RunStarted) else fact
        for fact in opened(1)
    ]
    told = (order_event(0, 0, 1, "bazaar"), *delivered(0, 0))
    written = (recorded(20, 1, -1, 0, "bazaar:1"), stock_event(20, 1, 1), *delivered(20, 1, "inventory_levels/update"))
    shown = (pushed(50, "mercado", 0, 1), pushed(50, "bazaar", 0, 0))
    return Oversell()(history(*facts, sold(0, 1, "bazaar", 1, 1, 1), told, written, shown, *then, rest(9_000)))


def test_an_oversell_within_the_own_latency_is_natural() -> None:
    found = sold_out(sold(40, 2, "mercado", 1, 0, 1))
    assert (found.verdict, found.measures["oversell.late"]) == ("valid", 0)


def test_an_oversell_long_after_every_channel_knew_is_wrong() -> None:
    found = sold_out(pushed(500, "mercado", 1, 0), sold(1_000, 2, "mercado", 1, 0, 1))
    assert (found.verdict, found.measures["oversell.late"]) == ("invalid", 1)
    assert found.reason == (
        "1 unit oversold in 1 order line; 1 of them when the units had been gone for longer than 70 ms, the slowest "
        "that an order and a listing took in this run"
    )


def test_units_that_came_back_in_between_are_gone_from_then_on() -> None:
    back = (cancelled(800, 1, "bazaar"), sold(950, 2, "online", 1, 1, 1), version(950, 2, -1, -1, order=2))
    found = sold_out(*back, sold(1_000, 3, "mercado", 1, 0, 1))
    assert found.measures["oversell.late"] == 0


def test_more_than_the_own_latency_allows_is_wrong_although_each_is_within_it() -> None:
    many = [sold(40, 100 + n, "mercado", 1, 0, 1) for n in range(20)]
    assert sold_out(*many).verdict == "valid"  # no hot SKU, so there is no bound
    found = sold_out(*many, hot_skus=1)
    assert (found.verdict, found.measures["oversell.late"]) == ("invalid", 0)
    assert found.measures["oversell.bound_units"] < 20
    assert sold_out(*many[:1], hot_skus=1).verdict == "valid"
