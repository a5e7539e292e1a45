"""`stockstorm prove`: the self-proof of the harness."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from stockstorm.loadtests.cli.command import takes
from stockstorm.loadtests.cli.progress import Progress
from stockstorm.loadtests.config.flag import Flag, require
from stockstorm.loadtests.config.run_options import RunsFolder
from stockstorm.loadtests.exits import ExitCode
from stockstorm.loadtests.orchestrator.prove import SOUND, Proof, prove
from stockstorm.loadtests.subjects.flaws import FLAWS
from stockstorm.scenarios.problems import Problem

KNOWN: Final = (SOUND, *FLAWS)
SEEDS_MAX: Final = 1_000


def _flaws_problem(names: Sequence[str]) -> Problem | None:
    unknown = [name for name in names if name not in KNOWN]
    return Problem("--flaw", f"there is no {', '.join(unknown)}", f"one of: {', '.join(KNOWN)}") if unknown else None


def _seeds_problem(seeds: int) -> Problem | None:
    if 1 <= seeds <= SEEDS_MAX:
        return None
    return Problem("--seeds", f"{seeds} is out of range", f"a whole number from 1 to {SEEDS_MAX:,}")


class ProveOptions(RunsFolder):
    """Flags of `stockstorm prove`."""

    flaws: Annotated[
        tuple[str, ...], Flag("only this flaw, or sound; may be repeated", name="flaw", check=_flaws_problem)
    ] = ()
    seeds: Annotated[int, Flag("how many seeds the sound service has to pass", check=_seeds_problem)] = 5


@takes(ProveOptions)
def prove_command(options: ProveOptions, _context: typer.Context) -> None:
    """Prove the harness: each planted flaw fails its own checks, and the sound service fails none."""
    require(options.problems())
    table = Table(
        "subject", "seed", "verdict", "failed", "missed", "unexpected", title="Self-proof", title_justify="left"
    )
    holds = True
    with Progress(Console(stderr=True), "self-proof") as progress:
        for proof in _proofs(options, progress):
            holds = holds and proof.holds
            sets = (proof.failed, proof.missed, proof.unexpected)
            table.add_row(proof.subject, str(proof.seed), proof.verdict, *(", ".join(sorted(s)) or "–" for s in sets))
    Console().print(table)
    raise typer.Exit(ExitCode.VALID if holds else ExitCode.INVALID)


def _proofs(options: ProveOptions, progress: Progress) -> Iterator[Proof]:
    for name in options.flaws or KNOWN:
        seeds = list(range(1, options.seeds + 1)) if name == SOUND else [1]
        yield from prove([name], seeds, options.runs, progress.show, progress.live)
