"""The load of the benchmarks: a day's mix of events on four channels, all subscribed to one URL."""

import time

from stockstorm.simulator.catalogue import make_catalogue
from stockstorm.simulator.clock import WallPair
from stockstorm.simulator.config import ChannelConfig, OrdersConfig, PhaseConfig, ShopConfig, WorldConfig
from stockstorm.simulator.delivery.service import DeliveryService, Secrets
from stockstorm.simulator.events.payloads import Payloads
from stockstorm.simulator.io.senders.resolver import Resolver
from stockstorm.simulator.plan.rates import with_event_rate
from stockstorm.simulator.seeds import Seeds
from stockstorm.simulator.world import World
from tests.benchmarks.receiver import SECRET

SHOP_TOPICS = ("orders/create", "orders/paid", "orders/updated", "orders/cancelled", "inventory_levels/update")
SEED = 11


def config_for(rate: float, seconds: float) -> WorldConfig:
    """A day's mix on four channels at this many events a second, with stock for all."""
    config = WorldConfig(
        shop=ShopConfig(skus=500, stock=900_000, hot_skus=20, hot_stock=900_000),
        channels=tuple(ChannelConfig(name=name) for name in ("online", "bazaar", "mercado", "tradepost")),
        phases=(PhaseConfig(name="steady", kind="poisson", seconds=seconds, rate=100, hot_share=0.2),),
        orders=OrdersConfig(paid_after_s=0.5, cancel_share=0.03, cancel_after_s=1.0),
    )
    return with_event_rate(config, rate, seconds)


def make_delivery_service(url: str, config: WorldConfig) -> tuple[World, DeliveryService]:
    """A world whose every topic and marketplace is subscribed to one URL, and its deliveries."""
    seeds = Seeds(SEED)
    catalogue = make_catalogue(config, seeds)
    world = World(config, catalogue, seeds)
    for topic in SHOP_TOPICS:
        world.subscribe("shopify", topic, url, now_ns=0)
    for channel in world.marketplaces:
        world.subscribe(channel, "*", url, now_ns=0)
    payloads = Payloads(catalogue, config.shop, WallPair(time.monotonic_ns(), time.time_ns()))
    secrets = Secrets(client_secret=SECRET, channel_secrets=SECRET)
    return world, DeliveryService(world, payloads, config, seeds, secrets, Resolver())
