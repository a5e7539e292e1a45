"""Literal results, checks and run facts for expectations. Every argument overrides one field."""

import math
from typing import Any

from stockstorm.reports.result import Check, Incident, Interval, Result, ThresholdOutcome, TierOutcome, Verdict
from stockstorm.simulator.history.facts import SCHEMA_VERSION, RunStarted

CORRECT = (
    "nothing_lost",
    "applied_twice",
    "forged",
    "drift",
    "stale_overwrite",
    "event_classes",
    "faults_met",
    "generator",
)


def run_started(**fields: Any) -> RunStarted:
    values: dict[str, Any] = {
        "at_ns": 1_000_000_000,
        "schema": SCHEMA_VERSION,
        "run": "a-run",
        "scenario": {"name": "flash_sale", "expect": {}},
        "seed": 7,
        "plan_digest": "abc",
        "wall_ns": 1_795_000_000_000_000_000,
        "duration_ns": 30_000_000_000,
        "safety_stock": 0,
        "subject": "reference",
        "driver": "live",
        "replay": "stockstorm run flash_sale --seed 7",
        "commit": "c0ffee",
        "versions": {"stockstorm": "0.1.0"},
        "machine": {"cores": "2"},
    }
    return RunStarted(**(values | fields))


def check(name: str, verdict: Verdict = "valid", reason: str = "", measures: dict[str, float] | None = None) -> Check:
    return Check(name, verdict, reason or f"{name} is {verdict}", measures or {})


def correct_checks() -> tuple[Check, ...]:
    """Every structural check, valid."""
    return tuple(check(name) for name in CORRECT)


def golden_result() -> Result:
    """A result with an infinity, an incident, each verdict, and characters that must be escaped."""
    oversell = Incident(
        kind="oversell",
        at_ns=11_912_000_000,
        text="bazaar sold 1 unit of <SKU|1> that was not there",
        channel="bazaar",
        sku="<SKU|1>",
        order=981,
        units=1,
        value_minor=2500,
        events=(298, 304),
        details={"staleness_ms": "570.7"},
    )
    checks = (
        check("nothing_lost", "valid", "none of 590 acknowledged events is without effect", {"lost.events": 0.0}),
        Check(
            "oversell",
            "invalid",
            "oversold units: 1, wanted == 0; 1 unit oversold",
            {"oversell.units": 1.0},
            (oversell,),
            1,
            exposure={"sell-outs across channels": 3},
        ),
        check("sync_latency", "valid", "656 owed", {"sync_latency_ms.p95": 1962.5, "sync_latency_ms.max": math.inf}),
        check("retry_discipline", "unknown", "no call was refused"),
    )
    return Result(
        run="20261124-063000-flash_sale-7",
        scenario="flash_sale",
        seed=7,
        plan_digest="9f2c",
        subject="reference & co <queue>",
        verdict="invalid",
        reasons=("oversold units: 1, wanted == 0",),
        tiers=(
            TierOutcome("under_10s", 10_000.0, "valid", "p95 1,962 ms"),
            TierOutcome("under_2s", 2_000.0, "unknown", "the interval straddles the limit"),
        ),
        checks=checks,
        thresholds=(
            ThresholdOutcome("oversell.units", "== 0", 1.0, "invalid", "oversold units: 1, wanted == 0"),
            ThresholdOutcome("order_latency_ms.p95", "< 900", None, "unknown", "order latency, p95: not measured"),
        ),
        measures={name: value for one in checks for name, value in one.measures.items()},
        intervals={"sync_latency_ms.p95": Interval(1962.5, 1610.0, math.inf)},
        event_classes={"acknowledged": {"once": 439, "none": 0}},
        notes=("retry gaps shortened 20 times",),
        commit="c0ffee",
        versions={"stockstorm": "0.1.0", "python": "3.11"},
        machine={"cores": "2"},
        replay="stockstorm run flash_sale --seed 7",
        started_wall_ns=1_795_000_000_000_000_000,
        duration_ns=30_000_000_000,
        unplanned=("worker ended by signal 9 (SIGKILL) at 11.000 s, nobody planned it; its last log line: <oom|1>",),
        rest="by probe, two reads 0.5 s apart",
        undecided=("retry_discipline",),
    )
