"""A marketplace that tells of its orders by a feed alone, which the subject does not read, or reads no more."""

from collections.abc import Iterator
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.few_topics import ANSWERS
from stockstorm.reports.history.event_outcomes import ORDER_KINDS
from stockstorm.reports.result import Diagnosis, counted
from stockstorm.simulator.history import facts as f

FEED: Final = "GET orders"
SHARE_MIN: Final = 0.2  # of the marketplace's events; a last read can come before its last events
EVENTS_MIN: Final = 3


class FeedUnread(Diagnose):
    name = "feed_unread"

    def __call__(self, case: Case) -> Iterator[Found]:
        explained = tuple(name for name in case.consequences() if name not in ANSWERS)
        for channel in sorted(case.history.polled) if explained else ():
            events = [
                event
                for event in case.history.all(f.EventFired)
                if event.source == channel and event.topic in ORDER_KINDS
            ]
            reads = [call for call in case.calls if (call.api, call.operation) == (channel, FEED)]
            last_ns = max((call.at_ns for call in reads if call.outcome == "ok"), default=0)
            missed = [event for event in events if event.at_ns > last_ns]
            if len(missed) >= max(EVENTS_MIN, SHARE_MIN * len(events)):
                yield _found(self.name, case, channel, reads, last_ns, missed, explained)


def _found(
    name: str,
    case: Case,
    channel: str,
    reads: list[f.ApiCalled],
    last_ns: int,
    missed: list[f.EventFired],
    explained: tuple[str, ...],
) -> Found:
    what = counted(len(missed), "sale, cancellation or return", "sales, cancellations and returns")
    how = f"was last read at {case.when(last_ns)}, before {what}" if last_ns else f"was never read: it has {what}"
    others = sorted({call.api for call in case.calls if call.operation == FEED and call.api != channel})
    return Found(
        Diagnosis(
            name,
            f"{channel} tells of orders by its feed alone, which {how}",
            (
                f"the feed was asked for {counted(len(reads), 'time')}",
                *([f"those of {', '.join(others)} were read"] if others else []),
                "unknown to the service, for example, " + quoted(case.named(event) for event in missed),
            ),
            f"read GET /marketplaces/{channel}/v1/orders at a period: a marketplace that answers the registration of "
            "an address with 404 notifies nobody",
            explained,
            missed[0].at_ns,
        ),
        frozenset(f"event {event.event}" for event in missed),
    )
