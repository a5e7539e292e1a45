"""docs/power.md: what the judge finds, flaw by flaw, and what it cannot find."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from stockstorm.loadtests.proving.power import Power, powers
from stockstorm.loadtests.proving.proof import SOUND, Evidence, Proof, latest
from stockstorm.loadtests.subjects.flaws import FLAWS, Flaw
from stockstorm.reports.result import counted, verb

HEAD: Final = """# Power: what the judge finds

Each flaw of the bank is a mistake of real integrations, planted into the reference service, one at a time. This page
says how often the judge finds it, in the scenario that claims it, and whether its first diagnosis names it. *With
evidence*: the service has probes, and references in its writes. *Withheld*: the same runs, judged once more without
what these showed. *Without*: other runs, of the service that has neither, like most services; there are as many as the
hour of a proof has time for. Made by `make prove`; `stockstorm prove --flaw NAME` repeats one row.
"""

WORDS: Final[dict[Evidence, str]] = {"full": "with", "withheld": "withheld", "none": "without"}
PHRASES: Final[dict[Evidence, str]] = {
    "full": "with evidence", "withheld": "evidence withheld", "none": "without evidence",
}  # fmt: skip
NAMED_MAX: Final = 20  # subjects of a commit that are named
TABLE: Final = """| flaw | what it does | scenario | with evidence | withheld | without | first diagnosis |
|---|---|---|---|---|---|---|"""


def page_of(proofs: Sequence[Proof]) -> str:
    """The whole page, in Markdown. Of a run that several commits made, the last one counts."""
    counted_ones = latest(proofs)
    found = powers(counted_ones)
    flaws = [power for power in found if power.subject in FLAWS]
    parts = [
        HEAD,
        _sums(flaws, counted_ones),
        _sound([power for power in found if power.subject == SOUND]),
        _tables(flaws),
        _missed(flaws),
        _matrix(flaws),
        _not_run(flaws),
        _unnamed_without(),
        _out_of_reach(),
    ]
    return "\n".join(part for part in parts if part)


def share(count: int, of: int) -> str:
    """ "3 of 4"."""
    return f"{count} of {of}"


def exposed_to(check: str, exposure: Mapping[str, int]) -> str:
    """A check, with what it was exposed to."""
    return f"{check} ({', '.join(f'{count} {what}' for what, count in exposure.items())})" if exposure else check


def _sums(flaws: Sequence[Power], proofs: Sequence[Proof]) -> str:
    lines: list[str] = []
    for evidence in WORDS:
        found = [power for power in flaws if power.evidence == evidence]
        runs, caught = sum(power.runs for power in found), sum(power.caught for power in found)
        always = sum(power.caught == power.runs for power in found)
        if runs:
            named = sum(power.named for power in found)
            lines.append(
                f"- {PHRASES[evidence]}: {share(always, len(found))} flaws caught in every run; {share(caught, runs)} "
                f"runs; the planted cause is the first diagnosis in {share(named, caught)} of those"
            )
    return "\n".join([*lines, *_sound_sums(proofs), *_late(proofs), "", *_commits(proofs), ""])


def _sound_sums(proofs: Sequence[Proof]) -> Iterator[str]:
    again = [proof for proof in proofs if proof.subject == SOUND and proof.evidence == "withheld"]
    outcomes = [proof for proof in proofs if proof.subject == SOUND and proof.evidence != "withheld"]
    if outcomes:
        accused = sum(proof.outcome == "accused" for proof in outcomes)
        unknown = sum(proof.outcome == "sound" and proof.verdict == "unknown" for proof in outcomes)
        yield f"- the sound service: accused in {share(accused, len(outcomes))} runs; {unknown} unknown"
    if again:
        accused = sum(proof.outcome == "accused" for proof in again)
        yield f"- with the evidence withheld: accused in {share(accused, len(again))} of these runs"


def _late(proofs: Sequence[Proof]) -> Iterator[str]:
    """Says what was run again, because the first run says nothing of the judge."""
    runs = [proof for proof in proofs if proof.evidence != "withheld"]
    repeated = sum(proof.repeats > 0 for proof in runs)
    late = sum(proof.late for proof in runs)
    if repeated or late:
        still = f"; {late} {verb(late, 'are')} unknown for that reason" if late else ""
        yield f"- {counted(repeated, 'run')} made once more, because the load generator had been late{still}"


def _commits(proofs: Sequence[Proof]) -> Iterator[str]:
    """Which commit made which runs. Of all but the first, the subjects are named."""
    by_commit: dict[str, list[Proof]] = {}
    for proof in proofs:
        if proof.evidence == "withheld":
            continue
        by_commit.setdefault(proof.commit, []).append(proof)
    most = sorted(by_commit.items(), key=lambda each: -len(each[1]))
    if len(most) == 1:
        yield f"Commit {most[0][0]}."
        return
    for place, (commit, made) in enumerate(most):
        names = dict.fromkeys(f"`{proof.subject}`" for proof in made) if place else {}
        shown = f": {', '.join(names)}" if 0 < len(names) <= NAMED_MAX else ""
        yield f"- commit {commit}: {counted(len(made), 'run')}{shown}"
    if most:
        yield "\nOf a run that several commits made, the last one is shown."


def _sound(sound: Sequence[Power]) -> str:
    if not sound:
        return ""
    rows = [
        f"| {power.scenario} | {WORDS[power.evidence]} | {power.runs} | {power.caught} | {power.unknown} |"
        for power in sound
    ]
    head = "| scenario | evidence | runs | accused | unknown |\n|---|---|---|---|---|"
    return "\n".join(["## The sound service", "", head, *rows, ""])


def _tables(flaws: Sequence[Power]) -> str:
    by_key: dict[tuple[str, str], Power] = {(power.subject, power.evidence): power for power in flaws}
    lines: list[str] = []
    for kind in dict.fromkeys(flaw.kind for flaw in FLAWS.values()):
        rows = [flaw for flaw in FLAWS.values() if flaw.kind == kind and (flaw.name, "full") in by_key]
        if rows:
            lines += [f"## {kind.capitalize()}", "", TABLE, *(_row(flaw, by_key) for flaw in rows), ""]
    return "\n".join(lines)


def _row(flaw: Flaw, by_key: Mapping[tuple[str, str], Power]) -> str:
    full = by_key[flaw.name, "full"]
    others = (by_key.get((flaw.name, "withheld")), by_key.get((flaw.name, "none")))
    cells = [f"`{flaw.name}`", flaw.mistake, " ".join([flaw.scenario, *flaw.faults]), _rate(full)]
    cells += [
        *(_rate(one) if one else "–" for one in others),
        f"{full.diagnosis or 'none'} ({share(full.named, full.runs)})",
    ]
    return "| " + " | ".join(cells) + " |"


def _rate(power: Power) -> str:
    return f"{share(power.caught, power.runs)} ({power.low:.0%}–{power.high:.0%})"


def _missed(flaws: Sequence[Power]) -> str:
    rows = [power for power in flaws if power.caught < power.runs or power.missed]
    if not rows:
        return ""
    lines = ["## Not caught, or not by the declared checks", ""]
    for power in rows:
        evidence = "" if power.evidence == "full" else f", {PHRASES[power.evidence]}"
        caught = share(power.caught, power.runs)
        declared = f"; not failed: {', '.join(power.missed)}" if power.missed else ""
        lines.append(f"- `{power.subject}`{evidence}: caught {caught}{declared}; failed: {_failed(power)}")
    return "\n".join([*lines, ""])


def _failed(power: Power) -> str:
    return "; ".join(exposed_to(check, power.exposure.get(check, {})) for check in sorted(power.failed)) or "none"


def _matrix(flaws: Sequence[Power]) -> str:
    full = [power for power in flaws if power.evidence == "full"]
    checks = sorted({check for power in full for check in power.failed})
    if not checks:
        return ""
    head = ["| flaw | " + " | ".join(checks) + " |", "|---" * (len(checks) + 1) + "|"]
    rows = [f"| `{power.subject}` | " + " | ".join(_mark(power, check) for check in checks) + " |" for power in full]
    text = "Runs in which the check failed. **Bold**: the flaw declares that it must."
    return "\n".join(["## Flaws and checks", "", text, "", *head, *rows, ""])


def _mark(power: Power, check: str) -> str:
    count = power.failed.get(check, 0)
    must = check in FLAWS[power.subject].must
    return f"**{count}**" if must else str(count or "")


def _not_run(flaws: Sequence[Power]) -> str:
    ran = {power.subject for power in flaws}
    names = [f"`{flaw.name}`" for flaw in FLAWS.values() if flaw.name not in ran and not flaw.out_of_reach]
    return "\n".join(["## Not run for this page", "", ", ".join(names) + ".", ""]) if names else ""


def _unnamed_without() -> str:
    """Flaws that are caught without evidence, and whose cause cannot be told then."""
    lines = [f"- `{flaw.name}`: {flaw.mistake}. {flaw.without}" for flaw in FLAWS.values() if flaw.without]
    return "\n".join(["## Not named without evidence", "", *lines, ""]) if lines else ""


def _out_of_reach() -> str:
    lines = list(_reasons(FLAWS.values()))
    return "\n".join(["## Out of reach", "", *lines, ""]) if lines else ""


def _reasons(flaws: Iterable[Flaw]) -> Iterator[str]:
    return (f"- `{flaw.name}`: {flaw.mistake}. {flaw.out_of_reach}" for flaw in flaws if flaw.out_of_reach)
