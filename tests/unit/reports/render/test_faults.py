"""The table of faults says when each was and what it did to webhooks and listings."""

import re

from stockstorm.reports.history import History
from stockstorm.reports.render.sections.faults import faults
from stockstorm.reports.render.view import RunView
from stockstorm.reports.result import Result
from stockstorm.simulator.history.facts import RunEnded
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
