"""Quantities that mix versions of several locations: what a subject may know of one location and not yet of another.

A subject that keeps a level for each location hears of them one by one. The sum that it lists may hold a newer version
of one location and an older one of another, and so be a sum that the master never had. That is no error. Such a push is
judged by bounds: some versions, one of each location and none older than what is known to be known, must fit. The least
and the most of every location alone decide, so what is called wrong fits no choice of versions at all.
"""

from collections.abc import Sequence
from typing import Final

from stockstorm.reports.history.ledgers import Ledger

SPAN_MAX: Final = 2_000  # states of one location that are searched for a push that the newest versions explain
COMBINED_MAX: Final = 3  # locations whose levels are added up


class Box:
    """What the pushes of one listing have shown, as the oldest version of each location that the subject may know."""

    def __init__(self, ledger: Ledger) -> None:
        self._parts = list(ledger.parts.values())
        self._lows = [0] * len(self._parts)

    def takes(self, bounds: tuple[int, int], seq: int) -> bool:
        """Whether versions from the known ones up to this moment can explain a push, which are then the known ones."""
        most, least = bounds
        nows = [part.version_at(seq) for part in self._parts]
        spans = list(zip(self._parts, self._lows, nows, strict=True))
        if max(now - low for _, low, now in spans) > SPAN_MAX and _newest_fit(self._parts, nows, most, least):
            return True
        lows = [min(part.base[low : now + 1]) for part, low, now in spans]
        highs = [max(part.available[low : now + 1]) for part, low, now in spans]
        if sum(lows) > most or sum(highs) < least:
            return False
        for index, (part, low, now) in enumerate(spans):
            room, wanted = most - sum(lows) + lows[index], least - sum(highs) + highs[index]
            fitting = (one for one in range(low, now) if part.base[one] <= room and part.available[one] >= wanted)
            self._lows[index] = next(fitting, now)
        return True


def ever_fitted(ledger: Ledger, bounds: tuple[int, int], seq: int) -> bool:
    """Whether any versions of the locations up to this moment can explain a push."""
    return Box(ledger).takes(bounds, seq)


def _newest_fit(parts: Sequence[Ledger], nows: Sequence[int], most: int, least: int) -> bool:
    base = sum(part.base[now] for part, now in zip(parts, nows, strict=True))
    available = sum(part.available[now] for part, now in zip(parts, nows, strict=True))
    return base <= most and available >= least


class Sums:
    """The sums of levels that the master showed one by one, each by the moment from which it could be listed."""

    def __init__(self, ledger: Ledger) -> None:
        self._safety = ledger.safety
        self._since: list[dict[int, int]] = []
        for part in ledger.parts.values():
            first: dict[int, int] = {}
            for seq, level in zip(part.seqs, part.available, strict=True):
                first.setdefault(level, seq)
            self._since.append(first)

    def shown(self, quantity: int, seq: int) -> bool:
        """Whether levels that had been there by then add up to a listed quantity, less the safety stock."""
        if len(self._since) > COMBINED_MAX:
            return False
        wanted = quantity + self._safety
        if not quantity and sum(min(first) for first in self._since) <= wanted:
            return True  # nothing is listed for every sum up to the safety stock
        *others, last = [[level for level, since in first.items() if since <= seq] for first in self._since]
        sums = {0}
        for levels in others:
            sums = {total + level for total in sums for level in levels}
        known = set(last)
        return any(wanted - total in known for total in sums)


def highest_sums(ledger: Ledger) -> list[tuple[int, int]]:
    """(sequence number, the most that levels from then or before add up to), in order."""
    changes = [(seq, place, level) for place, part in ledger.parts.items() for seq, level in _levels(part)]
    highest = {place: part.available[0] for place, part in ledger.parts.items()}
    found = []
    for seq, place, level in sorted(changes):
        highest[place] = max(highest[place], level)
        found.append((seq, sum(highest.values())))
    return found


def _levels(part: Ledger) -> Sequence[tuple[int, int]]:
    return list(zip(part.seqs, part.available, strict=True))
