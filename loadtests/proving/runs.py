"""The runs of a proof: each flaw in the scenario that claims it, every seed, with and without evidence."""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from stockstorm.loadtests.config.run_options import RunOptions
from stockstorm.loadtests.config.run_spec import make_spec, read_provenance
from stockstorm.loadtests.ipc.messages import Live
from stockstorm.loadtests.orchestrator.run import run
from stockstorm.loadtests.proving.proof import Evidence, Proof, judged, not_run, read_proofs, store_proof
from stockstorm.loadtests.subjects.flaws import FLAWS, Flaw
from stockstorm.simulator.errors import StockstormError

# What the sound service is run with: every scenario in which a flaw claims to be found -> the architecture.
SOUND_ON: Final = {flaw.scenario: flaw.subject for flaw in FLAWS.values()}
FILES: Final = ("json",)  # `stockstorm check FOLDER` writes the reports, which take a quarter of the time


class Cell(msgspec.Struct, frozen=True):
    """One run to make."""

    subject: str
    seed: int
    evidence: Evidence
    scenario: str

    @property
    def flaw(self) -> Flaw | None:
        return FLAWS.get(self.subject)

    @property
    def text(self) -> str:
        evidence = ", without evidence" if self.evidence == "none" else ""
        return f"{self.subject} in {self.scenario}, seed {self.seed}{evidence}"

    def options(self, runs: Path) -> RunOptions:
        """The options of its run."""
        flaw = self.flaw
        if flaw is None:
            subject = SOUND_ON[self.scenario]
            return RunOptions(
                scenario=self.scenario, seed=self.seed, runs=runs, evidence=self.evidence, subject=subject
            )
        return RunOptions(
            scenario=self.scenario,
            seed=self.seed,
            runs=runs,
            evidence=self.evidence,
            flaw=flaw.name,
            subject=flaw.subject,
            faults=flaw.faults,
            safety_stock=flaw.safety_stock,
        )


def cells_of(subjects: Sequence[str], seeds: int, *, without_evidence: bool, turn: int = 0) -> list[Cell]:
    """Every run of a proof. The first seed of all subjects comes first, so that a short proof is a broad one.

    Without evidence they begin with the subject at position `turn`, so that each comes in some proof that stops early.
    """
    orders: dict[Evidence, Sequence[str]] = {"full": subjects}
    if without_evidence:
        orders["none"] = rotated(subjects, len(subjects), 0, turn)
    return [
        Cell(subject, seed, evidence, scenario)
        for seed in range(1, seeds + 1)
        for evidence, ordered in orders.items()
        for subject in ordered
        for scenario in _scenarios(subject)
    ]


def not_begun(cells: Sequence[Cell], found: Sequence[Proof]) -> list[Cell]:
    """The runs for which the time did not suffice."""
    done = {(proof.subject, proof.seed, proof.evidence, proof.scenario) for proof in found}
    return [cell for cell in cells if (cell.subject, cell.seed, cell.evidence, cell.scenario) not in done]


def _scenarios(subject: str) -> tuple[str, ...]:
    flaw = FLAWS.get(subject)
    if flaw is None:
        return tuple(SOUND_ON)
    return () if flaw.out_of_reach else (flaw.scenario,)


def rotated(subjects: Sequence[str], count: int, commits: int, offset: int = 0) -> list[str]:
    """`count` of the subjects, others for each commit, so that all of them come in turn."""
    start = (commits * count + offset) % len(subjects)
    return [subjects[(start + n) % len(subjects)] for n in range(min(count, len(subjects)))]


def prove(
    cells: Sequence[Cell],
    runs: Path,
    show: Callable[[str], None],
    live: Callable[[Live], None],
    *,
    within_s: float = float("inf"),
) -> Iterator[Proof]:
    """The proof of each run, in order. Those that the runs folder already has of this commit are not repeated.

    After `within_s` seconds no run begins. A run that could not be made is not decided, and is made again next time.
    """
    commit = read_provenance().commit
    known = {proof.key: proof for proof in read_proofs(runs)}
    until = time.monotonic() + within_s
    for number, cell in enumerate(cells, 1):
        found = known.get((commit, cell.subject, cell.seed, cell.evidence, cell.scenario))
        if found is None and time.monotonic() < until:
            show(f"{number} of {len(cells)}: {cell.text}")
            found = _proof(cell, commit, runs, show, live)
        if found is not None:
            yield found


def _proof(cell: Cell, commit: str, runs: Path, show: Callable[[str], None], live: Callable[[Live], None]) -> Proof:
    try:
        spec = make_spec(cell.options(runs))
        result = run(spec, show, live, FILES).result
    except StockstormError as error:
        return not_run(cell.subject, cell.seed, cell.evidence, cell.scenario, commit, str(error))
    proof = judged(result, cell.flaw, cell.evidence, str(spec.folder))
    store_proof(runs, proof)
    return proof
