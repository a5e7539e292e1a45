"""The generator keeps nothing of an event that is done, so its memory does not grow with a run.

Ten thousand events are played without sockets. What Python has allocated after the first half is compared with what it
has after the second. `shop/test_records.py` holds the memory of SQLite, which Python does not see.
"""

import gc
import tracemalloc

import pytest

from stockstorm.scenarios.loader import load
from stockstorm.simulator.plan.planner import make_plan, with_event_rate
from stockstorm.simulator.shop import orders
from tests.played import PlayedShop

BYTES_PER_EVENT_MAX = 60  # parts of fixed size still fill up (26 measured); each order or event kept adds 100 to 500
CACHES = "*/simulator/events/*"  # encoded parts of payloads, at most CACHED_MAX of a kind
HALF = 5_000


def test_memory_does_not_grow_with_the_events_of_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "UNWRITTEN_MAX", 100)  # so that as many wait from the start
    steady = with_event_rate(load("steady"), 400)
    phase = steady.phases[0].model_copy(update={"seconds": 3 * HALF / 400})
    scenario = steady.model_copy(update={"phases": (phase,)})
    shop, items = PlayedShop(scenario), iter(make_plan("steady", scenario, 1).items)

    def play_until(events: int) -> None:
        while shop.events < events:
            shop.play([next(items)])

    play_until(HALF)
    tracemalloc.start()
    try:
        play_until(2 * HALF)
        gc.collect()
        snapshot = tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(False, CACHES)])
    finally:
        tracemalloc.stop()
    kept = sum(each.size for each in snapshot.statistics("filename"))
    assert kept / HALF < BYTES_PER_EVENT_MAX
