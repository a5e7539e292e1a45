"""Writes under a key that belongs to another write are named; repeated ones, and those after a crash, are not."""

from typing import Any

import msgspec
import pytest

from stockstorm.reports.history import History
from stockstorm.simulator.history import facts as f
from tests.unit.reports.diagnosis.shop import SKUS, Change, Shop, diagnosed

WRITE = "inventoryAdjustQuantities"


class Reusing(Shop):
    """The key of a write is made of its lines, so the second order of the same lines is not written."""

    def __init__(self, **options: Any) -> None:
        self.key = ""
        self.seen: set[str] = set()
        super().__init__(**options)

    def record(self, change: Change, token: str) -> None:
        self.key = f"{change.kind}{sorted(change.lines)}"
        if self.key in self.seen:
            self.call(WRITE, outcome="replayed")
            return
        self.seen.add(self.key)
        super().record(change, token)

    def call(self, operation: str, api: str = "admin", **fields: object) -> None:
        super().call(operation, api, **fields, **({"key": self.key} if operation == WRITE else {}))


@pytest.mark.parametrize("named", [True, False])
def test_a_key_that_is_made_of_the_content_is_named_first(named: bool) -> None:
    *_, first = diagnosed(Reusing(named=named).history()).values()  # in reverse
    name, cause = first.name, first.cause
    assert name == "keys_reused"
    assert cause.endswith("wrong in the master by just these units")
    assert "had the idempotency key of an earlier write that had been answered" in cause


def repeated(shop: Shop, status: int = 200) -> History:
    """Every write is sent a second time under its key. `status`: of the first try."""
    facts: list[f.AnyFact] = []
    for fact in shop.history().facts:
        if isinstance(fact, f.ApiCalled) and fact.operation == WRITE:
            first = msgspec.structs.replace(fact, key=f"k{fact.request}", status=status)
            again = msgspec.structs.replace(first, request=9_000 + fact.request, status=200, outcome="replayed")
            facts += [first, again]
        else:
            facts.append(fact)
    return History.of(facts)


@pytest.mark.parametrize("status", [200, 0])
def test_a_write_that_is_repeated_under_its_own_key_is_not_named(status: int) -> None:
    assert "keys_reused" not in diagnosed(repeated(Shop(named=False), status))


def test_losses_of_another_cause_are_not_laid_on_repeated_writes() -> None:
    """Each ninth order is lost; the writes of others were repeated under their keys."""
    lost = Shop(lambda one: int(one.order % 9 != 4), named=False)
    assert "keys_reused" not in diagnosed(repeated(lost))


def test_two_equal_writes_are_enough_in_a_shop_of_many_skus() -> None:
    shop = Reusing(named=False, orders=0)
    shop.facts += [f.ItemStocked(0, f"OTHER-{n}", 100 + 2 * n, 7, 50, 500, hot=False) for n in range(52)]
    for order in range(40):
        shop.happen(Change("sale", order, "bazaar", ((SKUS[order % 8], 2 + order // 8),)))
    for again in (3, 4):
        shop.happen(Change("sale", 40 + again, "bazaar", ((SKUS[again], 2),)))
    assert "2 writes had the idempotency key" in diagnosed(shop.history())["keys_reused"].cause
