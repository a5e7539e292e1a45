"""junit.xml: one test case for each check, threshold and tier, so that any CI shows them.

Invalid is a failure and unknown an error. A tier that was not reached is skipped with the reason: tiers tell what a
subject qualifies for and do not decide the verdict, and this file must not fail a build that the exit code passes.
"""

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Final

from reports.history import History
from reports.result import Result, Verdict
from reports.store import RunFolder

OUTCOMES: Final = {"valid": "", "invalid": "failure", "unknown": "error"}
TIER_OUTCOMES: Final = {"valid": "", "invalid": "skipped", "unknown": "skipped"}
Case = tuple[str, Verdict, str]  # title, verdict, reason


def junit(result: Result, history: History, folder: RunFolder) -> Path | None:
    """Write junit.xml into the run's folder."""
    del history
    folder.junit.write_text(junit_xml(result), encoding="utf-8")
    return folder.junit


def junit_xml(result: Result) -> str:
    """The suites as one XML document."""
    root = ET.Element("testsuites", name="stockstorm")
    overall = "; ".join(result.reasons) or "every check and threshold holds"
    _suite(root, result, "verdict", [("overall", result.verdict, overall)])
    _suite(root, result, "checks", [(check.name, check.verdict, check.reason) for check in result.checks])
    lines = [(f"{line.measure} {line.condition}", line.verdict, line.reason) for line in result.thresholds]
    _suite(root, result, "thresholds", lines)
    _suite(root, result, "tiers", [(tier.tier, tier.verdict, tier.reason) for tier in result.tiers], TIER_OUTCOMES)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(root: ET.Element, result: Result, name: str, cases: list[Case], outcomes: dict[str, str] = OUTCOMES) -> None:
    kinds = [outcomes[verdict] for _, verdict, _ in cases]
    suite = ET.SubElement(root, "testsuite", name=f"{_clean(result.scenario)}.{name}", tests=str(len(cases)))
    for attribute, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(kinds.count(kind)))
    for kind, (title, verdict, reason) in zip(kinds, cases, strict=True):
        case = ET.SubElement(suite, "testcase", classname=f"stockstorm.{suite.get('name')}", name=_clean(title))
        if kind:
            ET.SubElement(case, kind, message=_clean(reason), type=verdict)
        ET.SubElement(case, "system-out").text = _clean(f"{verdict}: {reason}")


def _clean(text: str) -> str:
    """Without the control characters that XML cannot hold at all."""
    return "".join(sign if sign in "\t\n\r" or ord(sign) >= 32 else "�" for sign in text)
