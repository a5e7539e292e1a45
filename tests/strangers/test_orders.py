"""What an order calls for, as three services count it: the same whatever came first, and however often."""

import json
import subprocess
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from typing import Any, Final, cast, get_args

import pytest

from stockstorm.simulator.config import PoisonKind
from stockstorm.simulator.delivery.poison import spoiled
from tests.strangers.stockroom.clients import Clients
from tests.strangers.stockroom.settings import Settings
from tests.strangers.stockroom.store import Store
from tests.strangers.stockroom.worker import Worker
from tests.strangers.sweep.orders import difference, effect, fold
from tests.strangers.trial import HERE, node

LINES = [{"sku": "MUG", "quantity": 2}, {"sku": "CUP", "quantity": 1}, {"sku": "MUG", "quantity": 1}]
COUNTABLE: Final[tuple[PoisonKind, ...]] = (
    "null_lines",
    "huge_quantity",
    "wrong_type",
)  # those seen without a catalogue
OF_LEVELS: Final[frozenset[PoisonKind]] = frozenset({"null_level"})  # these leave an order as it is
CASES = [
    ("placed", {"MUG": -3, "CUP": -1}),
    ("cancelled", {}),
    ("placed cancelled", {}),
    ("placed returned", {"MUG": -2, "CUP": -1}),
    ("placed scrapped", {"MUG": -3, "CUP": -1}),
    ("placed returned cancelled", {}),
    ("placed scrapped cancelled", {"MUG": -1}),
]


def notification(kind: str) -> dict[str, Any]:
    topic = {"placed": "created", "cancelled": "cancelled"}.get(kind, "returned")
    back = {"return_id": "r1", "restock": kind == "returned", "lines": [{"sku": "MUG", "quantity": 1}]}
    order = {"order_id": "1", "lines": LINES, "return": back if topic == "returned" else None}
    return {"topic": f"order.{topic}", "channel": "bazaar", "order": order}


def orders_of_arrival(kinds: str) -> Iterator[list[dict[str, Any]]]:
    """Every order of arrival, with one notification twice."""
    told = kinds.split()
    for arrived in permutations((*told, told[0])):
        yield [notification(kind) for kind in arrived]


@pytest.mark.parametrize(("kinds", "units"), CASES)
def test_the_sweep_calls_for_the_same_in_any_order(kinds: str, units: dict[str, int]) -> None:
    for told in orders_of_arrival(kinds):
        known: dict[str, Any] = {}
        for each in told:
            known = fold(known, each)
        assert {sku: delta for sku, delta in effect(known).items() if delta} == units


def test_what_the_sweep_wrote_is_not_written_again() -> None:
    assert difference({"MUG": -3, "CUP": 0}, {"MUG": -3, "CUP": -1}) == {"CUP": 1}


class Shop:
    """Adds up what is written to it; has no marketplace."""

    def __init__(self) -> None:
        self.total: dict[str, int] = {}

    def adjust(self, key: str, document: str, changes: list[dict[str, Any]]) -> None:
        for change in changes:
            self.total[change["inventoryItemId"]] = self.total.get(change["inventoryItemId"], 0) + change["delta"]


@pytest.mark.parametrize(("kinds", "units"), CASES)
def test_the_stockroom_writes_the_same_in_any_order(kinds: str, units: dict[str, int]) -> None:
    settings = Settings(0, 0, "", "", "", "", (), "", "", "", Path(":memory:"))
    for told in orders_of_arrival(kinds):
        shop, store = Shop(), Store(settings.database, ())
        worker = Worker(settings, store, cast(Clients, shop))
        for sku in ("MUG", "CUP"):
            store.rows("INSERT INTO items VALUES (?, ?, 'here')", sku, sku)
        for number, each in enumerate(told):
            worker.notified(each)
            if number % 2:
                worker.write_to_shop()
        worker.write_to_shop()
        assert {sku: delta for sku, delta in shop.total.items() if delta} == units
        assert store.unwritten() == {}


@pytest.mark.parametrize("kind", sorted(set(get_args(PoisonKind)) - OF_LEVELS))
def test_the_stockroom_puts_poison_aside_and_takes_the_rest(kind: PoisonKind) -> None:
    settings = Settings(0, 0, "", "", "", "", (), "", "", "", Path(":memory:"))
    shop, store = Shop(), Store(settings.database, ())
    worker = Worker(settings, store, cast(Clients, shop))
    for sku in ("MUG", "CUP"):
        store.rows("INSERT INTO items VALUES (?, ?, 'here')", sku, sku)
    genuine = json.dumps(notification("placed")).encode()
    store.accept("a", "marketplace", spoiled(kind, genuine.replace(b'"1"', b'"2"'), 1))
    store.accept("b", "marketplace", genuine)
    worker.take_all(store.new_messages(10))
    worker.write_to_shop()
    assert shop.total == {"MUG": -3, "CUP": -1}
    assert store.rows("SELECT state FROM inbox ORDER BY number") == [("dead_lettered",), ("taken",)]


def relay_totals(lists: list[list[dict[str, Any]]]) -> list[dict[str, int]]:
    if node() is None:
        pytest.skip("the service in JavaScript is NOT tested: node is not installed (Debian: apt install nodejs)")
    words = [str(node()), str(HERE / "relay" / "totals.mjs")]
    done = subprocess.run(words, input=json.dumps(lists), capture_output=True, text=True, check=True)
    return [{sku: delta for sku, delta in total.items() if delta} for total in json.loads(done.stdout)]


def test_the_relay_leaves_out_what_cannot_be_counted() -> None:
    genuine, back = notification("placed"), notification("returned")
    poison = [json.loads(spoiled(kind, json.dumps(each).encode(), 1)) for kind in COUNTABLE for each in (genuine, back)]
    assert relay_totals([[*poison, genuine, *poison]]) == [{"MUG": -3, "CUP": -1}]


def test_the_relay_writes_the_same_in_any_order() -> None:
    lists = [told for kinds, _ in CASES for told in orders_of_arrival(kinds)]
    wanted = [units for kinds, units in CASES for _ in orders_of_arrival(kinds)]
    assert relay_totals(lists) == wanted
