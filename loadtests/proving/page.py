"""docs/power.md: what the judge finds, flaw by flaw, and what it cannot find."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from stockstorm.loadtests.proving.power import Power
from stockstorm.loadtests.proving.proof import SOUND
from stockstorm.loadtests.subjects.flaws import FLAWS, Flaw

HEAD: Final = """# Power: what the judge finds

Each flaw of the bank is a mistake of real integrations, planted into the reference service, one at a time. This page
says how often the judge finds it, in the scenario that claims it, and whether its first diagnosis names it. *With
evidence*: the service has probes, and references in its writes. *Without*: it has neither, like most services. Made by
`make prove`; `stockstorm prove --flaw NAME` repeats one row.
"""


TABLE: Final = """| flaw | what it does | scenario | with evidence | without | first diagnosis |
|---|---|---|---|---|---|"""


def page_of(powers: Sequence[Power], commit: str) -> str:
    """The whole page, in Markdown."""
    flaws = [power for power in powers if power.subject in FLAWS]
    sound = [power for power in powers if power.subject == SOUND]
    parts = [
        HEAD,
        _sums(flaws, sound, commit),
        _tables(flaws),
        _missed(flaws),
        _matrix(flaws),
        _not_run(flaws),
        _out_of_reach(),
    ]
    return "\n".join(part for part in parts if part)


def share(count: int, of: int) -> str:
    """ "3 of 4"."""
    return f"{count} of {of}"


def exposed(power: Power) -> str:
    """The checks that failed, each with what it was exposed to."""
    return "; ".join(f"{check}{_exposure(power, check)}" for check in sorted(power.failed)) or "none"


def _sums(flaws: Sequence[Power], sound: Sequence[Power], commit: str) -> str:
    lines = [f"Commit {commit}.", ""]
    for evidence, words in (("full", "with evidence"), ("none", "without evidence")):
        found = [power for power in flaws if power.evidence == evidence]
        runs, caught = sum(power.runs for power in found), sum(power.caught for power in found)
        always = sum(power.caught == power.runs for power in found)
        if runs:
            named = sum(power.named for power in found)
            lines.append(
                f"- {words}: {share(always, len(found))} flaws caught in every run; {share(caught, runs)} runs; "
                f"the planted cause is the first diagnosis in {share(named, caught)} of those"
            )
    for power in sound:
        words = "with" if power.evidence == "full" else "without"
        accused = share(power.caught, power.runs)
        lines.append(f"- the sound service in {power.scenario}, {words} evidence: accused in {accused} runs")
    return "\n".join([*lines, ""])


def _tables(flaws: Sequence[Power]) -> str:
    by_key: dict[tuple[str, str], Power] = {(power.subject, power.evidence): power for power in flaws}
    lines: list[str] = []
    for kind in dict.fromkeys(flaw.kind for flaw in FLAWS.values()):
        rows = [flaw for flaw in FLAWS.values() if flaw.kind == kind and (flaw.name, "full") in by_key]
        if rows:
            lines += [f"## {kind.capitalize()}", "", TABLE, *(_row(flaw, by_key) for flaw in rows), ""]
    return "\n".join(lines)


def _row(flaw: Flaw, by_key: Mapping[tuple[str, str], Power]) -> str:
    full, none = by_key[flaw.name, "full"], by_key.get((flaw.name, "none"))
    cells = [f"`{flaw.name}`", flaw.mistake, " ".join([flaw.scenario, *flaw.faults]), _rate(full)]
    cells += [_rate(none) if none else "–", f"{full.diagnosis or 'none'} ({share(full.named, full.runs)})"]
    return "| " + " | ".join(cells) + " |"


def _rate(power: Power) -> str:
    return f"{share(power.caught, power.runs)} ({power.low:.0%}–{power.high:.0%})"


def _missed(flaws: Sequence[Power]) -> str:
    rows = [power for power in flaws if power.caught < power.runs or power.missed]
    if not rows:
        return ""
    lines = ["## Not caught, or not by the declared checks", ""]
    for power in rows:
        evidence = "" if power.evidence == "full" else ", without evidence"
        caught = share(power.caught, power.runs)
        declared = f"; not failed: {', '.join(power.missed)}" if power.missed else ""
        lines.append(f"- `{power.subject}`{evidence}: caught {caught}{declared}; failed: {exposed(power)}")
    return "\n".join([*lines, ""])


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


def _out_of_reach() -> str:
    lines = list(_reasons(FLAWS.values()))
    return "\n".join(["## Out of reach", "", *lines, ""]) if lines else ""


def _reasons(flaws: Iterable[Flaw]) -> Iterator[str]:
    return (f"- `{flaw.name}`: {flaw.mistake}. {flaw.out_of_reach}" for flaw in flaws if flaw.out_of_reach)


def _exposure(power: Power, check: str) -> str:
    found = power.exposure.get(check, {})
    return f" ({', '.join(f'{count} {what}' for what, count in found.items())})" if found else ""
