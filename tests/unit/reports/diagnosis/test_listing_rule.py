"""Listings that show fewer units than there are, all by one rule, may be meant so."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from stockstorm.reports.history import History
from stockstorm.simulator.history import facts as f
from tests.unit.reports.diagnosis.shop import SKUS, Shop, diagnosed

Rule = Callable[[int], int]
FEW = (1, 2, 3, 4, 5, 6, 900, 901)  # units of each SKU at rest
MANY = (11, 17, 24, 33, 41, 58, 66, 90)


def listing(rule: Rule, units: tuple[int, ...], *, more: bool = False, declared: bool = False) -> History:
    """A shop whose listings show `rule` of what there is at rest. `more`: one of them shows a unit more than that."""
    stock = dict(zip(SKUS, units, strict=True))
    facts: list[f.AnyFact] = []
    for fact in Shop().history().facts:
        match fact:
            case f.FinalStock(sku=sku):
                facts.append(replace(fact, available=stock[sku], physical=stock[sku]))
            case f.FinalListing(sku=sku):
                facts.append(replace(fact, listed=rule(stock[sku]) + (more and sku == SKUS[-1]) * stock[sku]))
            case f.RunStarted():
                facts.append(replace(fact, lists_less=declared))
            case _:
                facts.append(fact)
    return History.of(facts)


def cap(units: int) -> int:
    return min(units, 20)


def nothing_of_the_last(units: int) -> int:
    return units if units > 6 else 0


def half(units: int) -> int:
    return units // 2


@pytest.mark.parametrize(
    ("rule", "units", "end"),
    [
        (cap, MANY, "12 of 12 of which there are more show 20: no listing shows more than that"),
        (nothing_of_the_last, FEW, "nothing is listed where there are 6 units or fewer"),
        (half, MANY, "16 of 16 show 50 % of the stock"),
    ],
)
def test_a_rule_that_fits_all_listings_is_named_with_how_to_declare_it(
    rule: Rule, units: tuple[int, ...], end: str
) -> None:
    found = diagnosed(listing(rule, units))["listing_rule"]
    assert found.cause.endswith(end)
    assert "lists_less = true" in found.remedy
    assert "listing_rule" not in diagnosed(listing(rule, units, more=True)), "one shows too many"
    assert "listing_rule" not in diagnosed(listing(rule, units, declared=True))


def uneven(units: int) -> int:
    return max(0, units - 1 - units % 7)


def by_some(units: int) -> int:
    return units - 3


@pytest.mark.parametrize("rule", [uneven, by_some])
def test_too_few_units_without_a_rule_name_none(rule: Rule) -> None:
    assert "listing_rule" not in diagnosed(listing(rule, MANY))
