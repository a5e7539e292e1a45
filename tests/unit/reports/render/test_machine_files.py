"""result.json, junit.xml and summary.md: golden files, and properties that other programs need."""

import json
import xml.etree.ElementTree as ET

import pytest
from msgspec.structs import replace

from stockstorm.reports.json_text import as_json
from stockstorm.reports.render.junit import junit_xml
from stockstorm.reports.render.markdown import markdown_text
from stockstorm.reports.result import Check, Incident, Result
from stockstorm.reports.verdict.judge import overall, rests_on, undecided
from tests.running import ROOT
from tests.unit.reports.literal import check, correct_checks, golden_result

GOLDEN = ROOT / "tests" / "golden" / "report"


def rendered(name: str) -> str:
    result = golden_result()
    if name == "result.json":
        return as_json(result).decode()
    return junit_xml(result) if name == "junit.xml" else markdown_text(result)


@pytest.mark.parametrize("name", ["result.json", "junit.xml", "summary.md"])
def test_a_result_is_written_exactly_as_in_the_golden_file(name: str) -> None:
    assert rendered(name) == (GOLDEN / name).read_text(encoding="utf-8")


def test_zero_oversells_are_written_with_their_bound() -> None:
    measures = {"oversell.units": 0.0, "oversell.exposures": 60.0, "oversell.bound_per_exposure": 0.05}
    text = markdown_text(replace(golden_result(), measures=measures))
    assert "| share of sell-outs oversold, at most | 5 % |" in text
    assert "- no oversell in 60 sell-outs across channels, so at most 5 % of them are oversold (at 95 %)" in text


def test_infinity_is_a_string_since_json_has_none() -> None:
    def refuse(constant: str) -> float:
        raise AssertionError(constant)

    read = json.loads(as_json(golden_result()), parse_constant=refuse)
    assert read["measures"]["sync_latency_ms.max"] == "inf"
    assert read["intervals"]["sync_latency_ms.p95"]["high"] == "inf"


def test_every_check_threshold_and_tier_is_one_test_case() -> None:
    root = ET.fromstring(junit_xml(golden_result()))  # noqa: S314  # our own text
    cases = [(suite.get("name"), case.get("name")) for suite in root for case in suite]
    assert len(cases) == 1 + 4 + 2 + 2
    assert ("flash_sale.thresholds", "oversell.units == 0") in cases


def junit_kinds(result: Result) -> dict[str | None, str]:
    """The first element of each case. "system-out" means that it passed."""
    root = ET.fromstring(junit_xml(result))  # noqa: S314  # our own text
    return {case.get("name"): next(child.tag for child in case) for suite in root for case in suite}


def test_invalid_is_a_failure_and_unknown_an_error_in_a_required_check() -> None:
    lost = check("nothing_lost", "unknown")
    late = check("order_latency", "unknown")
    kinds = junit_kinds(replace(golden_result(), checks=(*golden_result().checks[1:], lost, late)))
    assert kinds["overall"] == "failure"
    assert kinds["nothing_lost"] == kinds["order_latency"] == kinds["order_latency_ms.p95 < 900"] == "error"
    assert kinds["oversell"] == "failure"


def test_a_valid_run_passes_in_junit_although_checks_that_are_not_required_are_unknown() -> None:
    checks = (*correct_checks(), check("retry_discipline", "unknown"), check("order_latency", "unknown"))
    verdict, _ = overall("", checks, ())
    assert verdict == "valid"
    open_ = undecided(checks, rests_on(()))
    assert open_ == ("retry_discipline", "order_latency")
    valid = replace(golden_result(), verdict=verdict, reasons=(), checks=checks, thresholds=(), undecided=open_)
    kinds = junit_kinds(valid)
    assert set(kinds.values()) == {"system-out", "skipped"}
    assert kinds["retry_discipline"] == kinds["order_latency"] == "skipped"


def test_a_tier_that_was_not_reached_is_skipped_so_that_file_and_exit_code_agree() -> None:
    root = ET.fromstring(junit_xml(golden_result()))  # noqa: S314  # our own text
    tiers = next(suite for suite in root if suite.get("name") == "flash_sale.tiers")
    assert (tiers.get("failures"), tiers.get("errors"), tiers.get("skipped")) == ("0", "0", "1")


def test_control_characters_cannot_break_the_xml() -> None:
    broken = replace(golden_result(), reasons=("a\x00b\x1bc\ufffe\ud800\u202e",), scenario='x"<&>')
    root = ET.fromstring(junit_xml(broken))  # noqa: S314  # our own text
    assert root[0].get("name") == 'x"<&>.verdict'


def test_the_summary_escapes_what_markdown_would_interpret() -> None:
    text = markdown_text(golden_result())
    assert "reference & co \\<queue\\>" in text
    assert "\\<SKU\\|1\\>" in text


def test_a_failed_check_shows_its_first_incidents_in_junit_and_how_many_more_there_are() -> None:
    incidents = tuple(Incident("lost", number, f"event {number} is lost") for number in range(7))
    lost = Check("nothing_lost", "invalid", "as counted", {}, incidents, 90)
    root = ET.fromstring(junit_xml(replace(golden_result(), checks=(lost,))))  # noqa: S314  # our own text
    failure = root.find(".//testcase[@name='nothing_lost']/failure")
    assert failure is not None
    assert (failure.text or "").splitlines() == [*(f"event {number} is lost" for number in range(5)), "and 85 more"]


def test_junit_tells_how_long_the_load_was() -> None:
    root = ET.fromstring(junit_xml(replace(golden_result(), duration_ns=12_500_000_000)))  # noqa: S314  # our own text
    assert root.get("time") == "12.500"
    assert sum(float(suite.get("time", "0")) for suite in root) == 12.5  # readers add the suites
    assert sum(float(case.get("time", "0")) for case in root.iter("testcase")) == 12.5
