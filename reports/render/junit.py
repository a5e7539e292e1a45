"""junit.xml: one test case for each check, threshold and tier, so that any CI shows them.

Invalid is a failure and unknown an error. The tier that the scenario aims at counts; other tiers only tell, so a run
that qualifies for 10 s and not for 2 s passes where 10 s was the aim: their cases stand as passed, with the finding as
output.
"""

import xml.etree.ElementTree as ET
from pathlib import Path

from reports.history import History
from reports.result import Result, Verdict
from reports.store import RunFolder


def junit(result: Result, history: History, folder: RunFolder) -> Path | None:
    """Write junit.xml into the run's folder."""
    aim = str(history.started.scenario.get("tier") or "")
    folder.junit.write_text(junit_xml(result, aim), encoding="utf-8")
    return folder.junit


def junit_xml(result: Result, aim: str = "") -> str:
    """The suites as one XML document; `aim` names the tier that counts."""
    root = ET.Element("testsuites", name="stockstorm")
    checks = [(check.name, check.verdict, check.reason, True) for check in result.checks]
    thresholds = [(f"{line.measure} {line.condition}", line.verdict, line.reason, True) for line in result.thresholds]
    tiers = [(tier.tier, tier.verdict, tier.reason, tier.tier == aim) for tier in result.tiers]
    overall: list[tuple[str, Verdict, str, bool]] = [
        ("overall", result.verdict, "; ".join(result.reasons) or "every check and threshold holds", True)
    ]
    for name, cases in (("verdict", overall), ("checks", checks), ("thresholds", thresholds), ("tiers", tiers)):
        _suite(root, result, name, cases)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(root: ET.Element, result: Result, name: str, cases: list[tuple[str, Verdict, str, bool]]) -> None:
    failures = sum(1 for _, verdict, _, counts in cases if counts and verdict == "invalid")
    errors = sum(1 for _, verdict, _, counts in cases if counts and verdict == "unknown")
    suite = ET.SubElement(
        root,
        "testsuite",
        name=f"{result.scenario}.{name}",
        tests=str(len(cases)),
        failures=str(failures),
        errors=str(errors),
    )
    for title, verdict, reason, counts in cases:
        case = ET.SubElement(suite, "testcase", classname=f"stockstorm.{result.scenario}.{name}", name=_clean(title))
        if counts and verdict != "valid":
            kind = "failure" if verdict == "invalid" else "error"
            ET.SubElement(case, kind, message=_clean(reason), type=verdict)
        ET.SubElement(case, "system-out").text = _clean(f"{verdict}: {reason}")


def _clean(text: str) -> str:
    """Without the control characters that XML cannot hold at all."""
    return "".join(sign if sign in "\t\n\r" or ord(sign) >= 32 else "�" for sign in text)
