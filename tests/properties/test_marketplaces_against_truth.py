"""A modelled subject sells on marketplaces that show pushes late. What they oversell by that is not held against it."""

from functools import cache
from typing import Any

import msgspec
import pytest

from stockstorm.reports.checkers import check_all
from stockstorm.reports.checkers.oversell import Oversell
from stockstorm.reports.checkers.sync_latency import SyncLatency
from stockstorm.reports.history import History
from stockstorm.reports.result import Check
from stockstorm.simulator.config import ChannelConfig, OrdersConfig, PhaseConfig, ShopConfig, WorldConfig
from stockstorm.simulator.history import facts as f
from tests.modelled.run import run_model
from tests.modelled.subject import Behaviour

LAG_S = 1.0
NAMES = ("online", "bazaar", "mercado", "tradepost")


def trade(lag_s: float) -> WorldConfig:
    """Hot SKUs that sell out within seconds; mercado shows a push late."""
    return WorldConfig(
        shop=ShopConfig(skus=20, hot_skus=4, stock=400, hot_stock=60, buyers=1),
        channels=tuple(ChannelConfig(name=name, lag_s=lag_s if name == "mercado" else 0.0) for name in NAMES),
        phases=(PhaseConfig(name="load", kind="poisson", seconds=4.0, rate=150, hot_share=0.6),),
        orders=OrdersConfig(cancel_share=0.03, cancel_after_s=0.5),
    )


@cache
def judged(lag_s: float, seed: int, *, told: bool = True) -> tuple[History, dict[str, Check]]:
    """`told`: the history says which marketplace shows pushes late."""
    config = trade(lag_s)
    scenario: dict[str, Any] = config.model_dump(mode="json") if told else {}
    facts = [
        msgspec.structs.replace(fact, scenario=scenario) if isinstance(fact, f.RunStarted) else fact
        for fact in run_model(config, Behaviour(), seed).facts
    ]
    history = History.of(facts)
    return history, {check.name: check for check in check_all(history, (Oversell(), SyncLatency()))}


@pytest.mark.parametrize("seed", range(2))
def test_a_sound_subject_is_not_accused_of_what_a_marketplace_shows_late(seed: int) -> None:
    found = judged(LAG_S, seed)[1]["oversell"]
    assert found.verdict == "valid"
    assert found.measures["oversell.beyond_reach.units"] > 10
    assert found.measures["oversell.units"] < found.measures["oversell.beyond_reach.units"]


@pytest.mark.parametrize("seed", range(2))
def test_what_is_counted_apart_is_as_much_as_the_lag_adds(seed: int) -> None:
    """Counted together it is what a judge sees that knows of no lag."""
    apart, together = (judged(LAG_S, seed, told=told)[1]["oversell"].measures for told in (True, False))
    assert apart["oversell.units"] + apart["oversell.beyond_reach.units"] == together["oversell.units"]
    assert apart["oversell.units"] == judged(0.0, seed)[1]["oversell"].measures["oversell.units"]
    assert judged(LAG_S, seed, told=False)[1]["oversell"].verdict == "invalid"


@pytest.mark.parametrize("seed", range(2))
def test_the_lag_is_in_no_latency(seed: int) -> None:
    late, at_once = (judged(lag_s, seed)[1]["sync_latency"] for lag_s in (LAG_S, 0.0))
    assert late.measures["sync_latency_ms.p95"] < at_once.measures["sync_latency_ms.p95"] + 1_000 * LAG_S / 4
    assert any("see a push 1 s after" in note for note in late.notes)
    assert at_once.notes == ()
