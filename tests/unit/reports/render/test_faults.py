"""The table of faults says when each was and what it did to webhooks and listings."""

import re

from msgspec.structs import replace

from stockstorm.reports.history import History
from stockstorm.reports.render.sections.faults import faults
from stockstorm.reports.render.view import RunView
from stockstorm.reports.result import Result
from stockstorm.scenarios.loader import load
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history.facts import FaultEnded, FaultStarted, RunEnded
from tests.unit.reports.literal import golden_result, run_started

CELL = re.compile(r"<td[^>]*>(.*?)</td>")


def test_a_fault_is_a_row_with_its_interval_and_its_effect(result: Result, history: History) -> None:
    cells = CELL.findall(faults(RunView(result, history)))
    assert cells[:3] == ["1", "worker killed", "14.0 to 15.0 s"]
    assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3}", cells[3])
    assert cells[4] == "1 s"
    assert cells[5].isdigit()
    assert cells[6].startswith(("up to ", "never shown"))
    assert cells[7].endswith("its end") or cells[7] == "never"


def test_a_run_without_faults_has_no_such_table() -> None:
    start = run_started().at_ns
    assert faults(RunView(golden_result(), History.of([run_started(), RunEnded(start + 1, True)]))) == ""


def test_outages_of_apis_and_the_evidence_of_a_fault_are_told() -> None:
    start = run_started().at_ns
    scenario = load("failing_apis").model_dump(mode="json")
    run = replace(run_started(), scenario=scenario)
    killed = FaultStarted(start + SECOND_NS, "kill_worker", "worker", "executed")
    over = FaultEnded(start + 2 * SECOND_NS, "kill_worker", "worker")
    history = History.of((run, killed, over, RunEnded(start + 40 * SECOND_NS, True)))
    rows = CELL.findall(faults(RunView(golden_result(), history)))
    names = rows[1::8]
    assert names == [
        "worker killed, a change executed and not answered",
        "admin: server errors",
        "mercado: throttling",
        "bazaar: connections dropped before execution",
    ]
