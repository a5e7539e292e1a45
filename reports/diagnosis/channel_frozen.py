"""One marketplace's listings are set no longer, or never were, while those of others are."""

from collections.abc import Iterator
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
from stockstorm.reports.result import Diagnosis, counted
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f

LATER_MIN: Final = 10  # pushes to other channels after the last one to this
SILENCE_MIN_NS: Final = 2 * SECOND_NS


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
            told = [text for call in calls for text in call.errors]
            when = f"freeze at {case.when(at_ns)}" if channel in last else "were never set"
            yield Found(
                Diagnosis(
                    self.name,
                    f"the listings of {channel} {when}, while those of other channels are set {len(later)} times more",
                    (
                        f"{counted(wrong[channel], 'listing')} of {channel} are wrong at the end",
                        f"{counted(len(calls), 'call')} to {channel} came later"
                        + (f"; one was told: {told[0]}" if told else ""),
                    ),
                    f"look at what pushes to {channel}: its worker or queue, its token, its rate limit, its error "
                    "handling",
                    case.consequences(*self.checks),
                    at_ns if channel in last else 0,
                ),
                frozenset(f"listings {channel}" for _ in (0,)),
            )
