"""What is wrong at rest and has no cause that the history proves: where it is, and which single events would fit.

An event fits a SKU if the master is wrong by just its units: it may be lost, or counted once more. Several can fit, and
none of them need be the one.
"""

from collections.abc import Iterator
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Found, quoted
from stockstorm.reports.diagnosis.traits import TOPIC_OF
from stockstorm.reports.diagnosis.wrong_listings import right_and_wrong
from stockstorm.reports.result import Diagnosis, counted, verb
from stockstorm.simulator.history import facts as f

NAME: Final = "unexplained"
CHECKS: Final = ("drift",)
SKUS_SHOWN: Final = 3
SKUS_MAX: Final = 200  # that are looked at
EVENTS_MAX: Final = 1_000_000  # more than any SKU has
NAMED: Final = "name the order in each write (referenceDocumentUri), and the report can name the events"
LOOK: Final = "look for these SKUs and orders in the service's own log"


def unexplained(case: Case) -> Iterator[Found]:
    """At most one, for a run that came to rest."""
    explains = tuple(name for name in CHECKS if name in case.invalid)
    wrong = right_and_wrong(case)[1]
    if not case.at_rest or not explains or not (case.differences or wrong):
        return
    master, listed = len(case.differences), len(wrong)
    told = [f"{counted(master, 'SKU')} {verb(master, 'are')} wrong in the master"] if master else []
    told += [f"{counted(listed, 'listing')} {verb(listed, 'are')} wrong"] if listed else []
    fitting = [(sku, off, *_fitting(case, sku, off)) for sku, off in list(case.differences.items())[:SKUS_MAX]]
    fitting.sort(key=lambda one: len(one[2]) + len(one[3]) or EVENTS_MAX)  # the fewest tell most
    evidence = [_of_sku(case, *one) for one in fitting[:SKUS_SHOWN]]
    if wrong and not master:
        evidence.append("wrong: " + quoted(f"{one.sku} on {one.channel} shows {one.listed}" for one in wrong))
    remedy = f"{LOOK}; {NAMED}" if case.history.orders.net_only else LOOK
    cause = f"{' and '.join(told)}, and no single cause is proven"
    yield Found(
        Diagnosis(NAME, cause, tuple(evidence), remedy, explains),
        frozenset(f"sku {sku}" for sku in case.differences),
    )


def _fitting(case: Case, sku: str, off: int) -> tuple[list[f.EventFired], list[f.EventFired]]:
    """Events of marketplaces with just these units: those that may be lost, and those that may count twice."""
    lost, twice = list[f.EventFired](), list[f.EventFired]()
    deliveries = case.history.deliveries
    for effect in case.history.effects_of_sku.get(sku, ()):
        event = deliveries.events.get(deliveries.order_event.get((effect.order, TOPIC_OF[effect.kind]), -1))
        if event is not None and abs(effect.delta) == abs(off):
            (twice if effect.delta == off else lost).append(event)
    return lost, twice


def _of_sku(case: Case, sku: str, off: int, lost: list[f.EventFired], twice: list[f.EventFired]) -> str:
    """By how much a SKU is wrong, and which events fit."""
    fits = [f"{what}: {quoted(map(case.named, some))}" for what, some in (("lost", lost), ("twice", twice)) if some]
    return f"{sku} is wrong by {off:+d}; " + ("it fits, if " + "; if ".join(fits) if fits else "no single event fits")
