"""Who comes first: being correct goes before being fast. Entries that cannot be told apart share a rank.

Two are told apart when the difference of their p95, paired by seed, is surely not 0; with too few seeds for that, when
their pooled intervals do not overlap.
"""

import math
from collections.abc import Sequence

import msgspec

from reports.compare.comparison import P95, Entry
from reports.compare.paired import SEEDS_MIN, excludes_zero, paired_difference
from reports.result import Verdict

_ORDER: dict[Verdict, int] = {"valid": 0, "unknown": 1, "invalid": 2}


def ranked(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Best first, with ranks as in sport: 1, 1, 3. Only correct entries with a latency get one."""
    ordered = sorted(entries, key=_key)
    found: list[Entry] = []
    leader: Entry | None = None
    rank = 0
    for place, entry in enumerate(ordered, 1):
        if entry.correct != "valid" or entry.value(P95) is None:
            found.append(msgspec.structs.replace(entry, rank=None))
            continue
        if leader is None or told_apart(leader, entry):
            leader, rank = entry, place
        found.append(msgspec.structs.replace(entry, rank=rank))
    return tuple(found)


def told_apart(one: Entry, other: Entry) -> bool:
    """Whether their sync latencies differ by more than chance."""
    paired = paired_difference(by_seed(one, P95), by_seed(other, P95))
    if paired is not None and paired.low is not None:
        return excludes_zero(paired)
    common = len(by_seed(one, P95).keys() & by_seed(other, P95).keys())
    first, second = one.measures.get(P95), other.measures.get(P95)
    if first is None or second is None:
        return False
    if math.isinf(first.value) != math.isinf(second.value):
        return True
    if common >= SEEDS_MIN and math.isinf(first.value):
        return False
    if first.high is None or second.high is None or first.low is None or second.low is None:
        return False
    return first.high < second.low or second.high < first.low


def by_seed(entry: Entry, measure: str) -> dict[int, float]:
    """One measure of every run of an entry that has it."""
    return {run.seed: run.measures[measure] for run in entry.runs if measure in run.measures}


def _key(entry: Entry) -> tuple[int, float]:
    latency = entry.value(P95)
    played = 0 if entry.runs else 3
    return max(_ORDER[entry.correct], played), math.inf if latency is None else latency
