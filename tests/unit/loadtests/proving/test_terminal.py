"""What `stockstorm prove` prints fits a terminal of 80 columns, and has details of what did not hold alone."""

import io

import msgspec
from rich.console import Console

from stockstorm.loadtests.proving.proof import Proof
from stockstorm.loadtests.proving.terminal import print_proofs
from stockstorm.loadtests.subjects.flaws import FLAWS
from tests.unit.loadtests.proving.test_runs import CELLS, proof_of


def shown(*proofs: Proof) -> list[str]:
    text = io.StringIO()
    print_proofs(proofs, Console(file=text, width=80))
    return [line.rstrip() for line in text.getvalue().splitlines()]


def of_flaw(name: str, **changes: object) -> Proof:
    caught = {"verdict": "invalid", "failed": ("forged",), "diagnoses": ("failures_forgotten",), "named": True}
    return msgspec.structs.replace(proof_of(CELLS[0]), subject=name, **caught | changes)


def test_each_flaw_is_one_line_of_80_columns() -> None:
    both = [of_flaw(name, evidence=evidence) for name in FLAWS for evidence in ("full", "withheld", "none")]
    lines = shown(*both)
    assert len(lines) == 1 + len(FLAWS) + 2
    assert max(map(len, lines)) <= 80
    name = max(FLAWS, key=len)
    assert next(line for line in lines if line.startswith(name)).split() == [
        name, "1/1", "2/2", "3/3", "failures_forgotten",
    ]  # fmt: skip
    runs, flaws = 2 * len(FLAWS), len(FLAWS)
    assert lines[-1] == f"{runs} of {runs} runs as declared; with the evidence withheld, {flaws} of {flaws}"


def test_what_did_not_hold_is_told_with_its_run() -> None:
    missed = of_flaw("wrong_secret", verdict="valid", failed=(), missed=("forged",), named=False)
    unnamed = of_flaw("no_signature_check", named=False, cause="the listing is wrong")
    text = "\n".join(shown(missed, unnamed, proof_of(CELLS[0]), proof_of(CELLS[1], verdict="unknown")))
    assert "wrong_secret in proof, seed 1: missed\n  not failed: forged\n" in text
    assert "no_signature_check in proof, seed 1: caught and not named\n  failed: forged\n" in text
    assert "  cause: the listing is wrong\n  run: runs/r" in text
    assert "sound in proof, seed 2: not decided" in text
    assert "sound in proof, seed 1" not in text
    assert text.endswith("2 of 4 runs as declared")
