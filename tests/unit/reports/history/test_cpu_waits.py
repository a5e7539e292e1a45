"""What other programs of the machine take from a run is excused, and what the run takes from itself is not."""

import pytest

from stockstorm.reports.history.cpu_waits import CpuWaits, Interval, build_cpu_waits
from stockstorm.simulator.history import facts as f
from tests.literal_history import history, ns, opened

MS = 1_000_000


def waits(waited_ms: int, others_ms: int, *, seconds: int = 4) -> CpuWaits:
    """In each second the worker uses 200 ms of CPU and waits for more, and others use some."""
    facts: list[f.AnyFact] = []
    for second in range(seconds + 1):
        at = ns(second * 1_000)
        facts += [
            f.ResourcesSampled(at - 1, "worker", second * 200 * MS, 1, waited_ns=second * waited_ms * MS),
            f.ResourcesSampled(at - 1, "receiver", 0, 1, waited_ns=second * MS),
            f.MachineSampled(at, 2, second * (200 + others_ms) * MS),
        ]
    return build_cpu_waits(history(*opened(duration_ms=seconds * 1_000), *facts))


def test_no_more_is_excused_than_a_process_waited_than_others_used_and_than_time_passed() -> None:
    assert waits(300, 500).excused_ms(ns(0), 2_000.0) == 600.0
    assert waits(300, 100).excused_ms(ns(0), 2_000.0) == 200.0
    assert waits(300, 500).excused_ms(ns(0), 100.0) == 100.0
    assert waits(300, 500).excused_ms(ns(500), 1_000.0) == 600.0  # it may be all of both seconds
    assert waits(0, 900).excused_ms(ns(0), 2_000.0) == 2.0  # of the receiver


def test_what_a_run_takes_from_itself_is_not_excused() -> None:
    alone = waits(900, 0)
    assert (alone.excused_ms(ns(0), 2_000.0), alone.stretch(ns(0), ns(4_000)), alone.text(ns(0), ns(4_000))) == (
        0.0,
        1.0,
        "",
    )


def test_work_takes_longer_by_what_was_waited_for_others() -> None:
    assert waits(299, 500).stretch(ns(0), ns(4_000)) == 2.5
    assert waits(299, 500).text(ns(0), ns(4_000)) == (
        "a process of the run waited 1.2 s of 4.0 s for a CPU, while other programs of the machine used 0.5 cores"
    )


def test_a_history_without_samples_of_the_machine_excuses_nothing() -> None:
    older = build_cpu_waits(history(*opened(), f.ResourcesSampled(ns(1), "worker", 1, 1)))
    assert (older.excused_ms(ns(0), 50.0), older.stretch(ns(0), ns(1_000)), older.text(ns(0), ns(1_000))) == (0, 1, "")


@pytest.mark.parametrize(
    ("waited_ms", "others_ms", "is_starved"), [(550, 800, True), (450, 800, False), (550, 150, False), (900, 0, False)]
)
def test_a_queue_may_have_grown_where_others_took_the_cpu_for_half_of_some_seconds(
    waited_ms: int, others_ms: int, is_starved: bool
) -> None:
    assert waits(waited_ms, others_ms).is_starved(ns(2_000), ns(2_100)) is is_starved


def test_a_queue_that_grew_before_is_met_later() -> None:
    assert waits(550, 800).is_starved(ns(8_000), ns(8_100))
    assert not waits(550, 800).is_starved(ns(10_000), ns(10_100))


def test_a_queue_grows_at_once_when_a_burst_meets_a_machine_that_others_use() -> None:
    """Nobody waits in a quiet second, so the seconds before do not show that others use the machine."""

    def interval(second: int, waited_ms: int) -> Interval:
        begin, waited = ns(second * 1_000), waited_ms * MS
        return Interval(begin, begin + 1_000 * MS, 200 * MS, waited, waited, others_ns=1_500 * MS)

    burst = CpuWaits([*(interval(second, 100) for second in range(6)), interval(6, 800), interval(7, 100)])
    assert burst.is_starved(ns(6_100), ns(6_900))
    assert not burst.is_starved(ns(7_100), ns(7_900))


def test_without_samples_of_the_machine_no_queue_is_excused() -> None:
    assert not build_cpu_waits(history(*opened())).is_starved(ns(0), ns(1_000))
