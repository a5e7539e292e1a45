"""Units that are due, over parcels, returns and cancellations in any order of time."""

import msgspec
import pytest

from stockstorm.simulator.events.order_sums import due_units, shipping_status
from stockstorm.simulator.model import Fulfilment, Order, Refund, RefundLine
from tests.literal_shop import MUG, ORDER

LINE = ORDER.lines[0].line_id  # 2 units


def order(*steps: Fulfilment | Refund) -> Order:
    one = msgspec.structs.replace(ORDER, lines=ORDER.lines[:1])
    parcels = tuple(step for step in steps if isinstance(step, Fulfilment))
    return msgspec.structs.replace(
        one, fulfilments=parcels, refunds=tuple(step for step in steps if isinstance(step, Refund))
    )


def parcel(at_ns: int, units: int) -> Fulfilment:
    return Fulfilment(at_ns, at_ns, ((LINE, units),))


def back(at_ns: int, units: int, *, cancelled: bool = False, restock: bool = True) -> Refund:
    return Refund(at_ns, at_ns, (RefundLine(LINE, MUG.sku, units),), restock, cancelled)


@pytest.mark.parametrize(
    ("steps", "due", "status"),
    [
        ((), 2, "unfulfilled"),
        ((parcel(1, 1),), 1, "partial"),
        ((parcel(1, 1), back(2, 1)), 1, "partial"),  # the one that was shipped came back; the other is due
        ((parcel(1, 1), back(2, 1, cancelled=True)), 0, "fulfilled"),  # the one that was not shipped was cancelled
        ((back(1, 1), parcel(2, 1)), 0, "fulfilled"),  # nothing had been shipped when it was given back
        ((parcel(1, 1), back(2, 2)), 0, "fulfilled"),
        ((parcel(1, 1), back(2, 1), parcel(3, 1), back(4, 1)), 0, "fulfilled"),
        ((parcel(1, 1), back(2, 1, restock=False)), 1, "partial"),
    ],
)
def test_a_unit_is_due_until_it_is_shipped_or_given_up(
    steps: tuple[Fulfilment | Refund, ...], due: int, status: str
) -> None:
    assert due_units(order(*steps)) == {LINE: due}
    assert shipping_status(order(*steps)) == status


def test_nothing_of_a_cancelled_order_is_due() -> None:
    assert due_units(msgspec.structs.replace(order(parcel(1, 1)), cancelled_ns=2)) == {LINE: 0}
