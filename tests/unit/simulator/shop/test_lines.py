"""What is left of an order, and where it was drawn from."""

import msgspec

from stockstorm.simulator.model import Drawn, Fulfilment, Order, OrderKey, OrderLine, Refund, RefundLine, Sku
from stockstorm.simulator.shop.lines import held, left, left_at, split

MUG, HAT = Sku("MUG"), Sku("HAT")
DRAWN = (Drawn(MUG, 7, 2), Drawn(MUG, 8, 3))


def order(*back: RefundLine, drawn: tuple[Drawn, ...] = DRAWN) -> Order:
    lines = (OrderLine(1, MUG, 5, 100), OrderLine(2, HAT, 1, 100))
    refunds = (Refund(9, 0, back, restock=True),) if back else ()
    return Order(OrderKey(0), 1, "1", 1, "online", 0, lines, 0, 0, refunds=refunds, drawn=drawn)


def test_units_are_left_where_they_were_drawn_from() -> None:
    assert left_at(order()) == [(HAT, 0, 1), (MUG, 7, 2), (MUG, 8, 3)]
    assert left_at(order(RefundLine(1, MUG, 1, 8))) == [(HAT, 0, 1), (MUG, 7, 2), (MUG, 8, 2)]


def test_units_that_came_back_elsewhere_are_of_the_first_location_that_has_any() -> None:
    assert left_at(order(RefundLine(1, MUG, 3))) == [(HAT, 0, 1), (MUG, 8, 2)]
    assert left_at(order(RefundLine(1, MUG, 5, 6), RefundLine(2, HAT, 1))) == []


def test_where_units_are_left_adds_up_to_what_is_left() -> None:
    for came in range(6):
        one = order(*[RefundLine(1, MUG, came, place) for place in (7,) if came])
        sums: dict[Sku, int] = {}
        for sku, _, units in left_at(one):
            sums[sku] = sums.get(sku, 0) + units
        assert sums == dict(left(one))


def test_an_order_of_single_locations_has_no_places() -> None:
    assert left_at(order(drawn=())) == [(MUG, 0, 5), (HAT, 0, 1)]


def test_a_part_is_split_as_it_was_drawn() -> None:
    drawn = list(DRAWN)
    assert split(MUG, 3, drawn) == [(7, 2), (8, 1)]
    assert split(MUG, 1, drawn) == [(8, 1)]
    assert split(HAT, 1, drawn) == [(0, 1)]


def test_what_is_held_is_what_was_neither_shipped_nor_given_back() -> None:
    parcel = Fulfilment(31, 5, ((1, 2), (2, 1)))  # the mugs come from location 7 first
    shipped = msgspec.structs.replace(order(), fulfilments=(parcel,))
    assert held(order()) == {(MUG, 7): 2, (MUG, 8): 3, (HAT, 0): 1}
    assert held(shipped) == {(MUG, 7): 0, (MUG, 8): 3, (HAT, 0): 0}
    returned = msgspec.structs.replace(shipped, refunds=(Refund(9, 6, (RefundLine(1, MUG, 1, 7),), restock=True),))
    assert sum(held(returned).values()) == 3
