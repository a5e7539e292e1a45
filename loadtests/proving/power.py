"""What many proofs show together: how often each flaw is caught and named."""

from collections import Counter
from collections.abc import Iterable, Sequence
from math import sqrt
from typing import Final

import msgspec

from stockstorm.loadtests.proving.proof import SOUND, Evidence, Proof

Z: Final = 1.959964  # of a 95 % interval


class Power(msgspec.Struct, frozen=True):
    """The proofs of one subject with the same evidence, in one scenario. Counts are of runs."""

    subject: str
    evidence: Evidence
    scenario: str
    runs: int
    caught: int  # judged invalid; of the sound service: accused
    unknown: int  # not decided
    declared: int  # caught by the checks that the flaw declares, and by no other
    named: int  # caught, and the first diagnosis is one that the flaw declares
    low: float  # Wilson interval of the share that is caught
    high: float
    failed: dict[str, int]  # check -> runs in which it failed
    missed: tuple[str, ...]  # checks that had to fail and did not in some run
    unexpected: tuple[str, ...]
    exposure: dict[str, dict[str, int]]  # least of all runs
    diagnosis: str  # the most frequent first one
    cause: str  # its text, of one run
    seconds: float


def wilson(successes: int, of: int) -> tuple[float, float]:
    """The 95 % Wilson interval of a share."""
    if not of:
        return 0.0, 1.0
    share, z2 = successes / of, Z * Z
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = Z * sqrt(share * (1 - share) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return max(0.0, middle - half), min(1.0, middle + half)


def powers(proofs: Iterable[Proof]) -> list[Power]:
    """One for each subject, evidence and scenario, in the order of the proofs."""
    groups: dict[tuple[str, Evidence, str], list[Proof]] = {}
    for proof in proofs:
        groups.setdefault((proof.subject, proof.evidence, proof.scenario), []).append(proof)
    return [_power(group) for group in groups.values()]


def _power(group: Sequence[Proof]) -> Power:
    first = group[0]
    caught = sum(proof.failed != () or proof.verdict == "invalid" for proof in group if first.subject == SOUND)
    caught += sum(proof.caught for proof in group)
    low, high = wilson(caught, len(group))
    names = Counter(proof.diagnoses[0] for proof in group if proof.diagnoses)
    diagnosis = names.most_common(1)[0][0] if names else ""
    causes = [proof.cause for proof in group if proof.cause and proof.diagnoses[:1] in ((), (diagnosis,))]
    return Power(
        subject=first.subject,
        evidence=first.evidence,
        scenario=first.scenario,
        runs=len(group),
        caught=caught,
        unknown=sum(_is_open(proof) for proof in group),
        declared=sum(proof.outcome == "as declared" for proof in group),
        named=sum(proof.named and proof.caught for proof in group),
        low=low,
        high=high,
        failed=dict(Counter(check for proof in group for check in proof.failed)),
        missed=tuple(sorted({check for proof in group for check in proof.missed})),
        unexpected=tuple(sorted({check for proof in group for check in proof.unexpected})),
        exposure=_least(group),
        diagnosis=diagnosis,
        cause=causes[0] if causes else "",
        seconds=sum(proof.seconds for proof in group) / len(group),
    )


def _is_open(proof: Proof) -> bool:
    return proof.verdict == "unknown" and proof.outcome != "accused"


def _least(group: Sequence[Proof]) -> dict[str, dict[str, int]]:
    """The exposure of each check that every run had at least."""
    least: dict[str, dict[str, int]] = {}
    for proof in group:
        for check, exposure in proof.exposure.items():
            known = least.setdefault(check, {})
            for what, count in exposure.items():
                known[what] = min(count, known.get(what, count))
    return least
