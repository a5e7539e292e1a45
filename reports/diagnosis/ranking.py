"""Which of the causes that were found come first, beyond the order of the registry."""

from collections.abc import Sequence
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Found
from stockstorm.reports.history.event_outcomes import ORDER_KINDS
from stockstorm.simulator.clock import SECOND_NS

OF_EVENTS: Final = frozenset({"lost_at_failure", "lost_events", "twice_at_failure", "applied_twice"})
OF_UNITS: Final = "exact_units"
OF_A_WHILE: Final = frozenset({"old_over_new"})  # causes that need not last until rest
AT_REST: Final = "drift"
FORGOTTEN: Final = "failures_forgotten"
ENDS: Final = frozenset({"stops", "channel_frozen"})  # of all pushes or writes, or of those to one marketplace
OCCASION_NS: Final = SECOND_NS  # from an end to the failure that was its occasion
FEW: Final = 0.5  # of the units that are wrong


def ranked(found: list[Found], case: Case) -> list[Found]:
    """The causes in the order in which they are told."""
    return _passed_last(_units_first(_by_size(_ends_first(found)), case))


def _ends_first(found: list[Found]) -> list[Found]:
    """The same, with an end before a failure that was its occasion: what ended sends nothing again, whatever failed."""
    forgotten = next((one for one in found if one.diagnosis.name == FORGOTTEN), None)
    if forgotten is None:
        return found
    failed_ns = forgotten.diagnosis.at_ns
    ends = [one for one in found if one.diagnosis.name in ENDS and 0 < one.diagnosis.at_ns <= failed_ns + OCCASION_NS]
    rest = [one for one in found if one not in ends]
    place = rest.index(forgotten)
    return [*rest[:place], *ends, *rest[place:]]


def _by_size(found: list[Found]) -> list[Found]:
    """The same, but of those that say what became of events, the ones that say it of most events come first.

    Where 200 events count twice, a few seem to be lost as well, and the other way round.
    """
    places = [place for place, each in enumerate(found) if each.diagnosis.name in OF_EVENTS]
    sizes: dict[str, int] = {}
    for place in places:
        name = found[place].diagnosis.name
        sizes[name] = sizes.get(name, 0) + len(found[place].covers)
    largest = sorted((found[place] for place in places), key=lambda each: -sizes[each.diagnosis.name])
    ordered = list(found)
    for place, each in zip(places, largest, strict=True):
        ordered[place] = each
    return ordered


def _units_first(found: list[Found], case: Case) -> list[Found]:
    """The same, with what explains all wrong units before what tells of single events with a small part of them.

    Of a subject that names no orders, only events that came alone are known, and these can be a few of very many.
    """
    by_units = [each for each in found if each.diagnosis.name == OF_UNITS]
    if not by_units or not case.history.orders.net_only:
        return found
    if _units(found, case) >= FEW * sum(map(abs, case.differences.values())):
        return found
    place = next((place for place, each in enumerate(found) if each.diagnosis.name in OF_EVENTS), len(found))
    if place > found.index(by_units[0]):
        return found
    rest = [each for each in found if each not in by_units]
    return [*rest[:place], *by_units, *rest[place:]]


def _units(found: Sequence[Found], case: Case) -> int:
    """The units of all events that causes tell of."""
    keys = {key for each in found if each.diagnosis.name in OF_EVENTS for key in each.covers}
    events, orders, units = case.history.deliveries.events, case.history.orders, 0
    for key in keys:
        kind, _, number = key.partition(" ")
        event = events.get(int(number)) if kind == "event" else None
        if event is not None and event.topic in ORDER_KINDS:
            units += sum(abs(effect.delta) for effect in orders.of_order(event.order, ORDER_KINDS[event.topic]))
    return units


def _passed_last(found: list[Found]) -> list[Found]:
    """The same, with what was wrong for a while behind the causes of what is wrong at rest."""
    at_rest = any(AT_REST in each.diagnosis.explains for each in found)
    passed = [
        each
        for each in found
        if each.diagnosis.name in OF_A_WHILE and AT_REST not in each.diagnosis.explains and at_rest
    ]
    return [*(each for each in found if each not in passed), *passed]
