"""Measures against the truth: the knowledge of a modelled subject is known at every instant.

300 purchases a second on four channels, with cancellations, returns, restocks to values seen before, sell-outs, pending
orders that are netted, coalesced pushes and batches with references.
"""

import functools
import math

import msgspec
import pytest

from stockstorm.reports.checkers import REQUIRED, check_all
from stockstorm.reports.history import History
from stockstorm.reports.history.invariants import first_breach
from stockstorm.reports.result import Check
from stockstorm.reports.statistics.quantiles import quantile
from stockstorm.simulator.config import (
    ChannelConfig,
    OrdersConfig,
    PhaseConfig,
    ShopConfig,
    ShopEventsConfig,
    SubjectConfig,
    WorldConfig,
)
from stockstorm.simulator.history.facts import EventFired, OrderCancelled
from tests.modelled.run import ModelledRun, run_model
from tests.modelled.subject import Behaviour, Flaw

BEHAVIOURS = {
    "usual": Behaviour(),
    "writes slowly": Behaviour(write_every_ms=600),
    "holds safety stock": Behaviour(safety_stock=3),
    "drops rows of 0 units": Behaviour(drops_zero_rows=True),
    "knows after a fixed delay": Behaviour(receive_ms=(300, 300)),
    "lists what the master shows": Behaviour(nets=False),
    "is told late and out of order": Behaviour(receive_ms=(5, 700), delivered_late=True),
}
STRUCTURAL = tuple(name for name in REQUIRED if name != "generator")


def trade(safety_stock: int = 0, seconds: float = 3.0) -> WorldConfig:
    return WorldConfig(
        shop=ShopConfig(skus=40, hot_skus=4, stock=120, hot_stock=60, buyers=1),
        channels=tuple(ChannelConfig(name=name) for name in ("online", "bazaar", "mercado", "tradepost")),
        phases=(PhaseConfig(name="load", kind="poisson", seconds=seconds, rate=300, hot_share=0.3),),
        orders=OrdersConfig(
            cancel_share=0.05, cancel_after_s=0.5, return_share=0.05, return_after_s=0.8, paid_after_s=0.2
        ),
        events=ShopEventsConfig(restocks_per_s=10, restock_units=5, restock_hot=True),
        subject=SubjectConfig(safety_stock=safety_stock),
    )


@functools.lru_cache(maxsize=4)
def played(behaviour: Behaviour, seed: int) -> tuple[ModelledRun, History]:
    run = run_model(trade(behaviour.safety_stock), behaviour, seed)
    return run, History.of(run.facts)


def findings(behaviour: Behaviour, seed: int) -> dict[str, Check]:
    return {check.name: check for check in check_all(played(behaviour, seed)[1])}


def flawed(flaw: Flaw, base: Behaviour = BEHAVIOURS["usual"]) -> tuple[ModelledRun, dict[str, Check]]:
    broken = msgspec.structs.replace(base, flaw=flaw)
    return played(broken, 7)[0], findings(broken, 7)


def accused(found: dict[str, Check]) -> set[str]:
    return {name for name, check in found.items() if check.verdict == "invalid"}


def assert_a_sound_subject_is_not_accused(seeds: range) -> None:
    kinds = list(BEHAVIOURS.values())
    for seed in seeds:
        found = findings(kinds[seed % len(kinds)], seed)
        run, history = played(kinds[seed % len(kinds)], seed)
        assert first_breach(history, run.facts) is None, f"seed {seed}"
        assert {name: found[name] for name in STRUCTURAL if found[name].verdict == "unknown"} == {}, f"seed {seed}"
        assert accused(found) == set(), f"seed {seed}"
        assert found["unexplained_push"].measures["unexplained_push.pushes"] == 0, f"seed {seed}"
        assert found["sync_latency"].measures["sync_latency_ms.never"] == 0, f"seed {seed}"
        assert found["order_latency"].measures["order_latency.never"] == 0, f"seed {seed}"


def test_a_sound_subject_is_not_accused() -> None:
    assert_a_sound_subject_is_not_accused(range(10))


@pytest.mark.prove
@pytest.mark.parametrize("start", range(10, 100, 10))
def test_a_sound_subject_is_not_accused_with_any_of_a_hundred_seeds(start: int) -> None:
    assert_a_sound_subject_is_not_accused(range(start, start + 10))


@pytest.mark.parametrize("kind", BEHAVIOURS)
def test_sync_latency_p95_is_within_a_tenth_of_the_truth(kind: str) -> None:
    measured, truth = [], []
    for seed in range(3):
        run, history = played(BEHAVIOURS[kind], seed)
        owed = {(o.channel, o.sku, o.fired_ns): o for o in run.owed}
        for pair in history.sync_pairs.pairs:
            known = owed[pair.channel, pair.sku, pair.fired_ns]
            if not pair.moot:
                measured.append(pair.latency_ms)
                truth.append((known.reached_ns - known.fired_ns) / 1e6 if known.reached_ns >= 0 else math.inf)
    ratio = quantile(sorted(measured), 0.95) / quantile(sorted(truth), 0.95)
    assert len(measured) > 2_000
    assert 0.9 <= ratio <= 1.1, f"measured over true p95: {ratio:.3f}"


@pytest.mark.parametrize("kind", BEHAVIOURS)
def test_moot_pairs_never_make_the_sync_latency_of_a_sound_subject_worse_than_it_is(kind: str) -> None:
    _, history = played(BEHAVIOURS[kind], 0)
    pairs = history.sync_pairs.pairs
    without = quantile(sorted(pair.latency_ms for pair in pairs if not pair.moot), 0.95)
    assert any(pair.moot for pair in pairs)
    assert quantile(sorted(pair.latency_ms for pair in pairs), 0.95) <= 1.1 * without


def test_owed_pairs_are_a_fair_sample_of_what_every_listing_was_owed() -> None:
    run, history = played(BEHAVIOURS["usual"], 1)
    measured = sorted(pair.latency_ms for pair in history.sync_pairs.pairs if not pair.moot)
    truth = sorted((owed.reached_ns - owed.fired_ns) / 1e6 for owed in run.owed if owed.reached_ns >= 0)
    assert quantile(measured, 0.95) == pytest.approx(quantile(truth, 0.95), rel=0.1)


def test_every_lost_order_event_is_named_and_nothing_else() -> None:
    run, found = flawed("loses_event")
    named = {event for incident in found["nothing_lost"].incidents for event in incident.events}
    fired = [fact for fact in run.facts if isinstance(fact, EventFired)]
    order_of = {event.event: event.order for event in fired if event.topic.startswith("order.")}
    cancelled = {fact.order for fact in run.facts if isinstance(fact, OrderCancelled)}
    must = {event for event in run.lost if event in order_of and order_of[event] not in cancelled}
    assert len(must) >= 5
    assert must <= named <= run.lost & set(order_of)  # a lost stock event is made good by the next one of its SKU
    assert found["nothing_lost"].measures["lost.events"] == len(named)
    assert accused(found) == {"nothing_lost", "drift"}


def test_orders_applied_twice_are_seen() -> None:
    _, found = flawed("applies_twice")
    assert found["applied_twice"].verdict == "invalid"
    assert found["applied_twice"].measures["applied_twice.orders"] >= 5


def test_orders_applied_twice_are_seen_in_net_terms_without_references() -> None:
    _, found = flawed("applies_twice", Behaviour(references=False))
    assert found["applied_twice"].verdict == "invalid"
    assert found["applied_twice"].notes != ()


def test_a_subject_without_references_is_not_accused_in_net_terms() -> None:
    found = findings(Behaviour(references=False), 3)
    assert accused(found) == set()
    assert found["applied_twice"].notes != ()


def test_stale_overwrites_are_seen_when_the_last_write_wins() -> None:
    run, found = flawed("last_write_wins", Behaviour(receive_ms=(5, 500)))
    assert found["stale_overwrite"].verdict == "invalid"
    assert 5 <= found["stale_overwrite"].incidents_total <= run.overwrites


def test_an_accepted_forgery_is_seen() -> None:
    _, found = flawed("accepts_forged")
    assert found["forged"].measures["forged.accepted"] == 1
    assert found["forged"].verdict == "invalid"


def test_a_forgotten_push_is_seen_as_drift() -> None:
    behaviour = Behaviour(flaw_share=0.2)
    run, found = flawed("forgets_push", behaviour)
    forgotten = {(owed.channel, owed.sku) for owed in run.owed if owed.reached_ns < 0}
    drifted = {(incident.channel, incident.sku) for incident in found["drift"].incidents}
    unreflected = {(incident.channel, incident.sku) for incident in found["sync_latency"].incidents}
    assert len(drifted) == found["drift"].measures["drift.listings"] >= 3
    assert drifted == unreflected <= forgotten
    assert found["drift"].measures["drift.orders"] == 0
    assert accused(found) == {"nothing_lost", "drift"}
    assert accused(findings(behaviour, 7)) == set()


def test_late_pushes_are_seen_in_the_sync_latency() -> None:
    sound, late = findings(Behaviour(), 7), flawed("pushes_late")[1]
    name = "sync_latency_ms.p50"
    assert late["sync_latency"].measures[name] > sound["sync_latency"].measures[name] + 1_000
