"""A history from which evidence is withheld has neither probes nor references, and is else as it was."""

from msgspec import structs

from stockstorm.loadtests.proving.withheld import SHOWN_BY_PROBES, withheld
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f
from tests.literal_history import (
    at_rest,
    delivered,
    effect,
    history,
    ns,
    opened,
    order_event,
    probe_done,
    pushed,
    recorded,
    sold,
)

RUN = (
    *opened(),
    sold(10, 1, "bazaar"),
    order_event(11, 1, 1, "bazaar"),
    *delivered(12, 1),
    recorded(40, 1, -1, 9, "bazaar:1"),
    pushed(60, "mercado", 9),
    *at_rest(9_000, 9, 9, 9, 9),
    effect(1, "applied", 1),
    probe_done(),
)


def rest(**changes: object) -> f.QuietReached:
    found = f.QuietReached(ns(3_000), quiet=True, waited_ns=2 * SECOND_NS, by="probe", probe=0, apart_ns=SECOND_NS)
    return structs.replace(found, **changes)


def rest_of(seen: f.QuietReached) -> f.QuietReached:
    return withheld(history(RUN, seen)).all(f.QuietReached)[0]


def test_nothing_is_left_that_names_an_order_or_comes_of_a_probe() -> None:
    before = history(RUN)
    after = withheld(before)
    assert not any(after.count(kind) for kind in SHOWN_BY_PROBES)
    assert {fact.ok for fact in after.all(f.ProbeEnded)} == {False}
    assert [change.reference for change in before.all(f.StockChanged)] != [""]
    assert {change.reference for change in after.all(f.StockChanged)} == {""}
    assert after.orders.net_only
    assert not before.orders.net_only


def test_all_else_is_as_it_was() -> None:
    changed = (*SHOWN_BY_PROBES, f.ProbeEnded, f.QuietReached, f.StockChanged)
    before, after = history(RUN), withheld(history(RUN))
    assert [x for x in before.facts if not isinstance(x, changed)] == [
        x for x in after.facts if not isinstance(x, changed)
    ]
    assert [structs.replace(x, reference="") for x in before.all(f.StockChanged)] == after.all(f.StockChanged)


def test_rest_that_a_probe_showed_is_one_by_silence() -> None:
    found = rest_of(rest())
    assert (found.quiet, found.by, found.probe, found.apart_ns) == (True, "silence", None, 0)
    assert found.silence_ns == ns(3_000) - ns(60)


def test_pending_work_that_only_the_probe_told_of_ends_in_rest_after_a_long_silence() -> None:
    waits = rest(quiet=False, by="", probe=3, apart_ns=0)
    assert rest_of(waits).quiet
    assert not rest_of(structs.replace(waits, longest_gap_ns=5 * SECOND_NS)).quiet
    assert not rest_of(structs.replace(waits, attempts=1)).quiet


def test_a_queue_that_can_be_seen_stays_visible() -> None:
    waits = rest(quiet=False, by="", probe=3, queue=2, apart_ns=0)
    found = rest_of(waits)
    assert (found.quiet, found.queue, found.probe) == (False, 2, None)
