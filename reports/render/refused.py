"""The files of a refused run: error.json, and JUnit for a CI system."""

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Final

from stockstorm.reports.json_text import as_json
from stockstorm.reports.refused import ERROR, FOLDER, JUNIT, Refused
from stockstorm.reports.render.files import write_report
from stockstorm.reports.result import printable
from stockstorm.simulator.errors import StockstormError

AGAIN: Final = "stockstorm run SCENARIO"


def write_refused(folder: Path, error: StockstormError, code: int) -> None:
    """Writes both files. Raises HistoryError, OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    write_report(folder / ERROR, as_json(Refused(error.where, error.found, error.remedy, code)), AGAIN)
    write_report(folder / JUNIT, refused_junit_xml(error), AGAIN)


def forget_refused(runs: Path) -> None:
    """A run has begun, so the last one was not refused. Raises OSError."""
    for name in (ERROR, JUNIT):
        (runs / FOLDER / name).unlink(missing_ok=True)


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
