"""`stockstorm doctor`: is a service ready for its first run?"""

import os
import shlex
import shutil
import tempfile
import time
from pathlib import Path
from typing import Final

import typer
from rich.console import Console
from rich.text import Text

from stockstorm.loadtests.cli.options.doctor import DoctorOptions
from stockstorm.loadtests.cli.options.init import API_PORT, FIRST_SCENARIO
from stockstorm.loadtests.cli.quiet import print_lines, progress_of
from stockstorm.loadtests.config.flag import require
from stockstorm.loadtests.config.own_checks import host_problems
from stockstorm.loadtests.doctor.examine import Finding, Mark, examine
from stockstorm.loadtests.doctor.visit import visit
from stockstorm.loadtests.exits import ExitCode
from stockstorm.loadtests.json_output import JSON
from stockstorm.loadtests.subjects.own.file import SubjectFile
from stockstorm.loadtests.subjects.own.reading import is_subject_file, of_url, read_subject_file
from stockstorm.loadtests.subjects.own.urls import trusting
from stockstorm.reports.result import counted, printable
from stockstorm.scenarios.problems import Problem
from stockstorm.simulator.errors import BackingError, SubjectError

SENT: Final = "some twenty webhooks, half of them forged"
MARKS: Final[dict[Mark, tuple[str, str]]] = {"good": ("✓", "green"), "bad": ("✕", "red"), "note": ("·", "yellow")}


def doctor_command(options: DoctorOptions, _context: typer.Context) -> None:
    """`stockstorm doctor`."""
    require(options.problems())
    file = _file(options)
    require([*secret_problems(file), *host_problems(file, options.allow_hosts, SENT)])
    begun = time.monotonic()
    found = _found(file, options)
    found.insert(0, Finding("reachable", "good", "it started and answers" if file.life.starts else "it answers"))
    if options.as_json:
        _print_json(found)
    elif options.quiet:
        print_lines(in_one_line(found))
    else:
        _print(found, time.monotonic() - begun, first_run(options))
    wrong = any(one.mark == "bad" for one in found)
    raise typer.Exit(ExitCode.INVALID if wrong else ExitCode.VALID)


def _file(options: DoctorOptions) -> SubjectFile:
    """The service, with what the flags say of it. Raises SubjectError for a certificate that cannot be read."""
    read = read_subject_file(options.subject) if is_subject_file(options.subject) else of_url(options.subject)
    given = {"api_port": options.api_port, "ca": str(Path(options.ca).resolve()) if options.ca else ""}
    file = read.model_copy(update={key: value for key, value in given.items() if value})
    trusting(file.ca)
    return file


def secret_problems(file: SubjectFile) -> list[Problem]:
    """A service that runs already knows its secret: one that was drawn here would sign nothing that it can accept."""
    name = file.secrets.client_secret
    if file.life.starts or os.environ.get(name):
        return []
    remedy = "export the client secret that your running service has, or give doctor its `start` in a subject file"
    return [Problem(name, "is not set, so no webhook can be signed as your service expects it", remedy)]


def _found(file: SubjectFile, options: DoctorOptions) -> list[Finding]:
    """The findings of a visit. Its folder stays where a log in it tells why there are none."""
    folder = Path(tempfile.mkdtemp(prefix="stockstorm-doctor-"))
    keep = False
    try:
        with progress_of(options).status("looking") as status:
            return examine(visit(file, folder, status.update, options.allow_hosts))
    except BackingError:
        keep = True
        raise
    except SubjectError as error:
        keep = file.life.starts
        if options.as_json:
            _print_json([Finding("reachable", "bad", error.found, error.remedy)])
        raise
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def _print_json(found: list[Finding]) -> None:
    JSON.print({"findings": found})


def first_run(options: DoctorOptions) -> str:
    """The command that comes next: with the scenario that `init` wrote beside the subject file, where it did.

    A run, unlike a visit, needs to know where a running service calls the APIs.
    """
    by_file = is_subject_file(options.subject)
    written = Path(options.subject).with_name(FIRST_SCENARIO)
    scenario = shlex.quote(str(written)) if by_file and written.is_file() else "smoke"
    port = "" if by_file and not options.api_port else f" --api-port {options.api_port or API_PORT}"
    return f"stockstorm run {scenario} --subject {shlex.quote(options.subject)}{port}"


def in_one_line(found: list[Finding]) -> str:
    """Whether it is ready for a run, or what is to be mended first."""
    wrong = [one for one in found if one.mark == "bad"]
    if not wrong:
        return "✓ ready for a first run"
    more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
    return f"✕ {wrong[0].name}: {wrong[0].found}{more}"


def _print(found: list[Finding], took_s: float, command: str) -> None:
    console = Console()
    for one in found:
        sign, colour = MARKS[one.mark]
        console.print(Text(printable(f"{sign} {one.name}: {one.found}"), colour), soft_wrap=True)
        if one.remedy:
            console.print(Text(printable(f"    → {one.remedy}")), soft_wrap=True)
    wrong = sum(one.mark == "bad" for one in found)
    told = f"{counted(wrong, 'thing')} to mend" if wrong else f"ready for a first run: {command}"
    console.print(Text(printable(f"{told} ({took_s:.1f} s)"), "bold"), soft_wrap=True)
