"""What an order calls for: the same whatever came first."""

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from tests.strangers.stockroom.store import Store
from tests.strangers.stockroom.worker import Worker
from tests.strangers.sweep.orders import difference, effect, fold

LINES = [{"sku": "MUG", "quantity": 2}, {"sku": "CUP", "quantity": 1}, {"sku": "MUG", "quantity": 1}]


def entry(topic: str, restock: bool | None = None) -> dict[str, Any]:
    lines = [{"sku": "MUG", "quantity": 1}]
    back = None if restock is None else {"return_id": "r1", "restock": restock, "lines": lines}
    return {"topic": topic, "order": {"order_id": "1", "lines": LINES, "return": back}}


PLACED, CANCELLED = entry("order.created"), entry("order.cancelled")
RETURNED, SCRAPPED = entry("order.returned", restock=True), entry("order.returned", restock=False)


@pytest.mark.parametrize(
    ("entries", "units"),
    [
        ((PLACED,), {"MUG": -3, "CUP": -1}),
        ((CANCELLED,), {}),
        ((PLACED, CANCELLED), {"MUG": 0, "CUP": 0}),
        ((PLACED, RETURNED), {"MUG": -2, "CUP": -1}),
        ((PLACED, SCRAPPED), {"MUG": -3, "CUP": -1}),
        ((PLACED, RETURNED, CANCELLED), {"MUG": 0, "CUP": 0}),
        ((PLACED, SCRAPPED, CANCELLED), {"MUG": -1, "CUP": 0}),
    ],
)
def test_an_order_calls_for_the_same_in_any_order_and_when_it_is_told_twice(
    entries: tuple[dict[str, Any], ...], units: dict[str, int]
) -> None:
    for told in permutations((*entries, entries[0])):
        known: dict[str, Any] = {}
        for each in told:
            known = fold(known, each)
        assert effect(known) == units


def test_what_is_written_is_not_written_again() -> None:
    assert difference({"MUG": -3, "CUP": 0}, {"MUG": -3, "CUP": -1}) == {"CUP": 1}


@pytest.mark.parametrize("told", [(RETURNED, CANCELLED), (CANCELLED, RETURNED)])
def test_the_stockroom_owes_nothing_for_a_return_that_comes_after_its_cancellation(
    told: tuple[dict[str, Any], ...], tmp_path: Path
) -> None:
    store = Store(tmp_path / "stockroom.sqlite")
    worker = Worker(None, store, None)  # type: ignore[arg-type]  # notifications need neither settings nor clients
    for number, each in enumerate((PLACED, *told)):
        worker.notified({**each, "channel": "bazaar"})
        if not number:
            store.rows("UPDATE owed SET batch = 'written', done = 1")
    total: dict[str, int] = {}
    for (deltas,) in store.rows("SELECT deltas FROM owed"):
        for sku, units in json.loads(deltas).items():
            total[sku] = total.get(sku, 0) + units
    assert not any(total.values())
