"""Items at several locations: a modelled subject that lists the sum is accused of nothing, and flawed ones are caught.

The sum that it lists may mix versions of two locations, because each level is told by an event of its own.
"""

import functools

import msgspec
import pytest

from stockstorm.reports.checkers import REQUIRED, check_all
from stockstorm.reports.diagnosis import diagnose
from stockstorm.reports.history import History
from stockstorm.reports.history.invariants import first_breach
from stockstorm.reports.history.listings import Listing
from stockstorm.reports.result import Check, Diagnosis
from stockstorm.simulator.config import (
    ChannelConfig,
    OrdersConfig,
    PhaseConfig,
    ShopConfig,
    ShopEventsConfig,
    WorldConfig,
)
from stockstorm.simulator.history.facts import StockChanged
from tests.modelled.run import ModelledRun, run_model
from tests.modelled.subject import Behaviour, Flaw

BEHAVIOURS = (
    Behaviour(writes="adjust_places"),
    Behaviour(writes="adjust_places", nets=False),
    Behaviour(writes="adjust_places", receive_ms=(5, 700), delivered_late=True),
    Behaviour(writes="adjust_places", write_every_ms=600, push_every_ms=10),
)


def trade(stocked_at: int, locations: int) -> WorldConfig:
    return WorldConfig(
        shop=ShopConfig(
            skus=24, hot_skus=4, stock=120, hot_stock=60, buyers=1, locations=locations, stocked_at=stocked_at
        ),
        channels=tuple(ChannelConfig(name=name) for name in ("online", "bazaar", "mercado")),
        phases=(PhaseConfig(name="load", kind="poisson", seconds=3, rate=200, hot_share=0.3),),
        orders=OrdersConfig(
            cancel_share=0.05, cancel_after_s=0.5, return_share=0.05, return_after_s=0.8, paid_after_s=0.2
        ),
        events=ShopEventsConfig(restocks_per_s=10, restock_units=5, transfers_per_s=20, transfer_units=6),
    )


@functools.lru_cache(maxsize=4)
def played(behaviour: Behaviour, seed: int, stocked_at: int, locations: int = 0) -> tuple[ModelledRun, History]:
    run = run_model(trade(stocked_at, locations or stocked_at + 1), behaviour, seed)
    return run, History.of(run.facts)


def findings(behaviour: Behaviour, seed: int, stocked_at: int = 2) -> dict[str, Check]:
    return {check.name: check for check in check_all(played(behaviour, seed, stocked_at)[1])}


def accused(found: dict[str, Check]) -> set[str]:
    return {name for name in REQUIRED if name != "generator" and found[name].verdict == "invalid"}


def mixed(listing: Listing) -> int:
    """Pushes of a sum that the master never had."""
    return sum(at < 0 and verdict == "" for at, verdict in zip(listing.matched, listing.verdicts, strict=True))


@pytest.mark.parametrize("seed", range(8))
def test_a_sound_subject_is_accused_of_nothing(seed: int) -> None:
    assert_not_accused(seed)


@pytest.mark.prove
@pytest.mark.parametrize("seed", range(8, 100))
def test_a_sound_subject_is_accused_of_nothing_over_many_seeds(seed: int) -> None:
    assert_not_accused(seed)


def assert_not_accused(seed: int) -> None:
    behaviour, stocked_at = BEHAVIOURS[seed % len(BEHAVIOURS)], 2 + seed % 2
    run, history = played(behaviour, seed, stocked_at)
    assert first_breach(history, run.facts) is None
    found = findings(behaviour, seed, stocked_at)
    assert accused(found) == set()
    assert found["unexplained_push"].measures["unexplained_push.pushes"] == 0
    assert all(listing.plain is not behaviour.nets for listing in history.listings.values())


def test_sums_that_the_master_never_had_occur_and_are_explained() -> None:
    _, history = played(BEHAVIOURS[3], 3, 2)
    assert sum(map(mixed, history.listings.values())) > 10


@pytest.mark.parametrize("flaw", ["one_location", "location_overwrites", "last_write_wins"])
def test_a_subject_that_mixes_locations_up_is_caught(flaw: Flaw) -> None:
    broken = msgspec.structs.replace(BEHAVIOURS[2], flaw=flaw)
    assert "drift" in accused(findings(broken, 5))


@pytest.mark.parametrize(("flaw", "rule"), [("one_location", "lowest id"), ("location_overwrites", "changed last")])
def test_a_listing_of_one_location_is_named(flaw: Flaw, rule: str) -> None:
    broken = msgspec.structs.replace(BEHAVIOURS[0], flaw=flaw)
    (found,) = [each for each in named(broken, 5) if each.name == "one_location"]
    assert any(rule in evidence for evidence in found.evidence)


def test_a_location_whose_events_are_ignored_is_named() -> None:
    broken = msgspec.structs.replace(BEHAVIOURS[0], flaw="ignores_location")
    history = played(broken, 5, 2, 5)[1]
    ignored = max(place for item in history.items.values() for place in item.locations)
    found, _ = diagnose(history, tuple(check_all(history)))
    assert any(f"location {ignored}" in each.cause for each in found), [each.cause for each in found]


@pytest.mark.parametrize("flaw", ["last_write_wins", "loses_event", "ignores_cancellation", "applies_twice"])
def test_other_flaws_are_not_taken_for_a_listing_of_one_location(flaw: Flaw) -> None:
    broken = msgspec.structs.replace(BEHAVIOURS[0], flaw=flaw, flaw_share=0.2)
    assert "one_location" not in [found.name for found in named(broken, 5)]


def named(behaviour: Behaviour, seed: int) -> tuple[Diagnosis, ...]:
    found, notes = diagnose(played(behaviour, seed, 2)[1], tuple(findings(behaviour, seed).values()))
    assert notes == ()
    return found


def test_the_parts_of_a_ledger_add_up_to_it() -> None:
    """The units of a transfer are under way between its two versions, so the first one is left out."""
    _, history = played(BEHAVIOURS[0], 1, 3)
    for ledger in history.ledgers.values():
        under_way = False
        for seq, available, cause in zip(ledger.seqs, ledger.available, ledger.causes, strict=True):
            under_way = cause == "transfer" and not under_way
            levels = [part.available[part.version_at(seq)] for part in ledger.parts.values()]
            assert under_way or sum(levels) == available


def test_a_transfer_owes_no_push() -> None:
    _, history = played(BEHAVIOURS[0], 1, 2)
    moved = {seq for seq, change in history.numbered(StockChanged) if change.cause == "transfer"}
    assert moved
    assert not moved & {pair.seq for pair in history.sync_pairs.pairs}
