"""What `stockstorm prove` prints, for a terminal of 80 columns: a line a flaw, and details of what did not hold."""

from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import Console
from rich.table import Table

from stockstorm.loadtests.proving.page import exposed_to, share
from stockstorm.loadtests.proving.power import Power, powers
from stockstorm.loadtests.proving.proof import SOUND, Evidence, Proof
from stockstorm.reports.result import counted

LABELS: Final[dict[Evidence, str]] = {"full": "", "withheld": ", evidence withheld", "none": ", without evidence"}


def print_proofs(proofs: Sequence[Proof], console: Console) -> None:
    """Sums, the sound service, a line for each flaw, and then what was missed, not named or failed otherwise."""
    found = powers(proofs)
    flaws = [power for power in found if power.subject != SOUND]
    sound = [power for power in found if power.subject == SOUND]
    if flaws:
        console.print(_flaws(flaws))
    if sound:
        console.print(_sound(sound))
    for line in _details(proofs):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    console.print(f"\n{sum_of(proofs)}", markup=False, highlight=False)


def _flaws(flaws: Sequence[Power]) -> Table:
    """The judge with evidence, and without: of the same runs, and of others of a service that has none."""
    table = Table("flaw", "with", "without", "named", "first diagnosis", box=None, pad_edge=False)
    for name in dict.fromkeys(power.subject for power in flaws):
        found = [power for power in flaws if power.subject == name]
        caught = [_caught([one for one in found if (one.evidence == "full") is full]) for full in (True, False)]
        named = f"{sum(power.named for power in found)}/{sum(power.caught for power in found)}"
        table.add_row(name, *caught, named, found[0].diagnosis or "none")
    return table


def _caught(found: Sequence[Power]) -> str:
    return f"{sum(power.caught for power in found)}/{sum(power.runs for power in found)}" if found else ""


def _sound(sound: Sequence[Power]) -> Table:
    table = Table("sound service in", "evidence", "runs", "accused", "unknown", box=None, pad_edge=False)
    for power in sound:
        table.add_row(power.scenario, power.evidence, str(power.runs), str(power.caught), str(power.unknown))
    return table


def _details(proofs: Sequence[Proof]) -> Iterator[str]:
    for proof in proofs:
        if words := _wrong(proof):
            yield f"\n{proof.subject} in {proof.scenario}, seed {proof.seed}{LABELS[proof.evidence]}: {words}"
            yield from (f"  {name}: {', '.join(names)}" for name, names in _lists(proof) if names)
            yield from (f"  {name}: {text}" for name, text in (("cause", proof.cause), ("run", proof.folder)) if text)


def _lists(proof: Proof) -> tuple[tuple[str, Sequence[str]], ...]:
    missed = [exposed_to(check, proof.exposure.get(check, {})) for check in proof.missed if proof.evidence == "full"]
    return (
        ("failed", proof.failed),
        ("not failed", missed),
        ("not declared", proof.unexpected),
        ("diagnoses", proof.diagnoses),
    )


def _wrong(proof: Proof) -> str:
    """What is not as it should be; "" if all is."""
    if not proof.holds:
        return proof.outcome if proof.outcome != "sound" else "not decided"
    return "caught and not named" if proof.caught and not proof.named else ""


def sum_of(proofs: Sequence[Proof]) -> str:
    """How many runs were as declared, and how many of those that were judged once more."""
    again = [proof for proof in proofs if proof.evidence == "withheld"]
    runs = [proof for proof in proofs if proof.evidence != "withheld"]
    held = share(sum(proof.holds for proof in runs), len(runs))
    withheld = f"; with the evidence withheld, {share(sum(proof.holds for proof in again), len(again))}" * bool(again)
    late = sum(proof.repeats > 0 for proof in runs)
    repeated = f"; {counted(late, 'run')} made once more, because the load generator had been late" if late else ""
    return f"{held} runs as declared{withheld}{repeated}"
