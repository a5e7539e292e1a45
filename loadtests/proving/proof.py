"""What one run proved, and the file that keeps it: one line for each run, so that an interrupted proof goes on."""

import errno
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal

import msgspec

from stockstorm.loadtests.subjects.flaws import Flaw
from stockstorm.reports.checkers.generator import Generator
from stockstorm.reports.result import Result
from stockstorm.simulator.errors import HistoryError

SOUND: Final = "sound"
FILE: Final = "proof.jsonl"
# none: the service without probes, and without references in its writes. withheld: with both, and judged without them.
Evidence = Literal["full", "withheld", "none"]
Outcome = Literal["as declared", "caught otherwise", "missed", "not decided", "sound", "accused"]


class Proof(msgspec.Struct, frozen=True):
    """One run, compared with the declaration of its flaw."""

    subject: str  # "sound" or the flaw's name
    seed: int
    evidence: Evidence
    scenario: str
    commit: str
    verdict: str
    failed: tuple[str, ...]  # checks that failed
    missed: tuple[str, ...]  # those that had to fail and did not
    unexpected: tuple[str, ...]  # those that failed, although the flaw does not declare it
    exposure: dict[str, dict[str, int]]  # of checks that failed or had to
    diagnoses: tuple[str, ...]  # names, the first cause first
    cause: str  # text of the first
    named: bool  # whether the first diagnosis is one that the flaw declares
    seconds: float
    folder: str
    late: bool = False  # unknown, while our own generator could not keep up
    repeats: int = 0  # runs before it that were late

    @property
    def key(self) -> tuple[str, str, int, Evidence, str]:
        """What makes a run unnecessary: the same code, subject, seed, evidence and scenario."""
        return (self.commit, self.subject, self.seed, self.evidence, self.scenario)

    @property
    def caught(self) -> bool:
        """Whether the run was judged invalid."""
        return self.subject != SOUND and self.verdict == "invalid"

    @property
    def outcome(self) -> Outcome:
        """In one word. Without evidence any failing check counts, because some of them need it."""
        if self.subject == SOUND:
            return "accused" if self.failed or self.verdict == "invalid" else "sound"
        if self.verdict != "invalid":
            return "not decided" if self.verdict == "unknown" else "missed"
        declared = not self.unexpected and (not self.missed or self.evidence != "full")
        return "as declared" if declared else "caught otherwise"

    @property
    def holds(self) -> bool:
        """Whether the run is what its declaration says."""
        return self.outcome == "as declared" or (self.outcome == "sound" and self.verdict == "valid")


def failed_checks(result: Result) -> frozenset[str]:
    """Names of the invalid checks, and of those whose measure missed its threshold."""
    checks = {check.name for check in result.checks if check.verdict == "invalid"}
    thresholds = {outcome.measure for outcome in result.thresholds if outcome.verdict == "invalid"}
    return frozenset(checks | {_owner(measure, result) for measure in thresholds})


def judged(result: Result, flaw: Flaw | None, evidence: Evidence, folder: str) -> Proof:
    """Compares a result with the declaration of its flaw."""
    failed = failed_checks(result)
    must = flaw.must if flaw else frozenset[str]()
    may = frozenset(flaw.may) if flaw else frozenset[str]()
    diagnoses = tuple(diagnosis.name for diagnosis in result.diagnoses)
    return Proof(
        subject=flaw.name if flaw else SOUND,
        seed=result.seed,
        evidence=evidence,
        scenario=result.scenario,
        commit=result.commit,
        verdict=result.verdict,
        failed=tuple(sorted(failed)),
        missed=tuple(sorted(must - failed)),
        unexpected=tuple(sorted(failed - must - may)),
        exposure={check.name: check.exposure for check in result.checks if check.name in failed | must},
        diagnoses=diagnoses,
        cause=result.diagnoses[0].cause if result.diagnoses else "",
        named=bool(flaw and diagnoses and flaw.is_named_by(diagnoses[0], result.diagnoses[0].cause)),
        seconds=round(result.duration_ns / 1e9, 1),
        folder=folder,
        late=result.verdict == "unknown" and _was_late(result),
    )


def not_run(subject: str, seed: int, evidence: Evidence, scenario: str, commit: str, error: str) -> Proof:
    """Stands for a run that could not be made; its cause is the error."""
    return Proof(
        subject=subject,
        seed=seed,
        evidence=evidence,
        scenario=scenario,
        commit=commit,
        verdict="unknown",
        failed=(),
        missed=(),
        unexpected=(),
        exposure={},
        diagnoses=(),
        cause=error,
        named=False,
        seconds=0.0,
        folder="",
    )


def read_proofs(runs: Path) -> list[Proof]:
    """The stored proofs of a runs folder, oldest first. A last line that an interrupt cut off is left out."""
    path = runs / FILE
    return read_file(path) if path.is_file() else []


def read_file(path: Path) -> list[Proof]:
    """The same of one file. Raises HistoryError if it cannot be read."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # reading a pipe would wait for its writer
            raise OSError(errno.EINVAL, "it is no file")
        lines = path.read_bytes().splitlines()
    except OSError as error:
        remedy = f"name a {FILE} that `stockstorm prove` wrote"
        raise HistoryError(str(path), f"it cannot be read: {error.strerror}", remedy) from error
    found: list[Proof] = []
    for line in lines:
        with suppress(msgspec.DecodeError):
            found.append(msgspec.json.decode(line, type=Proof))
    return found


def standing(proofs: Iterable[Proof]) -> list[Proof]:
    """One proof for each commit and run, the newest. A late one stands only where there is no other."""
    found: dict[tuple[str, str, int, Evidence, str], Proof] = {}
    for proof in proofs:
        known = found.get(proof.key)
        if known is None or known.late or not proof.late:
            found[proof.key] = proof
    return list(found.values())


def latest(proofs: Iterable[Proof]) -> list[Proof]:
    """One proof for each run, whatever the commit: the last one that stands."""
    return list({proof.key[1:]: proof for proof in standing(proofs)}.values())


def store_proof(runs: Path, proof: Proof) -> None:
    """Appends a proof to the file, on a line of its own also after one that was cut off."""
    runs.mkdir(parents=True, exist_ok=True)
    path = runs / FILE
    cut = path.is_file() and not path.read_bytes().endswith(b"\n")
    with path.open("ab") as file:
        file.write(b"\n" * cut + msgspec.json.encode(proof) + b"\n")


def _was_late(result: Result) -> bool:
    """Whether our generator could not keep up, so that another run may be decided."""
    return any(check.name == Generator.name and check.verdict == "unknown" for check in result.checks)


def _owner(measure: str, result: Result) -> str:
    """The check that measures `measure`."""
    owners = [check.name for check in result.checks if measure in check.measures]
    return owners[0] if owners else measure.partition(".")[0]
