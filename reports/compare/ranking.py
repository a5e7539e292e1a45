"""Who comes first: being correct goes before being fast. Entries that cannot be told apart share a rank.

Only who played every seed is ranked: a seed that is hard for all would else count against those that played it.

Two are told apart when the difference of their p95, paired by seed, is surely not 0; with too few seeds for that, when
their pooled intervals do not overlap. Both have to point the way in which the pooled p95 sorts them.
"""

import math
from collections.abc import Sequence

import msgspec

from reports.compare.comparison import P95, Entry
from reports.compare.paired import paired_difference
from reports.result import Verdict

_ORDER: dict[Verdict, int] = {"valid": 0, "unknown": 1, "invalid": 2}


def ranked(entries: Sequence[Entry], seeds: int) -> tuple[Entry, ...]:
    """Best first, with ranks as in sport: 1, 1, 3. Only correct entries with a latency and all `seeds` get one."""
    ordered = sorted(entries, key=lambda entry: _key(entry, seeds))
    found: list[Entry] = []
    leader: Entry | None = None
    rank = 0
    for place, entry in enumerate(ordered, 1):
        if not comparable(entry, seeds) or entry.value(P95) is None:
            found.append(msgspec.structs.replace(entry, rank=None))
            continue
        if leader is None or told_apart(leader, entry):
            leader, rank = entry, place
        found.append(msgspec.structs.replace(entry, rank=rank))
    return tuple(found)


def comparable(entry: Entry, seeds: int) -> bool:
    """Whether it is correct and played as many seeds as there are, so that it played the plans of all others."""
    return entry.correct == "valid" and len(entry.runs) >= seeds


def told_apart(ahead: Entry, behind: Entry) -> bool:
    """Whether the sync latency of `ahead`, whose pooled p95 is the lower one, is lower by more than chance."""
    first, second = ahead.measures.get(P95), behind.measures.get(P95)
    if first is None or second is None or first.value >= second.value:
        return False
    paired = paired_difference(by_seed(ahead, P95), by_seed(behind, P95))
    if paired is not None and paired.high is not None:
        return paired.high < 0
    if paired is not None and paired.value >= 0:
        return False
    if math.isinf(second.value):
        return True
    return first.high is not None and second.low is not None and first.high < second.low


def by_seed(entry: Entry, measure: str) -> dict[int, float]:
    """One measure of every run of an entry that has it."""
    return {run.seed: run.measures[measure] for run in entry.runs if measure in run.measures}


def _key(entry: Entry, seeds: int) -> tuple[int, float]:
    latency = entry.value(P95)
    played = 0 if len(entry.runs) >= seeds else 1 if entry.runs else 3
    return max(_ORDER[entry.correct], played), math.inf if latency is None else latency
