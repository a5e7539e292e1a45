"""junit.xml: one test case for each check, threshold and tier, for display in a CI system.

Invalid is a failure and unknown is an error. The file must not fail a build that the exit code passes. So cases that do
not decide the verdict are skipped with their reason: a tier that was not reached, and an unknown check that is not
required.
"""

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from stockstorm.reports.checkers.exposed import exposure_text
from stockstorm.reports.history import History
from stockstorm.reports.render.causes import first_screen, folded_text
from stockstorm.reports.render.files import write_run_file
from stockstorm.reports.result import Check, Finding, Incident, Result, printable
from stockstorm.reports.store import RunFolder

OUTCOMES: Final[dict[Finding, str]] = {
    "valid": "",
    "invalid": "failure",
    "unknown": "error",
    "not_exercised": "skipped",
    "measured": "skipped",
}
TIER_OUTCOMES: Final[dict[Finding, str]] = {"valid": "", "invalid": "skipped", "unknown": "skipped"}
INCIDENTS_SHOWN: Final = 5


class Case(NamedTuple):
    """One test case. `kind`: its XML element, "" when passed."""

    title: str
    verdict: Finding
    reason: str
    kind: str
    more: str = ""  # lines after the reason
    incidents: Sequence[Incident] = ()
    incidents_in_all: int = 0


def junit(result: Result, history: History, folder: RunFolder) -> Path | None:
    """Write junit.xml into the run's folder."""
    del history
    return write_run_file(folder.junit, junit_xml(result))


def junit_xml(result: Result) -> str:
    """The suites as one XML document."""
    root = ET.Element("testsuites", name="stockstorm", time=_seconds(result))
    screen = first_screen(result)
    causes = [f"cause: {cause.cause} → {cause.remedy}" for cause in screen.causes]
    found = (*causes, *screen.unplanned, *screen.reasons, *filter(None, [folded_text(screen)]))
    held = "every threshold holds, and every check that was exercised"
    held += ", except those that are not decided" if result.undecided else ""
    overall = "; ".join(found or (held,))
    verdict = Case("overall", result.verdict, overall, OUTCOMES[result.verdict], _open(result))
    _suite(root, result, "verdict", [verdict])
    checks = [
        Case(
            check.name,
            check.verdict,
            _reason(result, check),
            _outcomes(check.name not in result.undecided)[check.verdict],
            _exposure(check),
            check.incidents,
            check.incidents_total,
        )
        for check in result.checks
    ]
    _suite(root, result, "checks", checks)
    lines = [
        Case(f"{line.measure} {line.condition}", line.verdict, line.reason, OUTCOMES[line.verdict])
        for line in result.thresholds
    ]
    _suite(root, result, "thresholds", lines)
    tiers = [Case(tier.tier, tier.verdict, tier.reason, TIER_OUTCOMES[tier.verdict]) for tier in result.tiers]
    _suite(root, result, "tiers", tiers)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _reason(result: Result, check: Check) -> str:
    causes = [cause.cause for cause in result.diagnoses if check.name in cause.explains]
    return f"{check.reason} (cause: {'; '.join(causes)})" if causes else check.reason


def _open(result: Result) -> str:
    """What the verdict claims nothing of."""
    told = [f"not tested: {'; '.join(result.untested)}"] if result.untested else []
    told += [f"not decided: {result.undecided_text()}"] if result.undecided else []
    return "\n".join(told)


def _exposure(check: Check) -> str:
    return f"exposure: {exposure_text(check.exposure, len(check.exposure))}" if check.exposure else ""


def _outcomes(decides: bool) -> dict[Finding, str]:
    return OUTCOMES if decides else {**OUTCOMES, "unknown": "skipped"}


def _suite(root: ET.Element, result: Result, name: str, cases: Sequence[Case]) -> None:
    kinds = [case.kind for case in cases]
    suite = ET.SubElement(root, "testsuite", name=f"{printable(result.scenario)}.{name}", tests=str(len(cases)))
    for attribute, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(kinds.count(kind)))
    timed = name == "verdict"  # the load was one for all suites, and readers add their times
    suite.set("time", _seconds(result) if timed else "0")
    for case in cases:
        element = ET.SubElement(
            suite, "testcase", classname=f"stockstorm.{suite.get('name')}", name=printable(case.title)
        )
        if timed:
            element.set("time", _seconds(result))
        if case.kind:
            told = ET.SubElement(element, case.kind, message=printable(case.reason), type=case.verdict)
            told.text = printable("\n".join(_incidents(case))) or None
        lines = [f"{case.verdict}: {case.reason}", *([case.more] if case.more else [])]
        ET.SubElement(element, "system-out").text = printable("\n".join(lines))


def _incidents(case: Case) -> list[str]:
    """The first ones, and how many more there are."""
    shown = [incident.told for incident in case.incidents[:INCIDENTS_SHOWN]]
    left = case.incidents_in_all - len(shown)
    return [*shown, *([f"and {left:,} more"] if shown and left > 0 else [])]


def _seconds(result: Result) -> str:
    """Length of the load. A reader of JUnit shows it as the time that a suite took."""
    return f"{result.duration_ns / 1e9:.3f}"
