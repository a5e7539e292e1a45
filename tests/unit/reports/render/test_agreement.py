"""No mark lies: for every finding, the check, its tile, its incidents and its machine-readable case say the same."""

import io
import re
import xml.etree.ElementTree as ET
from typing import Final

import msgspec
import pytest
from rich.console import Console

from stockstorm.reports.formats import SIGNS
from stockstorm.reports.history import History
from stockstorm.reports.render.junit import junit_xml
from stockstorm.reports.render.markdown import markdown_text
from stockstorm.reports.render.sections.incidents import incidents
from stockstorm.reports.render.sections.summary import banner, tiles
from stockstorm.reports.render.sections.tables import checks
from stockstorm.reports.render.terminal import print_result
from stockstorm.reports.render.view import RunView
from stockstorm.reports.result import Check, Finding, Incident, Result, ThresholdOutcome
from stockstorm.reports.verdict.judge import with_thresholds

FINDINGS: Final[tuple[Finding, ...]] = ("valid", "invalid", "unknown", "not_exercised", "measured")
FAILED: Final = Incident("delivery_failed", 1_500_000_000, "order.created failed: answered 500")
JUNIT: Final = {"valid": None, "invalid": "failure", "not_exercised": "skipped", "measured": "skipped"}


def with_finding(result: Result, name: str, verdict: Finding) -> Result:
    """The result with one incident of this check, and the check's verdict."""
    found = tuple(
        msgspec.structs.replace(
            check, verdict=verdict, incidents=(FAILED,), incidents_total=1, exposure={"attempts": 41, "late": 0}
        )
        if check.name == name
        else check
        for check in result.checks
    )
    return msgspec.structs.replace(result, checks=found, thresholds=(), diagnoses=())


@pytest.fixture(params=["nothing_lost", "applied_twice", "forged", "drift", "oversell", "ack_time", "delivery_success"])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("verdict", FINDINGS)
def test_every_renderer_shows_the_same_mark(history: History, result: Result, name: str, verdict: Finding) -> None:
    changed = with_finding(result, name, verdict)
    view, mark = RunView(changed, history), f"{SIGNS[verdict]} {verdict.replace('_', ' ')}"
    row = re.search(rf"<tr><td>([^\n]*?)</td><td><b>{name.replace('_', ' ')}</b>", str(checks(view)))
    assert row is not None
    assert mark in row.group(1)
    group = re.search(rf"<h3>([^\n]*?)</span> {name.replace('_', ' ')} \(1\)", str(incidents(view)))
    assert group is not None
    assert mark in group.group(1)
    assert f"{SIGNS[verdict]} **{name.replace('_', ' ')}**, {verdict.replace('_', ' ')}: 1" in markdown_text(changed)
    shown = io.StringIO()
    print_result(changed, None, Console(file=shown, width=200))
    assert re.search(rf"^{re.escape(mark)} +{name.replace('_', ' ')} ", shown.getvalue(), re.MULTILINE)
    assert f"{SIGNS[verdict]} delivery failed" in shown.getvalue()
    case = ET.fromstring(junit_xml(changed)).find(f".//testcase[@name='{name}']")  # noqa: S314  # our own file
    assert case is not None
    kinds = [child.tag for child in case if child.tag != "system-out"]
    expected = JUNIT.get(verdict)
    assert kinds in ([[expected]] if expected else [[], ["error"], ["skipped"]] if verdict == "unknown" else [[]])
    assert "exposure: 41 attempts, 0 late" in str(case.findtext("system-out"))


def test_every_renderer_names_what_is_not_decided(history: History, result: Result) -> None:
    """A valid run claims nothing of a check that is unknown and on which no limit rests."""
    changed = with_finding(msgspec.structs.replace(result, verdict="valid", reasons=()), "trend", "unknown")
    changed = msgspec.structs.replace(changed, undecided=("trend",))
    told = f"not decided: {changed.undecided_text()}"
    assert "trend: " in told
    shown = io.StringIO()
    print_result(changed, None, Console(file=shown, width=2_000))
    assert f"? {told}" in shown.getvalue()
    assert f"? {told}" in markdown_text(changed).replace("\\", "")
    page = str(banner(RunView(changed, history)))
    assert f"N{told[1:]}" in page
    assert "except those that are not decided" in page
    root = ET.fromstring(junit_xml(changed))  # noqa: S314  # our own file
    assert told in str(root.findtext(".//testcase[@name='overall']/system-out"))
    assert root.find(".//testcase[@name='trend']/skipped") is not None


def test_incidents_are_told_with_the_time_that_the_subjects_own_log_has(result: Result) -> None:
    at_last = msgspec.structs.replace(FAILED, wall="2026-11-27T10:03:04.123Z")
    checks_ = (Check("drift", "invalid", "1 listing", {}, (at_last,), 1),)
    changed = msgspec.structs.replace(result, checks=checks_, thresholds=(), diagnoses=())
    shown = io.StringIO()
    print_result(changed, None, Console(file=shown, width=200))
    for text in (shown.getvalue(), markdown_text(changed), junit_xml(changed)):
        assert f"10:03:04.123 {FAILED.text}" in text


TILES: Final = {
    "nothing_lost": "Events lost",
    "applied_twice": "Orders applied twice",
    "forged": "Forged deliveries accepted",
    "drift": "Drift at rest",
    "oversell": "Oversold units",
    "ack_time": "Ack time, p99",
}


@pytest.mark.parametrize("verdict", FINDINGS)
@pytest.mark.parametrize("name", TILES)
def test_a_tile_has_the_mark_of_its_check(history: History, result: Result, name: str, verdict: Finding) -> None:
    """Also if the tile's own threshold holds: another line, or the check itself, decides then."""
    held = ThresholdOutcome("lost.events", "== 0", 0.0, "valid", "as wanted")
    changed = msgspec.structs.replace(with_finding(result, name, verdict), thresholds=(held,))
    tile = next(part for part in str(tiles(RunView(changed, history))).split('<div class="tile') if TILES[name] in part)
    assert f"tone-{verdict}" in tile
    assert f"{SIGNS[verdict]} " in tile


def test_a_check_takes_the_verdict_of_its_thresholds() -> None:
    def line(verdict: Finding) -> ThresholdOutcome:
        return ThresholdOutcome("ack_time_ms.p99", "< 1000", 2000.0, verdict, "ack_time_ms.p99 is 2,000")

    check = Check("ack_time", "measured", "30 attempts acknowledged")
    for verdict in FINDINGS:
        found = with_thresholds(check, (line(verdict),))
        assert found.verdict == verdict
    assert found.reason == "30 attempts acknowledged"
    broken = with_thresholds(check, (line("valid"), line("invalid")))
    assert (broken.verdict, broken.reason) == ("invalid", "ack_time_ms.p99 is 2,000; 30 attempts acknowledged")
    failed = msgspec.structs.replace(check, verdict="invalid")
    assert with_thresholds(failed, (line("valid"),)) == failed
    assert with_thresholds(check, (ThresholdOutcome("drift.orders", "== 0", 1.0, "invalid", "1"),)) == check


def test_no_check_of_a_judged_run_reads_better_than_its_incidents(result: Result) -> None:
    """Each invalid check has an incident or a broken threshold, and a valid one with incidents says how many."""
    broken = {line.measure for line in result.thresholds if line.verdict == "invalid"}
    for check in result.checks:
        if check.verdict == "invalid":
            assert check.incidents_total or broken & set(check.measures), check.name
        if check.verdict == "valid" and check.incidents_total:
            assert re.search(r"\d", check.reason), check.name
