"""`stockstorm prove`: what the judge finds of planted flaws."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import typer
from rich.console import Console

import stockstorm
from stockstorm.loadtests.cli.options.prove import KNOWN, ProveOptions
from stockstorm.loadtests.cli.quiet import print_lines, progress_of
from stockstorm.loadtests.config.checks import reference_problem
from stockstorm.loadtests.config.flag import require
from stockstorm.loadtests.config.run_spec import GIT_WITHIN_S
from stockstorm.loadtests.exits import ExitCode
from stockstorm.loadtests.json_output import JSON
from stockstorm.loadtests.processes.spawn import output_of
from stockstorm.loadtests.proving.cells import Cell, Wanted, cell_of, cells_of, not_begun, rotated
from stockstorm.loadtests.proving.page import page_of
from stockstorm.loadtests.proving.power import powers
from stockstorm.loadtests.proving.progress import ProofProgress
from stockstorm.loadtests.proving.proof import Proof, latest, read_file
from stockstorm.loadtests.proving.runs import prove
from stockstorm.loadtests.proving.terminal import print_proofs, sum_of
from stockstorm.loadtests.subjects.architectures import DEFAULT
from stockstorm.reports.render.files import write_report
from stockstorm.reports.result import counted
from stockstorm.simulator.errors import HistoryError, OutputError

LEFT_SHOWN: Final = 5
TURN: Final = 37  # by which each commit begins later; no divisor of the number of subjects


def prove_command(options: ProveOptions, _context: typer.Context) -> None:
    """`stockstorm prove`."""
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
    with ProofProgress(progress_of(options), len(cells)) as progress:
        within_s = options.minutes * 60
        found = list(prove(cells, options.runs, progress, jobs=options.jobs, within_s=within_s))
    places = {cell: place for place, cell in enumerate(cells)}
    found.sort(key=lambda proof: places[cell_of(proof)])
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
        try:
            write_report(Path(options.page), page_of(found), "stockstorm prove --page-of FILE --page PAGE")
        except HistoryError as error:
            raise OutputError(f"--page {error.where}", error.found, error.remedy) from error


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
