"""junit.xml: one test case for each check, threshold and tier, for display in a CI system.

Invalid is a failure and unknown is an error. The file must not fail a build that the exit code passes. So cases that do
not decide the verdict are skipped with their reason: a tier that was not reached, and an unknown check that is not
required.
"""

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from stockstorm.reports.checkers.exposed import exposure_text
from stockstorm.reports.history import History
from stockstorm.reports.render.causes import first_screen, folded_text
from stockstorm.reports.render.files import write_run_file
from stockstorm.reports.result import Check, Finding, Result, printable
from stockstorm.reports.store import RunFolder
from stockstorm.reports.verdict.judge import rests_on
from stockstorm.simulator.errors import StockstormError

OUTCOMES: Final[dict[Finding, str]] = {
    "valid": "",
    "invalid": "failure",
    "unknown": "error",
    "not_exercised": "skipped",
    "measured": "skipped",
}
TIER_OUTCOMES: Final[dict[Finding, str]] = {"valid": "", "invalid": "skipped", "unknown": "skipped"}
Case = tuple[str, Finding, str, str, str]  # title, verdict, reason, exposure, XML element ("" when passed)


def junit(result: Result, history: History, folder: RunFolder) -> Path | None:
    """Write junit.xml into the run's folder."""
    del history
    return write_run_file(folder.junit, junit_xml(result))


def junit_xml(result: Result) -> str:
    """The suites as one XML document."""
    root = ET.Element("testsuites", name="stockstorm")
    required = rests_on(result.thresholds)
    screen = first_screen(result)
    causes = [f"cause: {cause.cause} → {cause.remedy}" for cause in screen.causes]
    found = (*causes, *screen.unplanned, *screen.reasons, *filter(None, [folded_text(screen)]))
    overall = "; ".join(found or ("every threshold holds, and every check that was exercised",))
    _suite(root, result, "verdict", [("overall", result.verdict, overall, _untested(result), OUTCOMES[result.verdict])])
    checks = [
        (
            check.name,
            check.verdict,
            _reason(result, check),
            _exposure(check),
            _outcomes(check.name in required)[check.verdict],
        )
        for check in result.checks
    ]
    _suite(root, result, "checks", checks)
    lines = [
        (f"{line.measure} {line.condition}", line.verdict, line.reason, "", OUTCOMES[line.verdict])
        for line in result.thresholds
    ]
    _suite(root, result, "thresholds", lines)
    tiers = [(tier.tier, tier.verdict, tier.reason, "", TIER_OUTCOMES[tier.verdict]) for tier in result.tiers]
    _suite(root, result, "tiers", tiers)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def refused_junit_xml(error: StockstormError) -> str:
    """A run that was refused: one case for each problem, each an error, so that a build shows why it has no results."""
    problems = error.problems or (error,)
    count = str(len(problems))
    root = ET.Element("testsuites", name="stockstorm", tests=count, errors=count)
    suite = ET.SubElement(root, "testsuite", name="stockstorm.refused", tests=count, errors=count, failures="0")
    suite.set("skipped", "0")
    for problem in problems:
        case = ET.SubElement(suite, "testcase", classname="stockstorm.refused", name=printable(problem.where))
        told = ET.SubElement(case, "error", message=printable(problem.found), type=type(error).__name__)
        told.text = printable(f"where: {problem.where}\nfound: {problem.found}\ndo: {problem.remedy}")
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _reason(result: Result, check: Check) -> str:
    causes = [cause.cause for cause in result.diagnoses if check.name in cause.explains]
    return f"{check.reason} (cause: {'; '.join(causes)})" if causes else check.reason


def _untested(result: Result) -> str:
    return f"not tested: {'; '.join(result.untested)}" if result.untested else ""


def _exposure(check: Check) -> str:
    return exposure_text(check.exposure, len(check.exposure))


def _outcomes(decides: bool) -> dict[Finding, str]:
    return OUTCOMES if decides else {**OUTCOMES, "unknown": "skipped"}


def _suite(root: ET.Element, result: Result, name: str, cases: Sequence[Case]) -> None:
    kinds = [kind for *_, kind in cases]
    suite = ET.SubElement(root, "testsuite", name=f"{printable(result.scenario)}.{name}", tests=str(len(cases)))
    for attribute, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(kinds.count(kind)))
    for title, verdict, reason, exposure, kind in cases:
        case = ET.SubElement(suite, "testcase", classname=f"stockstorm.{suite.get('name')}", name=printable(title))
        if kind:
            ET.SubElement(case, kind, message=printable(reason), type=verdict)
        more = f"\nexposure: {exposure}" if exposure else ""
        ET.SubElement(case, "system-out").text = printable(f"{verdict}: {reason}{more}")
