"""`stockstorm prove`: what the judge finds of planted flaws."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console
from rich.table import Table

import stockstorm
from stockstorm.loadtests.cli.command import takes
from stockstorm.loadtests.cli.progress import Progress
from stockstorm.loadtests.config.flag import Flag, require
from stockstorm.loadtests.config.run_options import RunsFolder
from stockstorm.loadtests.config.run_spec import GIT_WITHIN_S
from stockstorm.loadtests.exits import ExitCode
from stockstorm.loadtests.processes.spawn import output_of
from stockstorm.loadtests.proving.page import exposed, page_of, share
from stockstorm.loadtests.proving.power import Power, powers
from stockstorm.loadtests.proving.proof import SOUND, Proof
from stockstorm.loadtests.proving.runs import Cell, cells_of, not_begun, prove, rotated
from stockstorm.loadtests.subjects.flaws import FLAWS
from stockstorm.reports.result import counted
from stockstorm.scenarios.problems import Problem

KNOWN: Final = (SOUND, *FLAWS)
SEEDS_MAX: Final = 1_000
MINUTES_MAX: Final = 10_000.0
LEFT_SHOWN: Final = 5
TURN: Final = 37  # by which each commit begins later; no divisor of the number of subjects


def _flaws_problem(names: Sequence[str]) -> Problem | None:
    unknown = [name for name in names if name not in KNOWN]
    return Problem("--flaw", f"there is no {', '.join(unknown)}", f"one of: {', '.join(KNOWN)}") if unknown else None


def _seeds_problem(seeds: int) -> Problem | None:
    if 1 <= seeds <= SEEDS_MAX:
        return None
    return Problem("--seeds", f"{seeds} is out of range", f"a whole number from 1 to {SEEDS_MAX:,}")


def _part_problem(part: int) -> Problem | None:
    if 0 <= part <= len(KNOWN):
        return None
    return Problem("--part", f"{part} is out of range", f"a whole number from 0 (all) to {len(KNOWN)}")


def _minutes_problem(minutes: float) -> Problem | None:
    if 0 < minutes <= MINUTES_MAX:
        return None
    return Problem("--minutes", f"{minutes:g} is out of range", f"more than 0 and at most {MINUTES_MAX:,.0f}")


class ProveOptions(RunsFolder):
    """Flags of `stockstorm prove`."""

    flaws: Annotated[
        tuple[str, ...], Flag("only this flaw, or sound; may be repeated", name="flaw", check=_flaws_problem)
    ] = ()
    seeds: Annotated[int, Flag("how many seeds each flaw is run with", check=_seeds_problem)] = 1
    without_evidence: Annotated[
        bool, Flag("run each flaw without probes and references too, like most services", replay="never")
    ] = False
    part: Annotated[int, Flag("only so many flaws, others for each commit; 0: all of them", check=_part_problem)] = 0
    minutes: Annotated[
        float, Flag("begin no run after this time; the next proof of this commit goes on", check=_minutes_problem)
    ] = MINUTES_MAX
    as_json: Annotated[bool, Flag("print JSON instead of tables", name="json", replay="never")] = False
    page: Annotated[str, Flag("also write the page, as docs/power.md is one, to this file")] = ""


@takes(ProveOptions)
def prove_command(options: ProveOptions, _context: typer.Context) -> None:
    """Prove the judge: which planted flaws it finds and names, and that it accuses no sound service.

    Results are appended to proof.jsonl in the runs folder. What this commit has there is not run again. It ends with 1
    if a flaw was missed or the sound service accused, and with 2 if not every flaw was run.
    """
    require(options.problems())
    commits = _commits()
    subjects = options.flaws or (rotated(KNOWN, options.part, commits) if options.part else KNOWN)
    turn = commits * TURN
    cells = cells_of(subjects, options.seeds, without_evidence=options.without_evidence, turn=turn)
    with Progress(Console(stderr=True), "self-proof") as progress:
        found = list(prove(cells, options.runs, progress.show, progress.live, within_s=options.minutes * 60))
    summed = powers(found)
    if options.as_json:
        print(msgspec.json.format(msgspec.json.encode({"proofs": found, "power": summed})).decode())
    else:
        _print(found, summed)
    if options.page and found:
        Path(options.page).write_text(page_of(summed, found[0].commit), encoding="utf-8")
    raise typer.Exit(_exit_code(found, not_begun(cells, found), options.minutes))


def _exit_code(found: Sequence[Proof], left: Sequence[Cell], minutes: float) -> ExitCode:
    """Tells what was left out. Flaws that were not run without evidence decide nothing; the page says so."""
    if left:
        names = ", ".join(dict.fromkeys(f"{cell.subject} ({cell.evidence} evidence)" for cell in left[:LEFT_SHOWN]))
        more = " and others" if len(left) > LEFT_SHOWN else ""
        told = f"{counted(len(left), 'run')} did not begin within {minutes:g} minutes: {names}{more}"
        Console(stderr=True).print(f"{told}; the next proof of this commit goes on with them", markup=False)
    if not all(proof.holds for proof in found):
        return ExitCode.INVALID
    return ExitCode.UNKNOWN if any(cell.evidence == "full" for cell in left) else ExitCode.VALID


def _print(found: Sequence[Proof], summed: Sequence[Power]) -> None:
    title = f"Self-proof: {share(sum(proof.holds for proof in found), len(found))} runs as declared"
    table = Table("subject", "evidence", "caught", "95 %", "named", "first diagnosis", "failed", "missed", "unexpected")
    table.title, table.title_justify = title, "left"
    for power in summed:
        interval = f"{power.low:.0%}–{power.high:.0%}"
        lists = (", ".join(power.missed), ", ".join(power.unexpected))
        counts = (share(power.caught, power.runs), interval, share(power.named, power.runs))
        cause = power.diagnosis or power.cause
        table.add_row(power.subject, power.evidence, *counts, cause, exposed(power), *lists)
    Console().print(table)


def _commits() -> int:
    """How many commits the checkout has; 0 outside of one."""
    folder = Path(stockstorm.__file__).resolve().parents[1]
    text = output_of(["git", "-C", str(folder), "rev-list", "--count", "HEAD"], GIT_WITHIN_S)
    return int(text) if text and text.strip().isdigit() else 0
