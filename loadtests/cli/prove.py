"""`stockstorm prove`: what the judge finds of planted flaws."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

import stockstorm
from stockstorm.loadtests.cli.command import takes
from stockstorm.loadtests.cli.json_option import JsonOptions
from stockstorm.loadtests.cli.quiet import QuietOptions, print_lines
from stockstorm.loadtests.config.checks import reference_problem
from stockstorm.loadtests.config.flag import Flag, require
from stockstorm.loadtests.config.run_options import RunsFolder
from stockstorm.loadtests.config.run_spec import GIT_WITHIN_S
from stockstorm.loadtests.exits import ExitCode
from stockstorm.loadtests.json_output import JSON
from stockstorm.loadtests.processes.spawn import output_of
from stockstorm.loadtests.proving.cells import Cell, Wanted, cell_of, cells_of, not_begun, rotated
from stockstorm.loadtests.proving.page import page_of
from stockstorm.loadtests.proving.power import powers
from stockstorm.loadtests.proving.progress import ProofProgress
from stockstorm.loadtests.proving.proof import SOUND, Proof, latest, read_file
from stockstorm.loadtests.proving.runs import prove
from stockstorm.loadtests.proving.terminal import print_proofs, sum_of
from stockstorm.loadtests.subjects.architectures import DEFAULT
from stockstorm.loadtests.subjects.flaws import FLAWS
from stockstorm.reports.result import counted
from stockstorm.scenarios.problems import Problem

KNOWN: Final = (SOUND, *FLAWS)
SEEDS_MAX: Final = 1_000
JOBS_MAX: Final = 64
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


def _sound_seeds_problem(seeds: int) -> Problem | None:
    if 0 <= seeds <= SEEDS_MAX:
        return None
    return Problem("--sound-seeds", f"{seeds} is out of range", f"a whole number from 0 (as --seeds) to {SEEDS_MAX:,}")


def _jobs_problem(jobs: int) -> Problem | None:
    if 1 <= jobs <= JOBS_MAX:
        return None
    return Problem("--jobs", f"{jobs} is out of range", f"a whole number from 1 to {JOBS_MAX}")


class ProveOptions(JsonOptions, QuietOptions, RunsFolder):
    """Flags of `stockstorm prove`."""

    flaws: Annotated[
        tuple[str, ...],
        Flag("only this flaw, or sound; may be repeated", name="flaw", check=_flaws_problem, words=lambda: KNOWN),
    ] = ()
    seeds: Annotated[int, Flag("how many seeds each flaw is run with", check=_seeds_problem)] = 1
    sound_seeds: Annotated[
        int,
        Flag("how many seeds the sound service is run with in each scenario; 0: as many", check=_sound_seeds_problem),
    ] = 0
    jobs: Annotated[int, Flag("how many runs at a time; each needs about half a core", check=_jobs_problem)] = 1
    without_evidence: Annotated[
        bool, Flag("run each flaw without probes and references too, like most services", replay="never")
    ] = False
    part: Annotated[int, Flag("only so many flaws, others for each commit; 0: all of them", check=_part_problem)] = 0
    minutes: Annotated[
        float, Flag("begin no run after this time; the next proof of this commit goes on", check=_minutes_problem)
    ] = MINUTES_MAX
    page: Annotated[str, Flag("also write the page, as docs/power.md is one, to this file")] = ""
    page_of: Annotated[
        tuple[str, ...], Flag("run nothing: show what this proof.jsonl has; may be repeated, the last one counts")
    ] = ()


@takes(ProveOptions)
def prove_command(options: ProveOptions, _context: typer.Context) -> None:
    """Prove the judge: which planted flaws it finds and names, and that it accuses no sound service.

    Results are appended to proof.jsonl in the runs folder. What this commit has there is not run again. It ends with 1
    if a flaw was missed or the sound service accused, and with 2 if not every flaw was run.
    """
    require(options.problems())
    if options.page_of:
        _show(options, [proof for name in options.page_of for proof in read_file(Path(name))])
        return
    lacks = reference_problem(DEFAULT, "embedded", "embedded")
    require([lacks] if lacks else [])
    commits = _commits()
    subjects = options.flaws or (rotated(KNOWN, options.part, commits) if options.part else KNOWN)
    sound_seeds = options.sound_seeds or options.seeds
    wanted = Wanted(tuple(subjects), options.seeds, sound_seeds, options.without_evidence, commits * TURN)
    cells = cells_of(wanted)
    with ProofProgress(options.progress, len(cells)) as progress:
        within_s = options.minutes * 60
        found = list(prove(cells, options.runs, progress, jobs=options.jobs, within_s=within_s))
    found.sort(key=lambda proof: cells.index(cell_of(proof)))
    _show(options, found)
    raise typer.Exit(_exit_code(found, not_begun(cells, found), options.minutes))


def _show(options: ProveOptions, proofs: Sequence[Proof]) -> None:
    """Prints what was proven, and writes the page."""
    found = latest(proofs)
    if options.as_json:
        JSON.print({"proofs": found, "power": powers(found)})
    elif options.quiet:
        print_lines(sum_of(found), *([options.page] if options.page else []))
    else:
        print_proofs(found, Console())
    if options.page and found:
        Path(options.page).write_text(page_of(found), encoding="utf-8")


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


def _commits() -> int:
    """How many commits the checkout has; 0 outside of one."""
    folder = Path(stockstorm.__file__).resolve().parents[1]
    text = output_of(["git", "-C", str(folder), "rev-list", "--count", "HEAD"], GIT_WITHIN_S)
    return int(text) if text and text.strip().isdigit() else 0
