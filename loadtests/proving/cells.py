"""The runs of a proof: each flaw in the scenario that claims it, the sound service in all of those, by seed."""

from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Final

import msgspec

from stockstorm.loadtests.config.run_options import RunOptions
from stockstorm.loadtests.proving.proof import SOUND, Evidence, Proof
from stockstorm.loadtests.subjects.flaws import FLAWS, Flaw

# What the sound service is run with: every scenario in which a flaw claims to be found -> the architecture.
SOUND_ON: Final = {flaw.scenario: flaw.subject for flaw in FLAWS.values()}

THROUGH_AT: Final = 0.7  # of the runs with evidence: flaws are run by then, also where the time does not suffice


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
    def alone(self) -> bool:
        """Whether no other run goes on at the same time."""
        return self.flaw is not None and self.flaw.alone

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


class Wanted(msgspec.Struct, frozen=True):
    """What a proof consists of."""

    subjects: tuple[str, ...]  # names of flaws, and SOUND
    seeds: int = 1  # of each flaw
    sound_seeds: int = 1  # of the sound service with evidence; without evidence it has as many as the flaws
    without_evidence: bool = False  # run each of them without probes and references too
    turn: int = 0  # without evidence they begin with the subject at this position


def cells_of(wanted: Wanted) -> list[Cell]:
    """Every run of a proof, always in the same order.

    Those with evidence come first: the first seed of all flaws before their second, so that a short proof is a broad
    one, with the runs of the sound service spread among them. Those that run alone are the first. Each flaw comes in
    some proof that stops early, because the runs without evidence begin with the sound service, and then another flaw
    each `turn`.
    """
    flaws = [name for name in wanted.subjects if name != SOUND]
    sound = _cells([SOUND], range(1, wanted.sound_seeds + 1), "full") if SOUND in wanted.subjects else []
    found = interleaved(_cells(flaws, range(1, wanted.seeds + 1), "full"), sound)
    found.sort(key=lambda cell: not cell.alone)
    if wanted.without_evidence:
        turned = rotated(wanted.subjects, len(wanted.subjects), 0, wanted.turn)
        without = _cells(turned, range(1, wanted.seeds + 1), "none")
        found += sorted(without, key=lambda cell: (cell.subject != SOUND, cell.alone))
    return found


def interleaved(some: Sequence[Cell], others: Sequence[Cell]) -> list[Cell]:
    """Both, each in its order and evenly spread. `some` are through when a part of the others is still to come."""
    spans = ((some, THROUGH_AT), (others, 1.0))
    placed = [(span * (place + 0.5) / len(cells), cell) for cells, span in spans for place, cell in enumerate(cells)]
    return [cell for _, cell in sorted(placed, key=lambda each: each[0])]


def not_begun(cells: Sequence[Cell], found: Iterable[Proof]) -> list[Cell]:
    """The runs for which the time did not suffice."""
    done = {cell_of(proof) for proof in found}
    return [cell for cell in cells if cell not in done]


def cell_of(proof: Proof) -> Cell:
    """What was run. Evidence is withheld from the judge of a run that has it."""
    evidence: Evidence = "full" if proof.evidence == "withheld" else proof.evidence
    return Cell(proof.subject, proof.seed, evidence, proof.scenario)


def rotated(subjects: Sequence[str], count: int, commits: int, offset: int = 0) -> list[str]:
    """`count` of the subjects, others for each commit, so that all of them come in turn."""
    start = (commits * count + offset) % len(subjects)
    return [subjects[(start + n) % len(subjects)] for n in range(min(count, len(subjects)))]


def _cells(subjects: Sequence[str], seeds: Iterable[int], evidence: Evidence) -> list[Cell]:
    def of_seed(seed: int) -> list[Cell]:
        return [Cell(name, seed, evidence, scenario) for name in subjects for scenario in _scenarios(name)]

    return list(chain.from_iterable(map(of_seed, seeds)))


def _scenarios(subject: str) -> tuple[str, ...]:
    flaw = FLAWS.get(subject)
    if flaw is None:
        return tuple(SOUND_ON)
    return () if flaw.out_of_reach else (flaw.scenario,)
