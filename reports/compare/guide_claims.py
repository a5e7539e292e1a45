"""The guide's claims about architectures: whether a comparison confirms each one, and what it cannot show.

A live comparison shortens the intervals of polling and of scheduled flows, but not those of webhooks. That changes the
ratios between them. So a claim about the guide's real intervals cannot be decided without simulated time.
"""

from collections.abc import Sequence
from typing import Final

from stockstorm.reports.compare.comparison import OVERSOLD, P95, ClaimVerdict, Entry, GuideClaim, RateComparison
from stockstorm.reports.compare.headline import with_interval
from stockstorm.reports.formats import duration_text, number_text

BATCH: Final = ("D1", "D5")
PUSHED: Final = ("D2", "D3", "D4")
REDUCTION: Final = 0.9
# The guide's latency column: architectures, claim, at least and less than so many ms.
COLUMN: Final = (
    (("D1",), "Direct API polling is 5 to 30 min behind", 300_000.0, 1_800_000.0),
    (("D2",), "Native webhooks, processed in place, are under 5 s behind", 0.0, 5_000.0),
    (("D3", "D4"), "Queues and managed buses are under 2 s behind", 0.0, 2_000.0),
    (("D5",), "A scheduled iPaaS flow is 1 to 5 min behind", 60_000.0, 300_000.0),
)
MACHINE: Final = "This holds for this plan on this machine. Networks between shop, cloud and service are not simulated."
FACE_VALUE: Final = (
    "Polling is shortened here and webhooks are not, which changes the ratio. To decide the claim takes the guide's "
    "intervals over hours of trade, in simulated time."
)


def claims(at_rate: RateComparison) -> tuple[GuideClaim, ...]:
    """Every claim, in the guide's order."""
    entries = [entry for entry in at_rate.entries if entry.runs]
    return (_reduction(entries), _crisis(entries, at_rate.load_s), *(_latency(entries, *row) for row in COLUMN))


def _reduction(entries: Sequence[Entry]) -> GuideClaim:
    claim = "Event-driven sync oversells over 90 % less than batch sync, up to 97 % less"
    known = [entry for entry in entries if entry.rank is not None]  # correct, with a run of every seed
    batch = [entry for entry in known if entry.subject.guide_ref in BATCH]
    pushed = [entry for entry in known if entry.subject.guide_ref in PUSHED]
    if not batch or not pushed:
        missing = "polling or scheduled flow" if not batch else "event-driven architecture"
        return GuideClaim(
            claim, "undecided", f"There was no {missing} that is correct and has a run of every seed.", FACE_VALUE
        )
    worst = max(batch, key=lambda entry: entry.value(OVERSOLD) or 0.0)
    most = worst.value(OVERSOLD) or 0.0
    if not most:
        return GuideClaim(claim, "undecided", "Batch sync oversold nothing on these plans.", FACE_VALUE)
    shares = sorted((1 - (entry.value(OVERSOLD) or 0.0) / most, entry.label) for entry in pushed)
    (least, behind), (best, ahead) = shares[0], shares[-1]
    found = (
        f"Against {worst.label} ({number_text(round(most, 1))} oversold units per run), {ahead} oversold {_less(best)}"
    )
    found += f" and {behind} {_less(least)}." if behind != ahead else "."
    if shortened := [entry.subject.shortened for entry in batch if entry.subject.shortened]:
        limits = f"{FACE_VALUE} Shortened here: {'; '.join(dict.fromkeys(shortened))}."
        return GuideClaim(claim, "undecided", found, limits)
    verdict: ClaimVerdict = "holds" if best > REDUCTION else "does not hold"
    return GuideClaim(claim, verdict, found, MACHINE)


def _less(share: float) -> str:
    return f"{share * 100:.0f} % less" if share >= 0 else f"{-share * 100:.0f} % more"


def _crisis(entries: Sequence[Entry], load_s: float) -> GuideClaim:
    claim = "Fast-selling SKUs that are stale for more than 30 s are in crisis"
    spent = [(entry.label, entry.value("crisis_time_s.total")) for entry in entries if not entry.over_ceiling]
    inside = [f"{label} {duration_text(seconds * 1000)} per run" for label, seconds in spent if seconds]
    measured = any(seconds is not None for _, seconds in spent)
    found = f"Crisis time: {', '.join(inside)}." if inside else "No subject had any crisis time."
    if not measured:
        found = "Crisis time was not measured: no fast-selling SKU was listed on a marketplace."
    limits = (
        f"Load lasted {duration_text(load_s * 1000)}, so little of it can be beyond 30 s. The comparison measures "
        "crisis time. To decide whether 30 s is the right limit takes hours of trade, in simulated time."
    )
    return GuideClaim(claim, "undecided", found, limits)


def _latency(entries: Sequence[Entry], refs: tuple[str, ...], claim: str, low_ms: float, high_ms: float) -> GuideClaim:
    ours = [entry for entry in entries if entry.subject.guide_ref in refs and P95 in entry.measures]
    if not ours:
        return GuideClaim(claim, "undecided", "No such architecture was compared.", "")
    known = [entry for entry in ours if entry.correct == "valid"]
    latencies = ", ".join(f"{entry.label} {with_interval(entry.measures[P95])}" for entry in known)
    found = f"p95: {latencies}." if latencies else "None of them is known to be correct."
    if shortened := [entry.subject.shortened for entry in ours if entry.subject.shortened]:
        return GuideClaim(
            claim, "undecided", found, f"Shortened for a live run: {'; '.join(dict.fromkeys(shortened))}."
        )
    verdicts = {_within(entry, low_ms, high_ms) for entry in ours}
    verdict: ClaimVerdict = "holds" if verdicts == {"holds"} else "undecided"
    if "does not hold" in verdicts:
        verdict = "does not hold"
    unknown = [entry.label for entry in ours if _within(entry, low_ms, high_ms) == "undecided"]
    undecided = f"Undecided for {', '.join(unknown)}. " if unknown else ""
    return GuideClaim(claim, verdict, found, undecided + (MACHINE if known else ""))


def _within(entry: Entry, low_ms: float, high_ms: float) -> ClaimVerdict:
    interval = entry.measures[P95]
    if entry.correct != "valid" or interval.low is None or interval.high is None:
        return "undecided"
    if low_ms <= interval.low and interval.high < high_ms:
        return "holds"
    return "does not hold" if interval.low >= high_ms or interval.high < low_ms else "undecided"
