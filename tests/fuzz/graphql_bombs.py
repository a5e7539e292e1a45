"""GraphQL documents and variables that are made to cost much."""

import json
from collections.abc import Callable
from random import Random
from typing import Any, Final

from tests.fuzz.graphql_cases import some_id
from tests.fuzz.played import CATALOGUE
from tests.fuzz.values import value


def _chain(rng: Random) -> str:
    levels, twice = rng.choice((5, 15, 40, 100)), rng.choice((1, 2, 3))
    parts = [f"fragment F{n} on Shop {{ {f'...F{n + 1} ' * twice} }}" for n in range(levels)]
    return "{ shop { ...F0 } } " + " ".join(parts) + f" fragment F{levels} on Shop {{ {rng.choice(('id', '...F0'))} }}"


def _aliases(rng: Random) -> str:
    count = rng.choice((50, 400, 490, 1_500))
    field = rng.choice(("id", "shop { id }", 'node(id: "gid://shopify/Order/5812300000001") { id }', "__typename"))
    return "{ shop { id } " + " ".join(f"a{n}: {field}" for n in range(count)) + " }"


def _repeated(rng: Random) -> str:
    return (
        "{ shop { "
        + rng.choice(("id ", "plan { shopifyPlus } ", "id @include(if: true) ")) * rng.choice((100, 400))
        + "} }"
    )


def _deep(rng: Random) -> str:
    depth = rng.choice((5, 25, 200, 3_000))
    left, right = rng.choice(
        (("variant { inventoryItem { ", "} } "), ("... { ", "} "), ("... on InventoryItem { ", "} "))
    )
    return f"{{ inventoryItem(id: {json.dumps(some_id(rng, 'item', 0))}) {{ {left * depth} id {right * depth} }} }}"


def _wide(rng: Random) -> str:
    """Many fields of many rows."""
    fields = " ".join(
        f"a{n}: {rng.choice(('id', 'name', 'createdAt', 'updatedAt', 'number'))}"
        for n in range(rng.choice((20, 100, 450)))
    )
    rows = rng.choice(("orders(first: 250)", "orders(last: 250, reverse: true)"))
    return f"{{ {rows} {{ nodes {{ {fields} }} }} }}"


def _product(rng: Random) -> str:
    """Connections inside connections."""
    size = rng.choice((10, 100, 250))
    quantities = 'quantities(names: ["available", "on_hand"]) { name quantity }'
    inner = f"nodes {{ id item {{ id sku }} location {{ id name }} {quantities} }}"
    levels = f"inventoryLevels(first: {size}) {{ {inner} }}"
    middle = (
        levels if rng.random() < 0.5 else f"inventoryLevels(first: {size}) {{ nodes {{ location {{ {levels} }} }} }}"
    )
    return f"{{ locations(first: {size}) {{ nodes {{ id {middle} }} }} }}"


def _literals(rng: Random) -> str:
    count = rng.choice((100, 250, 251, 1_000, 5_000))
    ids = ", ".join(json.dumps(some_id(rng, "", 0.1)) for _ in range(min(count, 260)))
    key = ' @idempotent(key: "k") { userErrors { code } } }'
    rows = ", ".join(f"{{quantity: {n}, changeFromQuantity: null}}" for n in range(min(count, 1_200)))
    return rng.choice(
        (
            f"{{ nodes(ids: [{ids}]) {{ id __typename }} }}",
            f'mutation {{ inventorySetQuantities(input: {{name: "available", reason: "x", quantities: [{rows}]}}){key}',
            "{ nodes(ids: " + "[" * count + "]" * count + ") { id } }",
            "{ nodes(ids: {a: " + "{a: " * count + "1" + "}" * count + "}) { id } }",
            f"{{ orders(first: {'9' * count}) {{ nodes {{ id }} }} }}",
            f"{{ orders(first: 1.{'9' * count}e{'9' * 10}) {{ nodes {{ id }} }} }}",
            '{ node(id: "' + "\\u0041" * count + '") { id } }',
            '{ node(id: """' + "\n  x" * count + '""") { id } }',
        )
    )


def _many(rng: Random) -> str:
    count = rng.choice((50, 300, 1_000))
    return rng.choice(
        (
            " ".join(f"query Q{n} {{ shop {{ id }} }}" for n in range(count)),
            "query Q(" + ", ".join(f"$v{n}: Int = {n}" for n in range(count)) + ") { shop { id } }",
            "query Q(" + ", ".join("$v: ID!" for _ in range(count)) + ") { node(id: $v) { id } }",
            "{ shop " + "@include(if: true) " * count + "{ id } }",
            "{ shop { " + "nope " * count + "} }",
            "{ orders(" + "first: 1 " * count + ") { nodes { id } } }",
            "#" * 49_000 + "\n{ shop { id } }",
            "{ shop { id } }" + "," * 45_000,
            "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }",
            "{ __schema { types { name fields { name args { name type { name ofType { name } } } } } } }",
            "query($v: " + "[" * count + "Int" + "]" * count + ") { shop { id } }",
        )
    )


BOMBS: Final[tuple[Callable[[Random], str], ...]] = (
    _chain,
    _aliases,
    _repeated,
    _deep,
    _wide,
    _product,
    _literals,
    _many,
)


def bomb(rng: Random) -> str:
    """A document made to cost much."""
    return rng.choice(BOMBS)(rng)


def heavy_variables(rng: Random) -> dict[str, Any]:
    """Variables made to cost much, for ADJUST of `valid`."""
    product = rng.choice(CATALOGUE.products)
    row = {
        "inventoryItemId": f"gid://shopify/InventoryItem/{product.inventory_item_id}",
        "locationId": f"gid://shopify/Location/{product.location_id}",
        "delta": 1,
        "changeFromQuantity": None,
    }
    rows: Any = [row] * rng.choice((1, 250, 251, 3_000))
    nested: Any = 1
    for _ in range(rng.choice((1, 100, 800))):
        nested = [nested] if rng.random() < 0.9 else {"a": nested}
    rows = rng.choice(
        (rows, nested, [nested] * 10, {"a": nested}, list(range(5_000)), [value(rng) for _ in range(100)])
    )
    return {"input": {"name": "available", "reason": "correction", "changes": rows}, "key": f"k{rng.randrange(10**9)}"}


ADJUST: Final = """mutation Adjust($input: InventoryAdjustQuantitiesInput!, $key: String!) {
  inventoryAdjustQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id changes { name delta item { id sku } location { id } } }
    userErrors { field message code } } }"""
