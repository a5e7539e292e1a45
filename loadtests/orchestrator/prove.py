"""The self-proof: each named flaw is caught by its own checks and by no unrelated one, the sound service by none."""

from collections.abc import Callable, Iterator

import msgspec

from stockstorm.loadtests.config.run_options import RunOptions, make_spec
from stockstorm.loadtests.config.run_spec import RunSpec
from stockstorm.loadtests.ipc.messages import Live
from stockstorm.loadtests.orchestrator.run import run
from stockstorm.loadtests.subjects.flaws import FLAWS, Flaw
from stockstorm.reports.result import Result

SCENARIO = "proof"
SOUND = "sound"


class Proof(msgspec.Struct, frozen=True):
    """What one run proved. `missed` had to fail and did not; `unexpected` failed without a declared reason."""

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
    """Names of the checks that said invalid, and of those whose measure missed its threshold."""
    checks = {check.name for check in result.checks if check.verdict == "invalid"}
    thresholds = {outcome.measure for outcome in result.thresholds if outcome.verdict == "invalid"}
    return frozenset(checks | {_owner(measure, result) for measure in thresholds})


def judged(result: Result, flaw: Flaw | None, spec: RunSpec) -> Proof:
    """Holds a result against the declaration of its flaw."""
    failed = failed_checks(result)
    must = flaw.must if flaw else frozenset[str]()
    may = frozenset(flaw.may) if flaw else frozenset[str]()
    return Proof(
        subject=flaw.name if flaw else SOUND,
        seed=spec.seed,
        verdict=result.verdict,
        failed=failed,
        missed=must - failed,
        unexpected=failed - must - may,
        folder=spec.folder,
    )


def prove(
    subjects: list[str],
    seeds: list[int],
    options: RunOptions,
    show: Callable[[str], None],
    live: Callable[[Live], None],
) -> Iterator[Proof]:
    """Plays the proof scenario against each subject with each seed."""
    for name in subjects:
        flaw = FLAWS.get(name)
        for seed in seeds:
            changed = msgspec.structs.replace(
                options,
                scenario=SCENARIO,
                seed=seed,
                flaw=flaw.name if flaw else "",
                faults=flaw.faults if flaw else (),
            )
            spec = make_spec(changed)
            show(f"{name}, seed {seed}")
            yield judged(run(spec, show, live).result, flaw, spec)


def _owner(measure: str, result: Result) -> str:
    """The check that measures `measure`."""
    owners = [check.name for check in result.checks if measure in check.measures]
    return owners[0] if owners else measure.partition(".")[0]
