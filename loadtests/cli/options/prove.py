"""Flags of `stockstorm prove`."""

from collections.abc import Sequence
from typing import Annotated, Final

from stockstorm.loadtests.cli.options import JsonOptions, QuietOptions
from stockstorm.loadtests.config.flag import Flag
from stockstorm.loadtests.config.runs_folder import RunsFolder
from stockstorm.loadtests.proving.proof import SOUND
from stockstorm.loadtests.subjects.flaws import FLAWS
from stockstorm.scenarios.problems import Problem

KNOWN: Final = (SOUND, *FLAWS)
SEEDS_MAX: Final = 1_000
JOBS_MAX: Final = 64
MINUTES_MAX: Final = 10_000.0


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
