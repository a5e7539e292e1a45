"""Channel outage: while one marketplace is down, the others must stay in time, and it must be right soon after.

A pair of movement and listing counts for the others if it fired in the outage of another marketplace and its own was up
throughout. A pair counts for the return if it waited when the outage ended; what it took from then on is the subject's.
A channel is *slowed* by the outage of another one if its latency then is a multiple of its own at other times: a limit
for all channels must leave room for one that takes few calls, and so tells little about a quick one. The time from the
end of an outage until what waited for it is right belongs to no side: then all that was held back is pushed.
It judges nothing by itself. A scenario says by thresholds what is in time.
"""

import math
from collections.abc import Callable, Iterator
from typing import Final

from stockstorm.reports.checkers.checker import Checker, Measure, quantile_measures, with_open
from stockstorm.reports.history import History
from stockstorm.reports.history.deliveries import NEVER_NS
from stockstorm.reports.history.marketplaces import Outage
from stockstorm.reports.history.sync_pairs import SyncPair
from stockstorm.reports.result import Check, Incident, Tally, counted
from stockstorm.reports.statistics.quantiles import quantile, quantiles
from stockstorm.simulator.clock import MILLISECOND_NS, SECOND_NS

PAIRS_MIN: Final = 30
SLOWED_TIMES: Final = 3.0  # the latency at other times (p95)
SLOWED_MS: Final = 500.0  # more than that, at the least
_OTHERS: Final = "channel_outage_ms.others"


class ChannelOutage(Checker):
    name = "channel_outage"
    measures = (
        *quantile_measures(
            _OTHERS, "sync latency of the others in an outage", "sync latency of channels while another one was down"
        ),
        Measure(
            "channel_outage.others",
            "changes of the others in an outage",
            "count",
            "pairs of movement and listing of channels while another one was down",
            more_is_worse=None,
        ),
        Measure(
            "channel_outage.slowed",
            "channels slowed by an outage",
            "count",
            f"channels whose sync latency (p95) was over {SLOWED_TIMES:g} times as long, and {SLOWED_MS:g} ms longer, "
            "while another one was down",
        ),
        Measure(
            "channel_outage.waiting",
            "changes that waited for a return",
            "count",
            "pairs of movement and listing that waited when an outage ended",
            more_is_worse=None,
        ),
        Measure(
            "channel_outage_s.recovery",
            "recovery after an outage",
            "s",
            "longest time from the end of an outage until a listing that waited for it was right",
        ),
        Measure(
            "channel_outage.open",
            "changes of an outage still open",
            "count",
            "pairs that waited when an outage ended, and still did when the run ended with work pending",
        ),
    )
    speed = True

    def __call__(self, history: History) -> Check:
        if not history.outages:
            return Check(self.name, "not_exercised", "no marketplace was down")
        others = list(pairs_of_others(history))
        waiting = list(_waiting(history))
        measures = {"channel_outage.others": float(len(others)), "channel_outage.waiting": float(len(waiting))}
        if len(others) >= PAIRS_MIN:
            measures |= quantiles(_OTHERS, sorted(pair.latency_ms for pair in others))
        tally = Tally()
        if (slowed := _slowed(history, others, _latency_ms)) is not None:
            measures["channel_outage.slowed"] = float(len(slowed))
            for incident in slowed:
                tally.add(incident)
        recovery_s = [ms / 1e3 for _, ms in recoveries(history)]
        for outage, pair in waiting:
            if pair.ended_ns == NEVER_NS:
                tally.add(_never(history, outage, pair))
        if recovery_s:
            measures["channel_outage_s.recovery"] = max(recovery_s)
        names = ", ".join(dict.fromkeys(outage.channel for outage in history.outages))
        reason = f"while {names} was down, {counted(len(others), 'movement')} owed to others"
        if waiting:
            reason += f"; {counted(len(waiting), 'movement')} waited for its return, {_text(max(recovery_s))} at most"
        # A subject that lists less seldom shows too many units, so that little is owed to its listings.
        few = slowed is None and history.lists_less
        check = tally.check(self.name, "not_exercised" if few else "measured", reason, measures)
        return with_open(check, "channel_outage.open", sum(pair.open for _, pair in waiting), "movement")

    def exposure(self, history: History) -> dict[str, int]:
        if not history.outages:
            return {}
        return {"changes owed to others while one was down": sum(1 for _ in pairs_of_others(history))}


def pairs_of_others(history: History) -> Iterator[SyncPair]:
    """Owed pairs that fired while another marketplace was down, and whose own was up throughout."""
    for pair in history.owed_pairs:
        down = [one for one in history.outages if one.begin_ns <= pair.fired_ns < one.end_ns]
        if down and not pair.excused_ns and all(one.channel != pair.channel for one in down):
            yield pair


def recoveries(history: History) -> Iterator[tuple[int, float]]:
    """When each outage ended that a change waited for, and after how many ms its listing was right."""
    for outage, pair in _waiting(history):
        took_ns = pair.ended_ns - outage.end_ns
        yield outage.end_ns, math.inf if pair.ended_ns == NEVER_NS else took_ns / MILLISECOND_NS


def fewest_slowed(history: History) -> float | None:
    """How many channels an outage slowed at least, if work in it took no longer than at other times.

    Each latency in an outage is divided by how many times as long work took then, for want of a CPU that other programs
    used. A machine that is busy throughout explains no difference.
    """
    waits, edges = history.cpu_waits, [history.start_ns]
    for one in history.outages:
        edges += [one.begin_ns, _settled_ns(history, one)]
    edges.append(history.start_ns + history.load_ns)
    calm = [span for span in zip(edges[::2], edges[1::2], strict=True) if span[1] - span[0] >= SECOND_NS]
    usual = min((waits.stretch(*span) for span in calm), default=1.0)
    longer = [(one, waits.stretch(one.begin_ns, one.end_ns) / usual) for one in history.outages]

    def least_ms(pair: SyncPair) -> float:
        return pair.latency_ms / max(
            (times for one, times in longer if one.begin_ns <= pair.fired_ns < one.end_ns and times > 1), default=1.0
        )

    slowed = _slowed(history, list(pairs_of_others(history)), least_ms)
    return None if slowed is None else float(len(slowed))


def _latency_ms(pair: SyncPair) -> float:
    return pair.latency_ms


def _waiting(history: History) -> Iterator[tuple[Outage, SyncPair]]:
    for outage in history.outages:
        for pair in waiting_for(history, outage):
            yield outage, pair


def _slowed(history: History, others: list[SyncPair], then_ms_of: Callable[[SyncPair], float]) -> list[Incident] | None:
    """The channels that the outage of another one slowed. None if there are too few changes to tell.

    `then_ms_of`: the latency of a pair in an outage, as it counts.
    """
    down, up = dict[str, list[float]](), dict[str, list[float]]()
    slowest = dict[str, SyncPair]()
    for pair in others:
        down.setdefault(pair.channel, []).append(then_ms_of(pair))
        if pair.channel not in slowest or pair.latency_ms > slowest[pair.channel].latency_ms:
            slowest[pair.channel] = pair
    troubled = [(one.begin_ns, _settled_ns(history, one)) for one in history.outages]
    for pair in history.owed_pairs:
        if not pair.excused_ns and not any(begin_ns <= pair.fired_ns < end_ns for begin_ns, end_ns in troubled):
            up.setdefault(pair.channel, []).append(pair.latency_ms)
    told = [channel for channel in down if min(len(down[channel]), len(up.get(channel, ()))) >= PAIRS_MIN]
    found = []
    for channel in told:
        then_ms, else_ms = (quantile(sorted(some[channel]), 0.95) for some in (down, up))
        if then_ms > max(SLOWED_TIMES * else_ms, else_ms + SLOWED_MS):
            text = (
                f"{channel} was up, and its sync latency (p95) was {then_ms:,.0f} ms while another marketplace was "
                f"down, and {else_ms:,.0f} ms at other times"
            )
            found.append(Incident("slowed", slowest[channel].fired_ns, text, channel=channel))
    return found if told else None


def waiting_for(history: History, outage: Outage) -> Iterator[SyncPair]:
    """Owed pairs of the marketplace that waited when its outage ended."""
    for pair in history.owed_pairs:
        if pair.channel == outage.channel and pair.fired_ns < outage.end_ns < pair.ended_ns:
            yield pair


def _settled_ns(history: History, outage: Outage) -> int:
    """When the last listing that waited for the return was right. Without one, the end of the outage."""
    return max((pair.ended_ns for pair in waiting_for(history, outage)), default=outage.end_ns)


def _text(seconds: float) -> str:
    return "for ever" if math.isinf(seconds) else f"{seconds:,.1f} s"


def _never(history: History, outage: Outage, pair: SyncPair) -> Incident:
    text = (
        f"{pair.channel} never reflected a change of {pair.sku} at {history.offset(pair.fired_ns)}, although it was "
        f"there again from {history.offset(outage.end_ns)}"
    )
    return Incident("not_recovered", pair.fired_ns, text, channel=pair.channel, sku=pair.sku)
