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


def held(ms: float, request: int, cpu_ms: float, operation: str = "orders", api: str = "admin") -> f.AnyFact:
    return f.GeneratorHeld(ns(ms + cpu_ms), request, api, operation, ns(ms), int(cpu_ms * 1e6))


def test_the_call_that_held_the_generator_up_longest_is_named_as_the_cause_of_lateness() -> None:
    late = f.AttemptEnded(ns(90), 0, 1, ns(0), ns(80), ns(80), ns(90), ns(0), 200)
    found = Generator()(history(opened(), late, held(1, 1, 60), held(5, 2, 75, "PUT listings", "bazaar")))
    worst = "the subject's call PUT listings of the API of bazaar held the generator up for 75 ms at 0.005 s"
    assert found.verdict == "unknown"
    assert found.reason == f"it started attempts 80.0 ms late (p99); the limit is 50 ms; {worst}"
    assert found.notes == (
        worst,
        "the subject's call orders of the Admin API held the generator up for 60 ms at 0.001 s",
    )


def test_a_punctual_generator_names_the_five_worst_calls_as_notes() -> None:
    calls = [held(100 * number, number, 51 + number, "x" * 200) for number in range(9)]
    found = Generator()(history(opened(), tried(0, 0), *calls))
    assert (found.verdict, len(found.notes)) == ("valid", 6)
    assert [note.split(" for ")[1].split(" ms")[0] for note in found.notes[:5]] == ["59", "58", "57", "56", "55"]
    assert found.notes[5] == "4 more calls held the generator up for over 50 ms"
    assert "x" * 80 + "…" in found.notes[0]
