"""Never sent: deliveries that the scenario loses before the first attempt, as Shopify does now and then.

No service can acknowledge what it never got, so such an event is never "lost by the subject". But Shopify tells apps
that webhooks are not guaranteed and that they should read what they missed. So the finding is invalid if the subject
learned of an event in no other way, and is wrong at rest without it.
"""

from collections import Counter

from stockstorm.reports.checkers.checker import Checker, Measure
from stockstorm.reports.history import History
from stockstorm.reports.history.deliveries import NEVER_NS
from stockstorm.reports.history.unsent import Unsent, missed_of
from stockstorm.reports.result import Check, Incident, Tally, counted, unknown, verb
from stockstorm.simulator.clock import SECOND_NS


class NeverSent(Checker):
    name = "never_sent"
    measures = (
        Measure(
            "never_sent.events",
            "events never sent",
            "count",
            "orders of marketplaces and stock levels whose notification was never sent",
            more_is_worse=None,
        ),
        Measure(
            "never_sent.missed",
            "events missed",
            "count",
            "events never sent of which the subject learned in no other way, and without which it is wrong at rest",
            headline=True,
        ),
        Measure(
            "never_sent.found_s.max",
            "longest until found",
            "s",
            "longest time until the subject learned of an event that was never sent, of those of which it learned",
        ),
    )
    when_polling = ()

    def __call__(self, history: History) -> Check:
        unsent = history.unsent
        found = [(one.shown_ns - one.event.at_ns) / SECOND_NS for one in unsent if one.shown_ns != NEVER_NS]
        missed, tally = missed_of(unsent), Tally()
        for one in missed:
            tally.add(_incident(history, one))
        measures = {"never_sent.events": float(len(unsent)), "never_sent.missed": float(len(missed))}
        if found:
            measures["never_sent.found_s.max"] = round(max(found), 3)
        if history.unrest and unsent:
            return unknown(self.name, history.unrest, measures)
        if missed:
            reason = (
                f"the subject did not learn of {len(missed)} of {counted(len(unsent), 'event')} that "
                f"{verb(len(unsent), 'were')} never sent"
            )
            return tally.check(self.name, "invalid", reason, measures)
        longest = f", the latest after {max(found):.1f} s" if found else ""
        reason = f"the subject learned of each event that was never sent and that matters{longest}"
        return Check(self.name, "valid", reason, measures)

    def exposure(self, history: History) -> dict[str, int]:
        topics = Counter(one.event.topic for one in history.unsent)
        return {"events never sent": topics.total(), **{f"of {name}": topics[name] for name in sorted(topics)}}


def _incident(history: History, one: Unsent) -> Incident:
    event = one.event
    text = (
        f"{history.event_name(event.event)}, fired at {history.offset(event.at_ns)}, was never sent, and no answer "
        "showed it to the subject after that"
    )
    channel = "" if event.source == "shopify" else event.source
    return Incident("never_sent", event.at_ns, text, channel, event.sku, event.order, events=(event.event,))
