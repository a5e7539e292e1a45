"""`stockstorm doctor`: is a service ready for its first run?"""

import shutil
import tempfile
import time
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from stockstorm.loadtests.cli.command import takes
from stockstorm.loadtests.config.checks import port_problem
from stockstorm.loadtests.config.flag import Flag, Options, require
from stockstorm.loadtests.doctor.examine import Finding, Mark, examine
from stockstorm.loadtests.doctor.visit import visit
from stockstorm.loadtests.exits import ExitCode
from stockstorm.loadtests.subjects.own.file import SubjectFile
from stockstorm.loadtests.subjects.own.reading import is_subject_file, of_url, read_subject_file
from stockstorm.reports.result import counted, printable
from stockstorm.simulator.errors import SubjectError

MARKS: Final[dict[Mark, tuple[str, str]]] = {"good": ("✓", "green"), "bad": ("✕", "red"), "note": ("·", "yellow")}


class DoctorOptions(Options):
    """Flags of `stockstorm doctor`."""

    subject: Annotated[str, Flag("your service: a subject file, or the URL of one that runs", positional=True)] = (
        "subject.toml"
    )
    api_port: Annotated[int, Flag("where your running service expects the APIs", check=port_problem)] = 0
    as_json: Annotated[bool, Flag("print JSON", name="json")] = False


@takes(DoctorOptions)
def doctor_command(options: DoctorOptions, _context: typer.Context) -> None:
    """Look at your service before its first run: a handful of webhooks, its subscriptions, and its calls.

    It ends with 0 when nothing is wrong, with 1 when something is, and with 5 when the service cannot be reached.
    """
    require(options.problems())
    begun = time.monotonic()
    errors = Console(stderr=True)
    folder = tempfile.mkdtemp(prefix="stockstorm-doctor-")  # kept where a log in it tells why
    with errors.status("looking") as status:
        try:
            found = examine(visit(_file(options), Path(folder), status.update))
        except SubjectError as error:
            found = [Finding("reachable", "bad", error.found, error.remedy)]
            if options.as_json:
                _print_json(found)
            raise
    shutil.rmtree(folder, ignore_errors=True)
    found.insert(0, Finding("reachable", "good", "it started and answers" if _starts(options) else "it answers"))
    if options.as_json:
        _print_json(found)
    else:
        _print(found, time.monotonic() - begun)
    wrong = any(one.mark == "bad" for one in found)
    raise typer.Exit(ExitCode.INVALID if wrong else ExitCode.VALID)


def _file(options: DoctorOptions) -> SubjectFile:
    read = read_subject_file(options.subject) if is_subject_file(options.subject) else of_url(options.subject)
    return read.model_copy(update={"api_port": options.api_port}) if options.api_port else read


def _starts(options: DoctorOptions) -> bool:
    return is_subject_file(options.subject) and read_subject_file(options.subject).life.starts


def _print_json(found: list[Finding]) -> None:
    print(msgspec.json.format(msgspec.json.encode({"findings": found})).decode())


def _print(found: list[Finding], took_s: float) -> None:
    console = Console()
    for one in found:
        sign, colour = MARKS[one.mark]
        console.print(Text(printable(f"{sign} {one.name}: {one.found}"), colour), soft_wrap=True)
        if one.remedy:
            console.print(Text(printable(f"    → {one.remedy}")), soft_wrap=True)
    wrong = sum(one.mark == "bad" for one in found)
    told = f"{counted(wrong, 'thing')} to mend" if wrong else "ready for a first run: stockstorm run smoke --subject …"
    console.print(Text(f"{told} ({took_s:.1f} s)", "bold"))
