"""An acknowledged event without an effect is lost."""

from stockstorm.reports.checkers.nothing_lost import NothingLost
from stockstorm.reports.result import Check, Incident
from stockstorm.simulator.history import facts as f
from tests.literal_history import (
    SKU,
    at_rest,
    called,
    delivered,
    effect,
    history,
    no_rest,
    ns,
    opened,
    order_event,
    probe_done,
    recorded,
    rest,
    sold,
    stock_event,
    version,
)


def test_without_acknowledged_events_nothing_is_known_to_be_lost() -> None:
    found = NothingLost()(history(opened()))
    assert (found.verdict, found.measures) == ("unknown", {})


def test_an_acknowledged_event_that_was_applied_is_not_lost() -> None:
    found = NothingLost()(
        history(
            opened(),
            sold(0, 1, "bazaar"),
            order_event(0, 0, 1, "bazaar"),
            delivered(0, 0),
            effect(0, "applied", 1),
            probe_done(),
        )
    )
    assert (found.verdict, found.measures) == (
        "valid",
        {"lost.events": 0.0, "lost.judged": 1.0, "lost.acknowledged": 1.0, "lost.healed": 0.0},
    )


def test_an_acknowledged_event_that_the_subject_does_not_know_of_is_lost() -> None:
    found = NothingLost()(
        history(
            opened(),
            sold(0, 1, "bazaar", 2),
            order_event(0, 0, 1, "bazaar"),
            delivered(0, 0),
            at_rest(9_000, 10, 8, 10, 10),
            probe_done(),
        )
    )
    assert found == Check(
        name="nothing_lost",
        verdict="invalid",
        reason="1 of 1 acknowledged event had no effect",
        measures={"lost.events": 1.0, "lost.judged": 1.0, "lost.acknowledged": 1.0, "lost.healed": 0.0},
        incidents=(
            Incident(
                kind="lost",
                at_ns=ns(0),
                text=(
                    "order.created of bazaar's order 1, fired at 0.000 s as webhook w0, was acknowledged and had "
                    "no effect"
                ),
                channel="bazaar",
                sku="MUG",
                order=1,
                units=2,
                events=(0,),
            ),
        ),
        incidents_total=1,
    )


def test_an_acknowledged_event_that_is_pending_in_the_subject_is_unknown() -> None:
    found = NothingLost()(
        history(
            opened(),
            sold(0, 1, "bazaar"),
            order_event(0, 0, 1, "bazaar"),
            delivered(0, 0),
            effect(0, "pending", 0),
            probe_done(),
        )
    )
    assert (found.verdict, found.measures) == (
        "unknown",
        {"lost.events": 0.0, "lost.judged": 0.0, "lost.acknowledged": 1.0, "lost.healed": 0.0},
    )


def test_an_event_healed_by_a_query_is_not_lost() -> None:
    found = NothingLost()(
        history(
            opened(),
            version(0, 1, 5, 15, "restock"),
            stock_event(0, 0, 1),
            sold(0, 1, "bazaar"),
            order_event(0, 1, 1, "bazaar"),
            delivered(0, 0, "inventory_levels/update"),
            delivered(0, 1),
            f.StockShown(ns(500), 3, (SKU,), (1,)),
            called(500, 3, "inventoryItems"),
            effect(1, "applied", 1),
            probe_done(),
        )
    )
    assert (found.verdict, found.measures) == (
        "valid",
        {"lost.events": 0.0, "lost.judged": 2.0, "lost.acknowledged": 2.0, "lost.healed": 1.0},
    )


def test_an_acknowledged_event_without_effect_is_not_lost_before_rest() -> None:
    found = NothingLost()(
        history(
            opened(),
            sold(0, 1, "bazaar"),
            sold(0, 2, "mercado"),
            order_event(0, 0, 1, "bazaar"),
            order_event(0, 1, 2, "mercado"),
            delivered(0, 0),
            delivered(0, 1),
            effect(0, "applied", 1),
            f.QuietReached(ns(8_000), quiet=False, waited_ns=5_000_000_000),
            probe_done(),
        )
    )
    assert (found.verdict, found.measures) == (
        "unknown",
        {"lost.events": 0.0, "lost.judged": 1.0, "lost.acknowledged": 2.0, "lost.healed": 0.0},
    )


def test_a_stock_event_that_the_probe_does_not_know_is_not_lost_before_rest() -> None:
    """It can be in a queue that the subject's database does not show. At rest it is lost."""
    facts = (version(0, 1, -1, 9), stock_event(0, 0, 1), *delivered(0, 0, "inventory_levels/update"), probe_done())
    assert NothingLost()(history(opened(), facts, no_rest(8_000, silent=("worker",)))).verdict == "unknown"
    assert NothingLost()(history(opened(), facts, rest(8_000))).verdict == "invalid"


def claimed(*facts: f.AnyFact | tuple[f.AnyFact, ...], physical: int = 9) -> Check:
    """Order 1 of bazaar is acknowledged, and the subject reports that it applied it. The master shows 10 at rest."""
    order = (sold(0, 1, "bazaar"), order_event(0, 0, 1, "bazaar"), *delivered(0, 0))
    return NothingLost()(
        history(opened(), order, *facts, at_rest(8_000, 10, physical, 9, 9), effect(0, "applied", 1), probe_done())
    )


def test_the_master_outranks_a_subject_that_reports_an_order_as_applied() -> None:
    other = (sold(5, 2, "bazaar"), recorded(20, 1, -1, 9, "bazaar:2"))
    for facts in ((), other):  # without any write, and with a write that names another order
        found = claimed(*facts)
        assert (found.verdict, [incident.kind for incident in found.incidents]) == ("invalid", ["claimed"])
        assert found.incidents[0].text.endswith("although the subject reports that it applied it: the master lacks it")


def test_a_subject_whose_master_is_right_is_believed() -> None:
    assert claimed(physical=10).verdict == "valid"


def test_an_order_in_the_master_was_applied_as_the_subject_reports() -> None:
    assert claimed(recorded(20, 1, -1, 9, "bazaar:1")).verdict == "valid"


def test_the_master_outranks_a_subject_that_reports_a_doubled_order_as_applied_once() -> None:
    twice = (recorded(20, 1, -1, 9, "bazaar:1"), recorded(30, 2, -1, 8, "bazaar:1"))
    order = (sold(0, 1, "bazaar"), order_event(0, 0, 1, "bazaar"), *delivered(0, 0))
    found = history(opened(), order, twice, at_rest(8_000, 8, 9, 8, 8), effect(0, "applied", 1), probe_done())
    assert [entry.effect for entry in found.classified] == ["twice"]


STILL = {"probe": 1, "still_ns": 46_000_000_000, "still_min_ns": 45_000_000_000}


def waiting(*more: f.AnyFact | tuple[f.AnyFact, ...]) -> Check:
    """One order that the subject reports as pending, in a run that did not come to rest."""
    return NothingLost()(
        history(
            opened(),
            sold(1, 2, "bazaar"),
            recorded(1, 1, -1, 9, "bazaar:2"),
            sold(2, 1, "bazaar"),
            order_event(2, 0, 1, "bazaar"),
            delivered(2, 0),
            effect(0, "pending", 0),
            probe_done(),
            *more,
        )
    )


def test_an_event_that_is_pending_in_a_subject_that_stands_still_is_lost() -> None:
    found = waiting(no_rest(8_000, **STILL))
    assert (found.verdict, [one.kind for one in found.incidents]) == ("invalid", ["stuck"])
    assert found.measures["lost.stuck"] == found.measures["lost.events"] == 1
    assert "1 are still pending, and nothing happened for 46 s" in found.reason
    assert "the subject reports it as pending, and has done nothing for 46 s" in found.incidents[0].text


def test_of_an_event_that_no_probe_names_it_is_not_said_that_the_subject_reports_it() -> None:
    """A queue tells how many messages it has, and not which."""
    order = (recorded(1, 1, -1, 9, "bazaar:2"), sold(2, 1, "bazaar"), order_event(2, 0, 1, "bazaar"), *delivered(2, 0))
    found = NothingLost()(history(opened(), sold(1, 2, "bazaar"), order, no_rest(8_000, **STILL | {"queue": 1})))
    assert (found.verdict, [one.kind for one in found.incidents]) == ("invalid", ["stuck"])
    assert "the subject reports pending work, and has done nothing for 46 s" in found.incidents[0].text


def test_an_event_that_is_pending_in_a_subject_that_works_is_not_lost() -> None:
    assert waiting(no_rest(8_000, probe=1)).verdict == "unknown"
    assert waiting(no_rest(8_000, **STILL | {"still_ns": 44_000_000_000})).verdict == "unknown"
    assert waiting(no_rest(8_000, **STILL | {"still_min_ns": 0})).verdict == "unknown"


def test_what_the_master_shows_is_not_stuck_although_the_subject_says_so() -> None:
    written = recorded(3, 2, -1, 8, "bazaar:1")
    assert waiting(written, no_rest(8_000, **STILL)).verdict == "unknown"
