"""Purchases with their payments, which the generator applies between the attempts that it sends."""

from collections.abc import Callable
from itertools import count
from typing import Final

from stockstorm.simulator.catalogue import make_catalogue
from stockstorm.simulator.config import ChannelConfig, PhaseConfig, ShopConfig, WorldConfig
from stockstorm.simulator.model import OrderKey
from stockstorm.simulator.plan.items import PlannedPayment, PlannedPurchase
from stockstorm.simulator.seeds import Seeds
from stockstorm.simulator.world import World

START_NS: Final = 10**18
BOUGHT: Final = 100  # orders of one round


def buys(channel: str) -> Callable[[], None]:
    """A round of purchases on a channel of a shop of 1,000 SKUs, each with its payment, its facts and its events."""
    config = WorldConfig(
        shop=ShopConfig(skus=1_000, locations=1, stock=1_000_000, buyers=1),
        channels=(ChannelConfig(name="online"), ChannelConfig(name="bazaar")),
        phases=(PhaseConfig(name="only", seconds=1),),
    )
    catalogue = make_catalogue(config, Seeds(1))
    world = World(config, catalogue, Seeds(1))
    world.opening(START_NS)
    numbers = count()

    def buy() -> None:
        for _ in range(BOUGHT):
            number = next(numbers)
            order, now_ns = OrderKey(2 * number), START_NS + number * 1_000
            lines = ((catalogue.products[number % 1_000].sku, 1),)
            world.apply(PlannedPurchase(number, 2 * number, order, channel, 0, lines), now_ns)
            world.apply(PlannedPayment(number, 2 * number + 1, order), now_ns)

    return buy
