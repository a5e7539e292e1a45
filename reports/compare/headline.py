"""The findings of a comparison in sentences: the best subject, its lead, and how certain that is."""

import math
from collections.abc import Sequence
from typing import Final

from stockstorm.reports.checkers import CORRECTNESS
from stockstorm.reports.compare.comparison import LOST, OVERSOLD, P95, Entry
from stockstorm.reports.compare.ranking import SEEDS_MIN, comparable
from stockstorm.reports.formats import duration_text, number_text, range_text
from stockstorm.reports.result import Interval
from stockstorm.reports.verdict.tiers import best_tier

LEAD_MIN: Final = 0.05  # a smaller lead, as a share of p95, makes no practical difference even if it is significant


def headline(entries: Sequence[Entry], seeds: int) -> str:
    """One sentence for the top of the report. Entries are ranked, best first. `seeds`: seeds of the matrix."""
    first = [entry for entry in entries if entry.rank == 1]
    if not first:
        if any(entry.correct == "valid" and len(entry.runs) < seeds for entry in entries):
            return "No correct subject has a run of every seed yet, so there is no ranking"
        return "No subject is known to be correct, so there is no ranking"
    if len(entries) == 1:
        return f"{first[0].label} is the only subject"
    if len(first) == 1:
        return _leads(entries, first[0])
    if any(entry.measures[P95].low is None for entry in first):
        return f"{listed(first)} have too little data to be ranked"
    return f"{listed(first)} {'do not differ significantly' if len(first) == len(entries) else 'share the lead'}"


def _leads(entries: Sequence[Entry], first: Entry) -> str:
    following = [entry for entry in entries if entry.rank is not None and entry is not first]
    unranked = any(entry.rank is None and entry.correct != "invalid" for entry in entries)
    if unranked and not following:
        return f"Only {first.label} can be ranked"
    near = close_behind(entries)
    if not near:
        return f"{first.label} leads the ranked subjects" if unranked else f"{first.label} is best"
    lead = duration_text((following[0].value(P95) or 0.0) - (first.value(P95) or 0.0))
    which = " the ranked subjects" if unranked else ""
    return f"{first.label} leads{which} by {lead}; the first {len(near) + 1} do not differ in practice"


def close_behind(entries: Sequence[Entry]) -> list[Entry]:
    """Ranked entries behind the leader whose p95 exceeds the leader's by less than the share `LEAD_MIN`."""
    best = next((entry.value(P95) or 0.0 for entry in entries if entry.rank == 1), 0.0)
    return [
        entry
        for entry in entries
        if entry.rank is not None and entry.rank > 1 and (entry.value(P95) or 0.0) < best * (1 + LEAD_MIN)
    ]


def findings(entries: Sequence[Entry], seeds: int) -> tuple[str, ...]:
    """The findings below the headline, most important first."""
    found = [_speed(entries), _oversold(entries, seeds), *_not_ranked(entries, seeds), *_no_tier(entries)]
    return tuple(sentence for sentence in (*found, certainty(entries, seeds)) if sentence)


def listed(entries: Sequence[Entry]) -> str:
    """`a, b and c`."""
    names = [entry.label for entry in entries]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _speed(entries: Sequence[Entry]) -> str:
    first = [entry for entry in entries if entry.rank == 1]
    if not first:
        return ""
    following = [entry for entry in entries if entry.rank is not None and entry.rank > 1]
    values = [entry.value(P95) or 0.0 for entry in first]
    if len(first) == 1:
        text = f"Its sync latency p95 is {with_interval(first[0].measures[P95])}"
    else:
        text = f"Their sync latency p95 is {range_text(min(values), max(values))}"
    if following:
        behind = following[0]
        text += f", {_ahead(behind.value(P95) or 0.0, max(values))} {behind.label}, the next"
    return text + "."


def _ahead(slower: float, faster: float) -> str:
    if math.isinf(slower) or not faster:
        return "ahead of"
    ratio = slower / faster
    if ratio < 1 + LEAD_MIN:
        return f"{duration_text(slower - faster)} ahead of"
    return f"{ratio:.2g} times faster than" if ratio >= 1.2 else f"{(ratio - 1) * 100:.0f} % faster than"


def with_interval(interval: Interval) -> str:
    """`412 ms (390 to 440 ms)`, or only the value when there is no interval."""
    if interval.low is None or interval.high is None or math.isinf(interval.low):
        return duration_text(interval.value)
    return f"{duration_text(interval.value)} ({range_text(interval.low, interval.high)})"


def _oversold(entries: Sequence[Entry], seeds: int) -> str:
    known = [entry for entry in entries if OVERSOLD in entry.measures and comparable(entry, seeds)]
    if not known:
        return ""
    least = min(known, key=lambda entry: (entry.value(OVERSOLD) or 0.0, entry.value(LOST) or 0.0))
    most = max(known, key=lambda entry: entry.value(OVERSOLD) or 0.0)
    others = [entry for entry in known if entry is not least and entry.value(OVERSOLD) == least.value(OVERSOLD)]
    shared = f" and {len(others)} more" if others else ""
    text = (
        f"Fewest oversold units per run: {_count(least, OVERSOLD)} ({least.label}{shared}; {_count(least, LOST)} lost)"
    )
    if most.value(OVERSOLD) != least.value(OVERSOLD):
        text += f". Most: {_count(most, OVERSOLD)} ({most.label}; {_count(most, LOST)} lost)"
    return text + "."


def _count(entry: Entry, measure: str) -> str:
    value = entry.value(measure)
    return "unknown" if value is None else number_text(round(value, 1))


def _not_ranked(entries: Sequence[Entry], seeds: int) -> list[str]:
    found = []
    for entry in entries:
        if not entry.runs:
            found.append(f"{entry.label} has no run: {entry.failed[0].error if entry.failed else 'not started yet'}")
        elif entry.correct == "invalid":
            found.append(f"{entry.label} is not correct, so it is not ranked by speed: {_why(entry)}")
        elif entry.correct == "unknown":
            found.append(f"{entry.label} is not ranked: {_why(entry)}")
        elif len(entry.runs) < seeds:
            why = f": {entry.failed[0].error}" if entry.failed else " so far"
            found.append(f"{entry.label} is not ranked, because it has runs of {len(entry.runs)} of {seeds} seeds{why}")
    return found


def _no_tier(entries: Sequence[Entry]) -> list[str]:
    """Why it is not known of correct subjects whether they qualify for the loosest tier. Each reason once."""
    by_reason: dict[str, list[Entry]] = {}
    for entry in entries:
        unclear = [tier.reason for tier in entry.tiers if tier.verdict == "unknown"]
        if unclear and entry.correct == "valid" and best_tier(entry.tiers) is None:
            by_reason.setdefault(unclear[0], []).append(entry)
    return [f"No tier is known of {listed(some)}: {reason}." for reason, some in by_reason.items()]


def _why(entry: Entry) -> str:
    decisive = [reason for reason in entry.reasons if any(f"{name}: " in reason for name in CORRECTNESS)]
    reasons = decisive or entry.reasons
    return reasons[0] if reasons else "its correctness is unknown"


def certainty(entries: Sequence[Entry], seeds: int) -> str:
    """What was run, and how certain the figures are."""
    whole = [entry for entry in entries if len(entry.runs) >= seeds]
    if len(whole) == len(entries):
        text = f"Every subject ran the same {'plan' if seeds == 1 else f'{seeds} plans'}."
    else:
        which = f"Only {listed(whole)}" if whole else "No subject"
        text = f"{which} ran {'the plan' if seeds == 1 else f'all {seeds} plans'}."
    if seeds < SEEDS_MIN:
        text += (
            f" With {'one seed' if seeds == 1 else f'{seeds} seeds'}, intervals of latency hold for "
            f"{'this plan' if seeds == 1 else 'these plans'} only. Intervals of counts take {SEEDS_MIN} seeds."
        )
    if sum(entry.rank == 1 for entry in entries) > 1:
        text += " Subjects that share a rank do not differ significantly."
    return text
