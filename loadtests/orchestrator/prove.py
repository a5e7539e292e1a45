"""The self-proof: each planted flaw fails its own checks and no unrelated one, and the sound service fails none."""

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from stockstorm.loadtests.config.run_options import RunOptions
from stockstorm.loadtests.config.run_spec import RunSpec, make_spec
from stockstorm.loadtests.ipc.messages import Live
from stockstorm.loadtests.orchestrator.run import run
from stockstorm.loadtests.subjects.flaws import FLAWS, Flaw
from stockstorm.reports.result import Result

SCENARIO = "proof"
SOUND = "sound"


class Proof(msgspec.Struct, frozen=True):
    """What one run proved. `missed` had to fail and did not; `unexpected` failed, but the flaw does not declare it."""

    subject: str  # "sound" or the flaw's name
    seed: int
    verdict: str
    failed: frozenset[str]
    missed: frozenset[str]
    unexpected: frozenset[str]
    folder: str

    @property
    def holds(self) -> bool:
        sound_is_valid = self.subject != SOUND or self.verdict == "valid"
        return not self.missed and not self.unexpected and sound_is_valid


def failed_checks(result: Result) -> frozenset[str]:
    """Names of the invalid checks, and of those whose measure missed its threshold."""
    checks = {check.name for check in result.checks if check.verdict == "invalid"}
    thresholds = {outcome.measure for outcome in result.thresholds if outcome.verdict == "invalid"}
    return frozenset(checks | {_owner(measure, result) for measure in thresholds})


def judged(result: Result, flaw: Flaw | None, spec: RunSpec) -> Proof:
    """Compares a result with the declaration of its flaw."""
    failed = failed_checks(result)
    must = flaw.must if flaw else frozenset[str]()
    may = frozenset(flaw.may) if flaw else frozenset[str]()
    return Proof(
        subject=flaw.name if flaw else SOUND,
        seed=spec.options.seed,
        verdict=result.verdict,
        failed=failed,
        missed=must - failed,
        unexpected=failed - must - may,
        folder=str(spec.folder),
    )


def prove(
    subjects: list[str],
    seeds: list[int],
    runs: Path,
    show: Callable[[str], None],
    live: Callable[[Live], None],
) -> Iterator[Proof]:
    """Runs the proof scenario against each subject with each seed."""
    for name in subjects:
        flaw = FLAWS.get(name)
        for seed in seeds:
            options = RunOptions(scenario=SCENARIO, seed=seed, runs=runs)
            if flaw:
                options = options.model_copy(update={"flaw": flaw.name, "faults": flaw.faults})
            spec = make_spec(options)
            show(f"{name}, seed {seed}")
            yield judged(run(spec, show, live).result, flaw, spec)


def _owner(measure: str, result: Result) -> str:
    """The check that measures `measure`."""
    owners = [check.name for check in result.checks if measure in check.measures]
    return owners[0] if owners else measure.partition(".")[0]
