"""The cost of judging: 200,000 facts of the modelled subject within 3 s of CPU time."""

import time

from stockstorm.reports.checkers import check_all
from stockstorm.reports.history import History
from stockstorm.reports.verdict.samples import intervals
from stockstorm.simulator.config import (
    ChannelConfig,
    OrdersConfig,
    PhaseConfig,
    ShopConfig,
    ShopEventsConfig,
    WorldConfig,
)
from tests.modelled.run import run_model
from tests.modelled.subject import Behaviour

TRADE = WorldConfig(
    shop=ShopConfig(skus=300, hot_skus=4, stock=120, hot_stock=60, buyers=1),
    channels=tuple(ChannelConfig(name=name) for name in ("online", "bazaar", "mercado", "tradepost")),
    phases=(PhaseConfig(name="load", kind="poisson", seconds=100, rate=300, hot_share=0.1),),
    orders=OrdersConfig(cancel_share=0.05, cancel_after_s=0.5, return_share=0.05, return_after_s=0.8),
    events=ShopEventsConfig(restocks_per_s=20, restock_units=10, restock_hot=True),
)


def test_two_hundred_thousand_facts_are_judged_within_three_seconds() -> None:
    facts = run_model(TRADE, Behaviour(), 1).facts
    assert len(facts) >= 200_000
    begun = time.process_time()
    history = History.of(facts[:200_000])
    checks, found = check_all(history), intervals(history)
    spent = time.process_time() - begun
    assert all("the checker failed" not in check.reason for check in checks)
    assert found["sync_latency_ms.p95"].low is not None
    assert spent < 3.0, f"{spent:.2f} s"
