"""What is committed is what open orders still wait for, whatever buyers, staff and an app do to the own store's orders.

Nobody sells elsewhere here, so what the master shows as available is what the shelf has.
"""

import random

import pytest

from stockstorm.simulator.catalogue import make_catalogue
from stockstorm.simulator.config import WorldConfig
from stockstorm.simulator.events.order_sums import due_units, refunded_units
from stockstorm.simulator.model import Fulfilment, Order, OrderKey, RefundLine
from stockstorm.simulator.plan.items import PlannedOrderEdit
from stockstorm.simulator.seeds import Seeds
from stockstorm.simulator.shop.lines import held, split, still_drawn
from stockstorm.simulator.world import World
from tests.small_world import SEED, buy, cancel, give_back, own_orders, pay, sku, small_config

STEPS = 60


def world_of(places: int) -> World:
    """Four SKUs, each stocked at so many locations."""
    small = small_config()
    shop = small.shop.model_copy(update={"locations": 3, "stocked_at": places, "stock": 40, "hot_stock": 40})
    config: WorldConfig = small.model_copy(update={"shop": shop})
    return World(config, make_catalogue(config, Seeds(SEED)), Seeds(SEED))


class Trade:
    """Steps at random, one after another, at times 1, 2, 3, …"""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.random, self.now, self.bought = world, random.Random(seed), 0, 0

    def step(self) -> None:
        self.now += 1
        act = self.random.choice(
            (self.buy, self.buy, self.follow, self.follow, self.edit, self.ship, self.refund, self.end)
        )
        act()

    def buy(self) -> None:
        places = self.random.sample(range(4), self.random.choice((1, 2)))
        lines = [(place, self.random.randint(1, 3)) for place in places]
        self.world.apply(buy(self.bought, "online", *lines), self.now)
        self.bought += 1

    def follow(self) -> None:
        key = self.random.randrange(self.bought + 1)
        item = self.random.choice((pay, pay, pay, cancel, None))
        order = next((each for each in own_orders(self.world) if each.key == key), None)
        if item is not None:
            self.world.apply(item(key), self.now)
        elif order is not None and not order.edits:
            place = next(place for place in range(4) if sku(place) == order.lines[0].sku)
            self.world.apply(give_back(key, (place, 1), restock=self.random.random() < 0.5), self.now)

    def edit(self) -> None:
        order = self._one()
        if order is None:
            return
        line, other = self.random.choice(order.lines), sku(self.random.randrange(4))
        removed = ((line.sku, self.random.randint(1, line.quantity)),) if self.random.random() < 0.6 else ()
        added = ((other, self.random.randint(1, 3)),) if all(each.sku != other for each in order.lines) else ()
        self.world.apply(PlannedOrderEdit(0, self.now, OrderKey(order.key), removed, added), self.now)

    def ship(self) -> None:
        order = self._one()
        due = {} if order is None else {line: units for line, units in due_units(order).items() if units}
        if order is not None and due:
            line = self.random.choice(list(due))
            parcel = Fulfilment(self.world.next_parcel(), self.now, ((line, self.random.randint(1, due[line])),))
            self.world.order_writes.fulfil(order, parcel, request=self.now, now_ns=self.now)

    def refund(self) -> None:
        """A refund by the app. Only units that were not shipped are given back as cancelled."""
        order = self._one()
        if order is None:
            return
        line = self.random.choice(order.lines)
        left, due = line.quantity - refunded_units(order).get(line.line_id, 0), due_units(order)[line.line_id]
        cancelled = self.random.random() < 0.5
        most = min(left, due) if cancelled else left
        if most:
            places = split(line.sku, self.random.randint(1, most), still_drawn(order))
            rows = tuple(RefundLine(line.line_id, line.sku, units, place) for place, units in places)
            self.world.order_writes.refund(
                order, rows, restock=self.random.random() < 0.7, cancelled=cancelled, note="", request=self.now,
                now_ns=self.now,
            )  # fmt: skip

    def end(self) -> None:
        order = self._one()
        if order is not None and not order.fulfilments:
            restock, refund = self.random.random() < 0.7, self.random.random() < 0.7
            self.world.order_writes.cancel(
                order, "staff", restock=restock, refund=refund, note=None, request=self.now, now_ns=self.now
            )

    def _one(self) -> Order | None:
        found = [order for order in own_orders(self.world) if order.cancelled_ns is None]
        return self.random.choice(found) if found else None


@pytest.mark.parametrize("places", [1, 3])
@pytest.mark.parametrize("seed", range(12))
def test_what_is_committed_is_what_open_orders_wait_for(places: int, seed: int) -> None:
    world = world_of(places)
    trade = Trade(world, seed)
    for _ in range(STEPS):
        trade.step()
        orders = [order for order in own_orders(world) if order.cancelled_ns is None]
        for product in world.catalogue.products:
            levels = world.levels(product.inventory_item_id)
            waiting = sum(units for order in orders for (name, _), units in held(order).items() if name == product.sku)
            assert sum(level.committed for level in levels) == waiting, (trade.now, product.sku)
            assert min(level.committed for level in levels) >= 0
            assert world.available(product.inventory_item_id) == world.physical(product.sku)
