"""Writes whose outcome the subject did not know for a while: executed, and answered with nothing or with a failure.

Until another answer tells, such as that of a repetition, a sound subject counts their orders as not written. What it
reads of the master includes them already. So it may list their units less than there are, which can equal an older
state of the master by chance. The first push after the telling answer may have been decided before it.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from stockstorm.reports.history.channel_orders import ChannelOrders
from stockstorm.reports.history.log import FactLog
from stockstorm.simulator.history import facts as f

NEVER_TOLD: Final = 2**62
DECIDED_WITHIN_NS: Final = 1_000_000_000  # a push that was decided before an answer came ends within this time of it
_ADMIN: Final = "admin"
_TELLING: Final = frozenset({"ok", "replayed"})


class Doubt(msgspec.Struct, frozen=True):
    """Units of one SKU in one write, from when to when (sequence numbers) its outcome was not known."""

    since: int
    told: int
    told_ns: int
    units: int


class _Unknown(msgspec.Struct, frozen=True):
    """A call, with the answer that told its outcome."""

    told: int
    told_ns: int


def find_doubts(log: FactLog, orders: ChannelOrders) -> dict[str, list[Doubt]]:
    """The doubts by SKU. Empty where every write was answered, as in nearly all runs."""
    unknown = _unknown_calls(log)
    if not unknown:
        return {}
    found: dict[str, list[Doubt]] = {}
    for effect in orders.effects:
        if effect.kind == "sale" and effect.version >= 0:
            call = unknown.get(_request_of(log.facts[effect.version_seq]))
            if call is not None:
                doubt = Doubt(effect.version_seq, call.told, call.told_ns, -effect.delta)
                found.setdefault(effect.sku, []).append(doubt)
    return found


def units_in_doubt(doubts: Sequence[Doubt], pushes: Sequence[int], push: int, at_ns: int) -> int:
    """Units that the push with this sequence number may lack, of the `pushes` of one listing."""
    return sum(doubt.units for doubt in doubts if doubt.since < push and _holds(doubt, pushes, push, at_ns))


def _holds(doubt: Doubt, pushes: Sequence[int], push: int, at_ns: int) -> bool:
    if push < doubt.told:
        return True
    first = bisect_left(pushes, doubt.told)
    return pushes[first] == push and at_ns - doubt.told_ns <= DECIDED_WITHIN_NS


def _request_of(fact: f.Fact) -> int:
    return fact.request if isinstance(fact, f.StockChanged | f.StockUnmoved) else -1


def _unknown_calls(log: FactLog) -> Mapping[int, _Unknown]:
    """By request, the executed writes whose first answer was none. One that is repeated in spite of it counts too."""
    calls = [(seq, call) for seq, call in log.numbered(f.ApiCalled) if call.api == _ADMIN]
    told: dict[str, list[tuple[int, int]]] = {}
    for seq, call in calls:
        if call.key and call.outcome in _TELLING and _answered(call):
            told.setdefault(call.key, []).append((seq, call.at_ns))
    found: dict[int, _Unknown] = {}
    for seq, call in calls:
        if call.outcome == "ok" and (call.key or not _answered(call)):
            later = [each for each in told.get(call.key, ()) if each[0] > seq]
            if later or not _answered(call):
                found[call.request] = _Unknown(*(later[0] if later else (NEVER_TOLD, NEVER_TOLD)))
    return found


def _answered(call: f.ApiCalled) -> bool:
    return 200 <= call.status < 300
