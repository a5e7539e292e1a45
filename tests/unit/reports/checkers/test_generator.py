"""A generator that was not punctual makes speeds unknown, never invalid."""

from stockstorm.reports.checkers.generator import Generator
from stockstorm.reports.result import Check
from stockstorm.simulator.history import facts as f
from tests.literal_history import history, ns, opened, tried


def test_without_attempts_the_generator_is_unknown() -> None:
    found = Generator()(history(opened()))
    assert (found.verdict, found.measures) == (
        "unknown",
        {"generator.attempts": 0.0, "generator.resent": 0.0, "generator.pool_full_samples": 0.0},
    )


def test_attempts_that_started_when_they_could_are_punctual() -> None:
    found = Generator()(history(opened(), tried(0, 0), f.GeneratorSampled(ns(1_000), 10**9, 2_000_000, 3, 100, 0, 1)))
    assert found == Check(
        name="generator",
        verdict="valid",
        reason="1 attempt started within 0.0 ms (p99) of when they could",
        measures={
            "generator.lateness_ms.p50": 0.0,
            "generator.lateness_ms.p95": 0.0,
            "generator.lateness_ms.p99": 0.0,
            "generator.lateness_ms.max": 0.0,
            "generator.attempts": 1.0,
            "generator.resent": 0.0,
            "generator.pool_full_samples": 0.0,
            "generator.hub_gap_ms.max": 2.0,
            "generator.connections.max": 3.0,
            "generator.waiting.max": 0.0,
            "generator.journal_backlog.max": 1.0,
        },
    )


def test_attempts_that_started_late_make_speeds_unknown() -> None:
    found = Generator()(history(opened(), f.AttemptEnded(ns(90), 0, 1, ns(0), ns(80), ns(80), ns(90), ns(0), 200)))
    assert (found.verdict, found.measures) == (
        "unknown",
        {
            "generator.lateness_ms.p50": 80.0,
            "generator.lateness_ms.p95": 80.0,
            "generator.lateness_ms.p99": 80.0,
            "generator.lateness_ms.max": 80.0,
            "generator.attempts": 1.0,
            "generator.resent": 0.0,
            "generator.pool_full_samples": 0.0,
        },
    )


def test_a_full_pool_with_waiting_attempts_makes_speeds_unknown() -> None:
    found = Generator()(history(opened(), tried(0, 0), f.GeneratorSampled(ns(1_000), 10**9, 2_000_000, 100, 100, 7, 0)))
    assert (found.verdict, found.measures) == (
        "unknown",
        {
            "generator.lateness_ms.p50": 0.0,
            "generator.lateness_ms.p95": 0.0,
            "generator.lateness_ms.p99": 0.0,
            "generator.lateness_ms.max": 0.0,
            "generator.attempts": 1.0,
            "generator.resent": 0.0,
            "generator.pool_full_samples": 1.0,
            "generator.hub_gap_ms.max": 2.0,
            "generator.connections.max": 100.0,
            "generator.waiting.max": 7.0,
            "generator.journal_backlog.max": 0.0,
        },
    )


def test_waiting_for_a_connection_is_not_the_lateness_of_the_generator() -> None:
    found = Generator()(
        history(opened(), tried(0, 1), f.AttemptEnded(ns(190), 0, 1, ns(0), ns(180), ns(180), ns(190), ns(179), 200))
    )
    assert (found.verdict, found.measures) == (
        "valid",
        {
            "generator.lateness_ms.p50": 0.0,
            "generator.lateness_ms.p95": 1.0,
            "generator.lateness_ms.p99": 1.0,
            "generator.lateness_ms.max": 1.0,
            "generator.attempts": 2.0,
            "generator.resent": 0.0,
            "generator.pool_full_samples": 0.0,
        },
    )
