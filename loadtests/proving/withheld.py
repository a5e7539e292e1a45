"""A history without the evidence that most services do not give: no probes, and no references in writes.

A run of the service with evidence is judged twice, the second time without what it showed. Both judgements are of the
same events, and the facts are of the same kinds and fields as those of a run without evidence.
"""

from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from stockstorm.reports.history import History
from stockstorm.simulator.history import facts as f

SHOWN_BY_PROBES: Final = (f.EffectProbed, f.StockProbed, f.OwnViewRead)
REASON: Final = "withheld from the judge"


def withheld(history: History) -> History:
    """The same history without evidence. The rest that a probe has shown is one by silence."""
    effects = [fact.at_ns for kind in (f.StockChanged, f.ListingPushed) for fact in history.all(kind)]
    return History.of(_without(history.facts, max(effects, default=0)), ordered=True)


def _without(facts: tuple[f.AnyFact, ...], last_effect_ns: int) -> Iterator[f.AnyFact]:
    for fact in facts:
        match fact:
            case f.StockChanged() | f.StockUnmoved():
                yield replace(fact, reference="") if fact.reference else fact
            case f.ProbeEnded():
                yield replace(fact, ok=False, reason=REASON)
            case f.QuietReached():
                yield _rest(fact, last_effect_ns)
            case _ if not isinstance(fact, SHOWN_BY_PROBES):
                yield fact


def _rest(found: f.QuietReached, last_effect_ns: int) -> f.QuietReached:
    """A queue stays visible, as that of a cloud is. Silence counts if it was longer than the subject's longest gap."""
    seen = replace(found, probe=None, silent=(), still_ns=0, still_min_ns=0)
    if found.queue is not None:
        return seen
    silence_ns = max(0, found.at_ns - last_effect_ns)
    rested = found.quiet or (not found.attempts and silence_ns > found.longest_gap_ns)
    return replace(seen, quiet=rested, by="silence" if rested else "", apart_ns=0, silence_ns=silence_ns)
