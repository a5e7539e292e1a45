"""The guide's claims about architectures, each with what a comparison can say of it and what it cannot.

A live comparison shortens the intervals of polling and of scheduled flows, and leaves webhooks as they are. That
changes every ratio between them, so claims at face value wait for virtual time.
"""

from collections.abc import Sequence
from typing import Final

from stockstorm.reports.compare.comparison import OVERSOLD, P95, Board, Claim, Entry, Said
from stockstorm.reports.compare.headline import with_interval
from stockstorm.reports.formats import duration_text, number_text

BATCH: Final = ("D1", "D5")
PUSHED: Final = ("D2", "D3", "D4")
REDUCTION: Final = 0.9
# Of the guide's latency column: rows, in words, at least and less than so many ms.
COLUMN: Final = (
    (("D1",), "Direct API polling is 5 to 30 min behind", 300_000.0, 1_800_000.0),
    (("D2",), "Native webhooks, processed in place, are under 5 s behind", 0.0, 5_000.0),
    (("D3", "D4"), "Queues and managed buses are under 2 s behind", 0.0, 2_000.0),
    (("D5",), "A scheduled iPaaS flow is 1 to 5 min behind", 60_000.0, 300_000.0),
)
MACHINE: Final = "It says so for this plan on this machine; networks between shop, cloud and service are not played."
FACE_VALUE: Final = (
    "Shortened polling against webhooks that are not shortened changes the ratio. At face value it needs the guide's "
    "intervals over hours of trade, which is for virtual time."
)


def claims(board: Board) -> tuple[Claim, ...]:
    """Every claim, in the guide's order."""
    entries = [entry for entry in board.entries if entry.runs]
    return (_reduction(entries), _crisis(entries, board.load_s), *(_latency(entries, *row) for row in COLUMN))


def _reduction(entries: Sequence[Entry]) -> Claim:
    claim = "Event-driven sync oversells over 90 % less than batch sync, up to 97 % less"
    known = [entry for entry in entries if entry.rank is not None]  # correct, and all on the same plans
    batch = [entry for entry in known if entry.card.row in BATCH]
    pushed = [entry for entry in known if entry.card.row in PUSHED]
    if not batch or not pushed:
        missing = "polling or scheduled flow" if not batch else "event-driven architecture"
        return Claim(
            claim, "cannot be said", f"There was no {missing} that is correct and played every seed.", FACE_VALUE
        )
    worst = max(batch, key=lambda entry: entry.value(OVERSOLD) or 0.0)
    most = worst.value(OVERSOLD) or 0.0
    if not most:
        return Claim(claim, "cannot be said", "Batch sync oversold nothing on these plans.", FACE_VALUE)
    shares = sorted((1 - (entry.value(OVERSOLD) or 0.0) / most, entry.label) for entry in pushed)
    (least, behind), (best, ahead) = shares[0], shares[-1]
    found = (
        f"Against {worst.label} ({number_text(round(most, 1))} oversold units a run), {ahead} oversold {_less(best)}"
    )
    found += f" and {behind} {_less(least)}." if behind != ahead else "."
    if shortened := [entry.card.shortened for entry in batch if entry.card.shortened]:
        return Claim(claim, "cannot be said", found, f"{FACE_VALUE} Here: {'; '.join(dict.fromkeys(shortened))}.")
    said: Said = "holds" if best > REDUCTION else "does not hold"
    return Claim(claim, said, found, MACHINE)


def _less(share: float) -> str:
    return f"{share * 100:.0f} % less" if share >= 0 else f"{-share * 100:.0f} % more"


def _crisis(entries: Sequence[Entry], load_s: float) -> Claim:
    claim = "Fast movers that are staler than 30 s are in crisis"
    spent = [(entry.label, entry.value("crisis_time_s.total")) for entry in entries if not entry.over_ceiling]
    inside = [f"{label} {duration_text(seconds * 1000)} a run" for label, seconds in spent if seconds]
    measured = any(seconds is not None for _, seconds in spent)
    found = f"In crisis were: {', '.join(inside)}." if inside else "No subject was in crisis at any time."
    if not measured:
        found = "Crisis time was not measured: no fast mover was sold beside a marketplace."
    limits = (
        f"Load lasted {duration_text(load_s * 1000)}, so little of it could lie beyond 30 s. The comparison measures "
        "time in crisis; where the line should be drawn is for hours of trade in virtual time."
    )
    return Claim(claim, "cannot be said", found, limits)


def _latency(entries: Sequence[Entry], rows: tuple[str, ...], claim: str, low_ms: float, high_ms: float) -> Claim:
    ours = [entry for entry in entries if entry.card.row in rows and P95 in entry.measures]
    if not ours:
        return Claim(claim, "cannot be said", "No such architecture was compared.", "")
    known = [entry for entry in ours if entry.correct == "valid"]
    told = ", ".join(f"{entry.label} {with_interval(entry.measures[P95])}" for entry in known)
    found = f"p95: {told}." if told else "None of them is known to be correct."
    if shortened := [entry.card.shortened for entry in ours if entry.card.shortened]:
        return Claim(
            claim, "cannot be said", found, f"Shortened for a live run: {'; '.join(dict.fromkeys(shortened))}."
        )
    verdicts = {_within(entry, low_ms, high_ms) for entry in ours}
    said: Said = "holds" if verdicts == {"holds"} else "cannot be said"
    if "does not hold" in verdicts:
        said = "does not hold"
    unknown = [entry.label for entry in ours if _within(entry, low_ms, high_ms) == "cannot be said"]
    doubt = f"Of {', '.join(unknown)} it cannot be told. " if unknown else ""
    return Claim(claim, said, found, doubt + (MACHINE if known else ""))


def _within(entry: Entry, low_ms: float, high_ms: float) -> Said:
    interval = entry.measures[P95]
    if entry.correct != "valid" or interval.low is None or interval.high is None:
        return "cannot be said"
    if low_ms <= interval.low and interval.high < high_ms:
        return "holds"
    return "does not hold" if interval.low >= high_ms or interval.high < low_ms else "cannot be said"
