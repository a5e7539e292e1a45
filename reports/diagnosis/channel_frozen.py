"""One marketplace's listings are set no longer, or never were, while those of others are."""

from collections.abc import Iterator
from typing import Final, Literal

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, ordered
from stockstorm.reports.result import Diagnosis, counted, verb
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f

LATER_MIN: Final = 10  # pushes to other channels after the last one to this
SILENCE_MIN_NS: Final = 2 * SECOND_NS
CallEnd = Literal["taken", "refused", "failed"]
ENDS: Final[tuple[CallEnd, ...]] = ("taken", "refused", "failed")


class ChannelFrozen(Diagnose):
    name = "channel_frozen"
    checks = ("drift", "sync_latency", "oversell", "crisis_time", "refused_though_available")
    after = ("no_call", "stops")

    def __call__(self, case: Case) -> Iterator[Found]:
        history = case.history
        pushes = history.all(f.ListingPushed)
        wrong: dict[str, int] = {}
        for incident in case.incidents("drift"):
            if incident.channel and incident.order < 0:
                wrong[incident.channel] = wrong.get(incident.channel, 0) + 1
        last = {push.channel: push.at_ns for push in pushes}
        for channel in history.marketplaces:
            at_ns = last.get(channel, history.start_ns)
            later = [push for push in pushes if push.at_ns > at_ns and push.channel != channel]
            lasting = later and later[-1].at_ns - at_ns >= SILENCE_MIN_NS
            if channel not in wrong or len(later) < LATER_MIN or not lasting:
                continue
            calls = [call for call in case.calls if call.api == channel and call.at_ns > at_ns]
            set_once = channel in last
            when = f"freeze at {case.when(at_ns)}" if set_once else "were never set"
            yield Found(
                Diagnosis(
                    self.name,
                    f"the listings of {channel} {when}, while {_others(len(later), set_once)} set those of other "
                    "channels",
                    (
                        (
                            f"{counted(wrong[channel], 'listing')} of {channel} "
                            f"{verb(wrong[channel], 'are')} wrong at the end"
                        ),
                        _tried(channel, calls, set_once),
                    ),
                    f"look at what pushes to {channel}: its worker or queue, its token, its rate limit, its error "
                    "handling",
                    case.consequences(*self.checks),
                    at_ns if channel in last else 0,
                ),
                frozenset({f"listings {channel}"}),
                f"no push set any listing of {channel}{' after that' if set_once else ''}",
            )


def _others(pushes: int, set_once: bool) -> str:
    return counted(pushes, "later row" if set_once else "row")


def _tried(channel: str, calls: list[f.ApiCalled], set_once: bool) -> str:
    """How many calls there were, and what became of them: "4 calls to bazaar were tried after that: 3 refused"."""
    when = "after that" if set_once else "at all"
    if not calls:
        return f"no call to {channel} was tried {when}"
    ends = dict(ordered(map(_end, calls)))
    told = [text for call in calls for text in call.errors]
    found = ", ".join(f"{ends[end]:,} {end}" for end in ENDS if end in ends)
    when = f" {when}" if set_once else ""
    tried = f"{counted(len(calls), 'call')} to {channel} {verb(len(calls), 'were')} tried{when}: {found}"
    return f"{tried}; one was told: {told[0]}" if told else tried


def _end(call: f.ApiCalled) -> CallEnd:
    if call.outcome in {"throttled", "failed"} or call.status == 0 or call.server_failed:
        return "failed"
    return "taken" if call.outcome in {"ok", "replayed"} else "refused"
