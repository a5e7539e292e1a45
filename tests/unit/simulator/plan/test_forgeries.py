"""Which forgeries a plan has: a few take turns, and as many as there are kinds cover every kind on every topic."""

import pytest

from stockstorm.simulator.config import ChannelConfig, LifeConfig, PhaseConfig, QuotasConfig, ShopConfig, WorldConfig
from stockstorm.simulator.model import APP_TOPICS
from stockstorm.simulator.plan.forgeries import (
    ALL_KINDS,
    FORGERY_KINDS,
    OF_SHOPIFY,
    SELDOM,
    names_shop,
    targets,
    told_topics,
)
from stockstorm.simulator.plan.items import PlannedForgery
from stockstorm.simulator.plan.planner import make_plan


def config(quota: int) -> WorldConfig:
    return WorldConfig(
        shop=ShopConfig(skus=5, buyers=5),
        channels=tuple(ChannelConfig(name=name) for name in ("online", "bazaar", "mercado")),
        phases=(PhaseConfig(name="even", kind="constant", seconds=20, rate=1),),
        life=(LifeConfig(kind="data_request", at_s=1), LifeConfig(kind="customer_redact", at_s=2)),
        quotas=QuotasConfig(forgeries=quota),
    )


def forgeries(quota: int, seed: int) -> list[PlannedForgery]:
    return [item for item in make_plan("x", config(quota), seed).items if isinstance(item, PlannedForgery)]


@pytest.mark.parametrize("seed", range(12))
def test_a_quota_of_all_kinds_has_each_kind_on_every_topic_that_can_have_it(seed: int) -> None:
    made = {(item.source, item.topic, item.kind) for item in forgeries(len(ALL_KINDS), seed)}
    assert made == {
        (source, topic, kind)
        for source, topic in targets(config(len(ALL_KINDS)))
        for kind in ALL_KINDS
        if kind not in OF_SHOPIFY or names_shop(source, topic)
    }
    assert {topic for _, topic, _ in made} >= set(APP_TOPICS)


@pytest.mark.parametrize("seed", range(5))
def test_replays_come_last_when_something_of_every_topic_was_sent(seed: int) -> None:
    made = forgeries(len(ALL_KINDS), seed)
    replays = [place for place, item in enumerate(made) if item.kind == "replayed"]
    assert replays == list(range(len(made) - len(targets(config(len(ALL_KINDS)))), len(made)))


def test_a_smaller_quota_takes_turns_and_leaves_out_what_is_nearly_always_refused() -> None:
    assert {item.kind for item in forgeries(len(ALL_KINDS) - 1, 3)} == set(FORGERY_KINDS)
    assert set(ALL_KINDS) - set(FORGERY_KINDS) == SELDOM == {"stale_key", "empty_key", "other_case"}
    assert told_topics(config(1)) == ["customers/data_request", "customers/redact"]
