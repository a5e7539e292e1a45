"""Attribution against the truth: what a modelled subject did wrong is known, and exactly that is named.

Where the history cannot tell, nothing is claimed: no order is named that was not planted, and no kind of flaw.
"""

import functools

import pytest

from stockstorm.reports.checkers import check_all
from stockstorm.reports.evidence import with_chains
from stockstorm.reports.history import History
from stockstorm.reports.history.invariants import first_breach
from stockstorm.reports.result import Check
from stockstorm.simulator.history import facts as f
from tests.modelled.run import ModelledRun, run_model
from tests.modelled.subject import Behaviour, Flaw
from tests.properties.test_measures_against_truth import accused, trade

SEEDS = range(3)
SINGLY = {"batch_max": 1, "write_every_ms": 4.0, "write_ms": (1.0, 2.0)}
SETS = Behaviour(writes="set", write_every_ms=20)


@functools.lru_cache(maxsize=2)
def played(behaviour: Behaviour, seed: int) -> tuple[ModelledRun, History, dict[str, Check]]:
    run = run_model(trade(seconds=1.5), behaviour, seed)
    history = History.of(run.facts)
    assert first_breach(history, run.facts) is None, f"seed {seed}"
    return run, history, {check.name: check for check in with_chains(history, check_all(history))}


def lossy(flaw: Flaw, *, references: bool = True, probe: bool = False, share: float = 0.1) -> Behaviour:
    return Behaviour(flaw=flaw, flaw_share=share, references=references, probe=probe)


# -- lost updates -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_every_lost_update_is_named_by_the_call_that_made_it_and_nothing_else(seed: int) -> None:
    run, history, found = played(SETS, seed)
    planted = {(each.request, each.sku) for each in run.planted}
    assert len(planted) >= 20
    assert {(lost.row.request, lost.row.sku) for lost in history.lost_updates} == planted
    assert any(isinstance(lost.row, f.StockUnmoved) for lost in history.lost_updates)  # the second of two equal sets
    assert found["retry_discipline"].measures["retry_discipline.erased"] == len(planted)
    assert "applied_twice" not in accused(found)


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("seed", SEEDS)
def test_without_references_no_set_is_accused_that_lost_nothing(seed: int, workers: int) -> None:
    behaviour = Behaviour(writes="set", write_every_ms=20, write_ms=(2, 5), references=False, workers=workers)
    run, history, found = played(behaviour, seed)
    planted = {(each.request, each.sku) for each in run.planted}
    named = {(lost.row.request, lost.row.sku) for lost in history.lost_updates}
    assert named <= planted
    assert len(named) >= 0.8 * len(planted) > 0
    assert "applied_twice" not in accused(found)


@pytest.mark.parametrize("references", [True, False])
def test_sets_with_comparison_lose_nothing(references: bool) -> None:
    behaviour = Behaviour(writes="set", write_every_ms=20, compares=True, references=references)
    run, history, found = played(behaviour, 0)
    assert (run.planted, history.lost_updates, accused(found)) == ([], [], set())


def test_both_writers_of_a_lost_update_stand_side_by_side() -> None:
    _, _, found = played(SETS, 0)
    both = [incident for incident in found["retry_discipline"].incidents if incident.erased and incident.chain]
    assert both
    for incident in both:
        sides = {step.side: step for step in incident.chain if step.kind == "write"}
        assert {"first", "second"} <= set(sides)
        assert all(step.ids["request id"].startswith("stockstorm-") for step in sides.values() if step.side)


# -- applied twice ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_every_order_applied_again_is_named_and_no_other(seed: int) -> None:
    run, history, found = played(Behaviour(flaw="applies_again"), seed)
    tokens = {(effect.order, effect.kind): effect.token for effect in history.orders.effects}
    named = {tokens[key] for key in history.doublings.by_order}
    missed = {(each.token, each.sku) for each in run.planted if each.token not in named}
    assert named <= {each.token for each in run.planted}
    assert len(named) >= 3
    assert not {sku for _, sku in missed} & history.misfit_skus  # two in one write, whose units cancel out
    assert found["applied_twice"].verdict == "invalid"


@pytest.mark.parametrize("seed", SEEDS)
def test_an_order_doubled_within_a_batch_is_named_only_where_no_other_one_fits(seed: int) -> None:
    run, history, found = played(Behaviour(flaw="applies_twice"), seed)
    tokens = {(effect.order, effect.kind): effect.token for effect in history.orders.effects}
    planted = {each.token for each in run.planted}
    assert {tokens[key] for key in history.doublings.by_order} <= planted
    for one in history.doublings.unattributed:
        assert not one.choices or planted & {effect.token for some in one.choices for effect in some}
    assert found["applied_twice"].verdict == "invalid"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("singly", [True, False])
def test_without_references_units_are_called_moved_twice_only_where_they_were(seed: int, singly: bool) -> None:
    behaviour = Behaviour(flaw="applies_again", references=False, flaw_share=0.05)
    if singly:
        behaviour = Behaviour(flaw="applies_again", references=False, batch_max=1, write_every_ms=4, write_ms=(1, 2))
    run, history, _ = played(behaviour, seed)
    planted = {each.sku for each in run.planted}
    assert {off.sku for off in history.off_balance if off.taken} <= planted
    assert not any(off.lost_only for off in history.off_balance if off.sku in planted)


# -- lost -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flaw", ["loses_order", "ignores_cancellation", "ignores_return"])
@pytest.mark.parametrize("references", [True, False])
@pytest.mark.parametrize("probe", [True, False])
def test_a_loss_names_the_event_that_was_lost_and_is_not_called_applied_twice(
    flaw: Flaw, references: bool, probe: bool
) -> None:
    run, _, found = played(lossy(flaw, references=references, probe=probe), 1)
    named = {event for incident in found["nothing_lost"].incidents for event in incident.events}
    assert named <= run.lost != set()
    assert "applied_twice" not in accused(found)
    assert "drift" in accused(found)
    if references or probe:
        assert named
    else:
        assert found["nothing_lost"].incidents == ()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_listing_that_forgot_pushes_is_told_what_it_lacks_or_that_this_cannot_be_told(seed: int) -> None:
    run, history, found = played(Behaviour(flaw="forgets_push", flaw_share=0.2), seed)
    listings = [incident for incident in found["drift"].incidents if incident.channel and incident.order < 0]
    assert listings
    for incident in listings:
        assert "it lacks " in incident.text or "cannot be told" in incident.text
        unreached = {
            (owed.fired_ns, owed.sku)
            for owed in run.owed
            if owed.reached_ns < 0 and (owed.channel, owed.sku) == (incident.channel, incident.sku)
        }
        events = [history.deliveries.events[event] for event in incident.events]
        events = [event for event in events if event.source != incident.channel]  # the truth is of other channels
        assert {(event.at_ns, incident.sku) for event in events} <= unreached
