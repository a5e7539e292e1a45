"""The forgeries of a plan: every kind and every topic of every source in turn, spread evenly over the load.

A few forgeries cannot show every kind on every topic, so they take turns. As many of each topic as there are kinds can,
and then each kind comes on each topic.
"""

from collections import deque
from collections.abc import Iterator
from typing import Final, get_args

from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import ForgeryKind, WorldConfig
from stockstorm.simulator.model import (
    APP_TOPICS,
    LIFE_TOPICS,
    MARKETPLACE_TOPICS,
    ONLINE,
    SHOPIFY,
    SHOPIFY_TOPICS,
    Topic,
)
from stockstorm.simulator.plan import schedule
from stockstorm.simulator.plan.demand import Demand
from stockstorm.simulator.plan.drafts import Draft, Rank
from stockstorm.simulator.plan.items import PlannedForgery
from stockstorm.simulator.seeds import Seeds

ALL_KINDS: Final[tuple[ForgeryKind, ...]] = get_args(ForgeryKind)
# Whatever refuses a wrong key refuses these too, nearly always: they come where every kind comes on every topic.
SELDOM: Final[frozenset[ForgeryKind]] = frozenset({"stale_key", "empty_key", "other_case"})
FORGERY_KINDS: Final = tuple(kind for kind in ALL_KINDS if kind not in SELDOM)  # those that take turns
LAST: Final[ForgeryKind] = "replayed"  # when something of every topic has been sent
OF_SHOPIFY: Final[frozenset[ForgeryKind]] = frozenset({"other_shop"})  # a marketplace names no shop


def forgery_count(config: WorldConfig) -> int:
    """The number of forgeries: by rate, but at least the quota of each topic, and one of each kind."""
    end_s = schedule.starts_ns(config.phases)[-1] / SECOND_NS
    by_rate, quota = round(config.events.forgeries_per_s * end_s), config.quotas.forgeries
    return max(by_rate, len(targets(config)) * quota, len(FORGERY_KINDS) if quota else 0)


def targets(config: WorldConfig) -> list[tuple[str, Topic]]:
    """(source, topic) of everything that can be forged. The marketplaces come first, see `dealt`."""
    markets = [channel.name for channel in config.channels if channel.name != ONLINE]
    return [
        *((market, topic) for market in markets for topic in MARKETPLACE_TOPICS),
        *((SHOPIFY, topic) for topic in told_topics(config)),
        *((SHOPIFY, topic) for topic in SHOPIFY_TOPICS),
    ]


def has_every_pair(config: WorldConfig) -> bool:
    """Whether each kind comes on each topic."""
    return config.quotas.forgeries >= len(ALL_KINDS)


def told_topics(config: WorldConfig) -> list[Topic]:
    """The topics of what the plan tells the app; all that an app can be told where every one of them is forged."""
    if has_every_pair(config):
        return sorted(APP_TOPICS)
    return sorted({LIFE_TOPICS[life.kind] for life in config.life if life.kind in LIFE_TOPICS})


def dealt(config: WorldConfig, seeds: Seeds) -> Iterator[tuple[ForgeryKind, str, Topic]]:
    """Kind, source and topic of one forgery after the other, without an end.

    Each takes the kind that was used longest ago and that its source can have. A round over all targets ends with
    Shopify's, which can have every kind, so that none is left over. The next round begins with another kind.
    """
    kinds = deque(FORGERY_KINDS)
    kinds.rotate(int(seeds.draw("forgery kinds") * len(kinds)))
    while True:
        for source, topic in targets(config):
            kind = next(kind for kind in kinds if source == SHOPIFY or kind not in OF_SHOPIFY)
            kinds.remove(kind)
            kinds.append(kind)
            yield kind, source, topic
        kinds.rotate(1)


def names_shop(source: str, topic: Topic) -> bool:
    """Whether a delivery for another shop can be told by its ids. Of an app it is told by its headers alone."""
    return source == SHOPIFY and topic not in APP_TOPICS


def every_pair(config: WorldConfig, seeds: Seeds) -> Iterator[tuple[ForgeryKind, str, Topic]]:
    """Round after round each kind on every topic of every source that can have it. Replays come in the last round."""
    kinds = [kind for kind in ALL_KINDS if kind != LAST]
    start = int(seeds.draw("forgery kinds") * len(kinds))
    while True:
        for kind in (*kinds[start:], *kinds[:start], LAST):
            for source, topic in targets(config):
                yield (kind if kind not in OF_SHOPIFY or names_shop(source, topic) else "wrong_key"), source, topic


def forgery_drafts(config: WorldConfig, seeds: Seeds, demand: Demand) -> Iterator[Draft]:
    """All forgeries, sorted. Each has its own part of the load, and a time within it that the seed draws."""
    end_ns, count = schedule.starts_ns(config.phases)[-1], forgery_count(config)
    turns = every_pair(config, seeds) if has_every_pair(config) else dealt(config, seeds)
    for n in range(count):
        time_draw, sku_draw, *_ = seeds.draws("forgery", n)
        kind, source, topic = next(turns)
        values = (kind, demand.any_sku(sku_draw), source, topic)
        yield Draft(min(int((n + time_draw) / count * end_ns), end_ns - 1), Rank.FORGERY, n, 0, PlannedForgery, values)
