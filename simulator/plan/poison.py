"""The poison of a plan: each kind of each topic that can have it, as often as the quota says, spread over the load."""

from collections.abc import Iterator
from typing import Final, get_args

from stockstorm.simulator.config import PoisonKind, WorldConfig
from stockstorm.simulator.model import ONLINE, SHOPIFY, Topic
from stockstorm.simulator.plan import schedule
from stockstorm.simulator.plan.demand import Demand
from stockstorm.simulator.plan.drafts import Draft, Rank
from stockstorm.simulator.plan.items import PlannedPoison
from stockstorm.simulator.seeds import Seeds

OF_SHOP: Final[tuple[tuple[Topic, PoisonKind], ...]] = (
    ("orders/create", "null_lines"),
    ("orders/create", "wrong_type"),
    ("orders/create", "not_json"),
    ("inventory_levels/update", "wrong_type"),
    ("inventory_levels/update", "not_json"),
    ("inventory_levels/update", "null_level"),
    ("products/update", "wrong_type"),
)
OF_LEVELS: Final[frozenset[PoisonKind]] = frozenset({"null_level"})  # what an order has nothing for
KINDS: Final[tuple[PoisonKind, ...]] = get_args(PoisonKind)
OF_CHANNEL: Final[tuple[tuple[Topic, PoisonKind], ...]] = (
    *(("order.created", kind) for kind in KINDS if kind not in OF_LEVELS),
    ("order.cancelled", "wrong_type"),
)


def poison_count(config: WorldConfig) -> int:
    """The number of such deliveries."""
    return config.quotas.poison * len(_targets(config)) if config.quotas.poison else 0


def _targets(config: WorldConfig) -> list[tuple[str, Topic, PoisonKind]]:
    """One marketplace after the other, so that a subject has recovered from a kind before the same one comes again."""
    markets = [channel.name for channel in config.channels if channel.name != ONLINE]
    first, *others = [[(market, topic, kind) for topic, kind in OF_CHANNEL] for market in markets] or [[]]
    between = [(SHOPIFY, topic, kind) for topic, kind in OF_SHOP]
    return [*first, *between, *(target for other in others for target in other)]


def poison_drafts(config: WorldConfig, seeds: Seeds, demand: Demand) -> Iterator[Draft]:
    """All of them, sorted. Each has its own part of the load, and a time within it that the seed draws."""
    count, end_ns = poison_count(config), schedule.starts_ns(config.phases)[-1]
    if not count:
        return
    targets = _targets(config)
    start = int(seeds.draw("poison kinds") * len(targets))
    for n in range(count):
        time_draw, sku_draw, *_ = seeds.draws("poison", n)
        source, topic, kind = targets[(start + n) % len(targets)]
        values = (kind, demand.any_sku(sku_draw), source, topic)
        yield Draft(min(int((n + time_draw) / count * end_ns), end_ns - 1), Rank.POISON, n, 0, PlannedPoison, values)
