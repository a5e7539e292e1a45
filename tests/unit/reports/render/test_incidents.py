"""An opened incident: the time of day beside that of the run, ids to search a log for, and two writers side by side."""

from msgspec.structs import replace

from stockstorm.reports.history import History
from stockstorm.reports.render.sections.incidents import incidents
from stockstorm.reports.render.view import RunView
from stockstorm.reports.result import Check, Incident, Step
from tests.unit.reports.literal import golden_result, run_started

READ = Step(
    1_250_000_000, "2026-11-18T11:06:40.373Z", "read", "the answer showed 10", {"request id": "call-2"}, "second"
)
FIRST = replace(READ, at_ns=1_300_000_000, kind="write", text="the subject set <MUG>", side="first")
EVENT = replace(READ, kind="event", text="the shop fired it", ids={"event id": "e7"}, side="")


def shown(*chain: Step) -> str:
    incident = Incident("erased", 1_300_000_000, "MUG was set", wall="2026-11-18T11:06:40.423Z", chain=chain)
    check = Check("retry_discipline", "invalid", "so", incidents=(incident,), incidents_total=1)
    return incidents(RunView(replace(golden_result(), checks=(check,)), History.of([run_started()])))


def test_a_step_has_the_time_of_day_and_ids_to_search_for() -> None:
    found = shown(EVENT)
    assert '<td>11:06:40.373<br><span class="sub">0.250 s</span></td>' in found
    assert "event id <code>e7</code>" in found
    assert "2026-11-18T11:06:40.423Z" in found
    assert "the write that was erased" not in found


def test_two_writers_stand_side_by_side() -> None:
    found = shown(READ, EVENT, FIRST)
    assert "<td>the write that was erased</td><td>the write that erased it</td>" in found
    assert "<td>read</td><td></td><td>the answer showed 10" in found
    assert '<td>event</td><td colspan="2">the shop fired it' in found
    assert "the subject set &lt;MUG&gt;" in found
    assert found.split("the subject set")[1].split("</tr>")[0].endswith("</td><td></td>\n".strip())
