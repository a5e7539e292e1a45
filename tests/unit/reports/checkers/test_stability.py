"""A process that ended and an address where nobody answered are told first, with what was last in the log."""

import pytest

from stockstorm.reports.checkers.stability import Outage, Stability, outages
from stockstorm.reports.result import Incident
from stockstorm.reports.verdict.judge import UNPLANNED_SHOWN, judge
from stockstorm.simulator.config import FAULTS, fault_label
from stockstorm.simulator.history import facts as f
from tests.literal_history import delivered, history, ns, opened, tried

EXITED: f.FaultName = "exited by itself"
KIND: f.FaultName = next(iter(FAULTS))


def died(ms: float, code: int = -9, lines: tuple[str, ...] = ("begun", "", "MemoryError: no more")) -> f.AnyFact:
    return f.ProcessEnded(ns(ms), "worker", 41, code, lines)


def refused(*times_ms: float) -> tuple[f.AnyFact, ...]:
    return tuple(tried(ms, n, 0, 0, "connect_refused") for n, ms in enumerate(times_ms))


def test_without_any_event_it_is_valid_and_says_what_was_seen() -> None:
    found = Stability()(history(opened(), delivered(0, 0)))
    assert (found.verdict, found.incidents) == ("valid", ())
    assert (
        found.reason == "no process of it ended unplanned, and it answered throughout 1 attempt, planned faults aside"
    )
    assert found.measures == {"stability.unplanned_ends": 0.0, "stability_s.unreachable": 0.0}


@pytest.mark.parametrize(
    ("code", "lines", "text"),
    [
        (-9, ("one", "Killed", ""), "by signal 9 (SIGKILL) at 4.000 s, nobody planned it; its log ends with: Killed"),
        (3, (), "with exit code 3 at 4.000 s, nobody planned it; its log is empty"),
    ],
)
def test_an_unplanned_end_of_a_process_is_an_incident_but_decides_nothing(
    code: int, lines: tuple[str, ...], text: str
) -> None:
    found = Stability()(history(opened(), died(4_000, code, lines)))
    details = {"process": "41", "last log lines": "\n".join(lines)}
    assert found.incidents == (Incident("process_ended", ns(4_000), f"worker ended {text}", details=details),)
    assert (found.verdict, found.reason) == ("unknown", f"worker ended {text}")
    assert found.measures["stability.unplanned_ends"] == 1.0


def test_an_end_while_a_fault_is_open_names_the_fault() -> None:
    fault = (f.FaultStarted(ns(3_900), KIND, "worker"), f.FaultEnded(ns(4_100), KIND, "worker"))
    text = Stability()(history(opened(), fault, died(4_000))).incidents[0].text
    assert f"while a planned fault was open ({fault_label(KIND)})" in text
    assert "nobody planned it" not in text


def test_an_address_where_nobody_listens_is_an_incident_with_its_interval() -> None:
    down = refused(1_000, 1_200, 1_400)
    found = Stability()(history(opened(), tried(0, 9), down, tried(3_000, 9), f.QuietReached(ns(9_000), True, 0)))
    assert [incident.text for incident in found.incidents] == [
        (
            "nobody answered at the subject's address from 1.000 s to 3.005 s, and nobody planned it: "
            "3 attempts without a connection (connection refused)"
        )
    ]
    assert found.measures["stability_s.unreachable"] == 2.005
    endless = Stability()(history(opened(), down, f.QuietReached(ns(9_000), True, 0)))
    assert "from 1.000 s to the end of the run" in endless.incidents[0].text
    assert endless.measures["stability_s.unreachable"] == 8.0


def test_a_name_without_an_address_is_told_apart_from_a_refused_connection() -> None:
    nameless = tuple(tried(ms, n, 0, 0, "unknown_host") for n, ms in enumerate((1_000, 1_010, 1_020)))
    (found,) = outages_of(nameless, refused(1_030), tried(1_100, 9))
    assert (found.refused, found.silent) == (4, 0)
    assert found.how == ("no address for the host's name", "connection refused")


def test_two_refusals_an_answer_between_them_or_another_cause_is_no_outage() -> None:
    assert not outages_of(refused(0, 10))
    assert not outages_of(refused(0, 10), tried(20, 9), refused(40, 50))
    assert len(outages_of(refused(0, 10, 20), tried(30, 9), refused(40, 50, 60))) == 2
    for fault in (KIND, EXITED):
        interval = (f.FaultStarted(ns(5), fault, "receiver"), f.FaultEnded(ns(15), fault, "receiver"))
        assert Stability()(history(opened(), interval, refused(0, 10, 20), tried(30, 9))).verdict == "valid"


def test_attempts_without_an_answer_are_an_outage_only_when_they_last() -> None:
    slow = tuple(tried(ms, 0, 1_000, 0, "connect_timeout") for ms in (0, 1_000, 2_000))
    assert not outages_of(slow, tried(4_000, 9))
    (found,) = outages_of(slow, tried(5_000, 9))
    assert (found.begin_ns, found.end_ns, found.refused, found.silent) == (ns(0), ns(5_005), 0, 3)
    assert "3 attempts without an answer" in Stability()(history(opened(), slow, tried(5_000, 9))).incidents[0].text


def test_who_closes_a_connection_without_an_answer_is_there() -> None:
    cut = tuple(tried(ms, n, 0, 0, "disconnected") for n, ms in enumerate((1_000, 4_000, 8_000)))
    assert not outages_of(cut, tried(9_000, 9))
    (found,) = outages_of(cut, refused(8_100, 8_110, 8_120))
    assert (found.begin_ns, found.silent) == (ns(8_100), 0)


def outages_of(*facts: f.AnyFact | tuple[f.AnyFact, ...]) -> list[Outage]:
    found = history(*facts)
    return [*outages(found.all(f.AttemptEnded), found.end_ns)]


def test_the_first_events_stand_apart_in_the_result_and_the_rest_is_counted() -> None:
    deaths = [died(1_000 * n) for n in range(1, UNPLANNED_SHOWN + 3)]
    result = judge(history(opened(), *deaths, f.RunEnded(ns(9_000), complete=True)))
    assert len(result.unplanned) == UNPLANNED_SHOWN + 1
    assert result.unplanned[0].startswith("worker ended by signal 9 (SIGKILL) at 1.000 s")
    assert result.unplanned[-1] == "and 2 more such events"
    assert result.checks[0].name == "stability"
    assert judge(history(opened(), f.RunEnded(ns(9_000), complete=True))).unplanned == ()
