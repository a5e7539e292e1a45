"""The end of a run, with subjects whose pending work is known: it is waited for and never counted as wrong.

The subject is stopped for a time near the end of the load, so it is silent although it has work.
"""

import functools

import pytest

from stockstorm.loadtests.generator.quiesce import Quiet
from stockstorm.reports.checkers import check_all
from stockstorm.reports.history import History
from stockstorm.reports.result import Check
from stockstorm.simulator.clock import SECOND_NS as S
from stockstorm.simulator.history.facts import QuietReached
from tests.modelled.rest import Stop, run_to_rest
from tests.modelled.subject import Behaviour, Flaw
from tests.properties.test_measures_against_truth import trade

QUIET = Quiet(S, 30 * S)
FOR_EVER = 10_000.0


@functools.lru_cache(maxsize=4)
def ended(*stops: Stop, probe: bool, flaw: Flaw = "") -> tuple[History, dict[str, Check]]:
    run = run_to_rest(trade(seconds=1.5), Behaviour(flaw=flaw), 3, QUIET, probe=probe, stops=stops)
    history = History.of(run.facts)
    return history, {check.name: check for check in check_all(history)}


def invalid(checks: dict[str, Check]) -> set[str]:
    return {name for name, check in checks.items() if check.verdict == "invalid"}


@pytest.mark.parametrize("for_s", [2.0, 14.0])
def test_a_stopped_subject_with_a_probe_is_waited_for(for_s: float) -> None:
    history, checks = ended((-0.5, for_s), probe=True)
    assert history.rest.text.startswith("by probe, two reads")
    assert checks["drift"].verdict == "valid", checks["drift"].reason
    assert invalid(checks) == set()


@pytest.mark.parametrize("probe", [True, False])
def test_a_sound_subject_comes_to_rest_with_and_without_a_probe(probe: bool) -> None:
    history, checks = ended(probe=probe)
    assert history.rest.text.startswith("by probe" if probe else "by silence of")
    assert checks["drift"].verdict == "valid", checks["drift"].reason


def test_a_subject_that_never_continues_is_unknown_and_its_pending_work_is_counted() -> None:
    history, checks = ended((-0.5, FOR_EVER), probe=True)
    assert history.rest.text.startswith("not reached: ")
    assert "pending by probe" in history.rest.text
    assert checks["drift"].verdict == checks["nothing_lost"].verdict == "unknown"
    assert invalid(checks) == set()
    assert checks["sync_latency"].measures["sync_latency_ms.never"] == 0
    assert checks["sync_latency"].measures["sync_latency_ms.open"] > 0
    assert checks["sync_latency"].measures["sync_latency_ms.max"] >= 30_000


def test_without_a_probe_silence_as_long_as_an_earlier_gap_is_no_rest() -> None:
    history, checks = ended((-1.4, -0.2), (0.1, 1.25), probe=False)
    quiet = history.last(QuietReached)
    assert quiet is not None
    assert quiet.silence_ns > quiet.longest_gap_ns > 1.1 * S > QUIET.quiet_ns
    assert checks["drift"].verdict == "valid", checks["drift"].reason


def test_a_subject_that_writes_seldom_and_pushes_at_once_is_waited_for_without_a_probe() -> None:
    """Its pushes end at once after the load, and its last batch of orders comes seconds later."""
    run = run_to_rest(
        trade(seconds=7.0), Behaviour(write_every_ms=2_400, batch_max=2_000), 3, QUIET, probe=False, stops=()
    )
    checks = {check.name: check for check in check_all(History.of(run.facts))}
    assert checks["drift"].verdict == "valid", checks["drift"].reason
    assert invalid(checks) == set()


def test_without_a_probe_a_longer_silence_than_ever_before_counts_as_rest() -> None:
    """Nothing shows the pending work then. The report says that rest was told by silence."""
    history, checks = ended((-0.5, 14.0), probe=False)
    assert history.rest.text.startswith("by silence of")
    assert checks["drift"].verdict == "invalid"


def test_what_is_wrong_with_nothing_pending_stays_invalid() -> None:
    _, checks = ended((-0.5, 3.0), probe=True, flaw="loses_event")
    assert "drift" in invalid(checks)
    _, stopped = ended((-0.5, FOR_EVER), probe=True, flaw="accepts_forged")
    assert invalid(stopped) == {"forged"}
