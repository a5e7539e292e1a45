"""No document and no variables make one call expensive: each is refused before anything expands it."""

import time

import pytest
from graphql import parse

from stockstorm.simulator.api.admin.execution.bounds import TOO_LARGE, document_problem, variables_problem
from stockstorm.simulator.limits import (
    DOCUMENT_DEPTH_MAX,
    DOCUMENT_FIELDS_MAX,
    DOCUMENT_FRAGMENTS_MAX,
    DOCUMENT_OPERATIONS_MAX,
    DOCUMENT_TOKENS_MAX,
    DOCUMENT_VARIABLES_MAX,
    NODE_ARGUMENTS_MAX,
    VARIABLE_VALUES_MAX,
)


def bomb(depth: int) -> str:
    levels = " ".join(f"fragment f{i} on QueryRoot {{ ...f{i + 1} ...f{i + 1} }}" for i in range(depth))
    return f"{{ ...f0 }} {levels} fragment f{depth} on QueryRoot {{ shop {{ name }} }}"


def nested(depth: int) -> str:
    return "{ a " * depth + "}" * depth


@pytest.mark.parametrize(
    "text",
    [
        bomb(15),
        bomb(25),
        "{ " + "shop { name } " * 500 + "}",
        "{ " + " ".join(f"a{i}: shop {{ name }}" for i in range(DOCUMENT_FIELDS_MAX)) + " }",
        "{ a { " + "b { c } " * 40 + "} a { " + "b { c } " * 40 + "} }",
        " ".join(f"query q{i} {{ shop {{ id }} }}" for i in range(DOCUMENT_OPERATIONS_MAX + 1)),
        f"query({' '.join(f'$v{i}: ID' for i in range(DOCUMENT_VARIABLES_MAX + 1))}) {{ shop {{ id }} }}",
        "{ orders(" + "first: 1 " * (NODE_ARGUMENTS_MAX + 1) + ") { nodes { id } } }",
        "{ shop { name " + "@include(if: true) " * NODE_ARGUMENTS_MAX + "} }",
        "query($v: ID " + "@a " * (NODE_ARGUMENTS_MAX + 1) + ") { shop { name } }",
        "{ shop { ... @include(" + "if: true " * NODE_ARGUMENTS_MAX + ") { name } } }",
        "{ shop { name } } " + " ".join(f"fragment f{i} on Shop {{ id }}" for i in range(DOCUMENT_FRAGMENTS_MAX + 1)),
    ],
    ids=[
        "bomb",
        "deeper bomb",
        "repeated fields",
        "aliases",
        "repeated below repeated",
        "operations",
        "variables",
        "arguments",
        "directives",
        "of a variable",
        "of a directive",
        "fragments",
    ],
)
def test_a_document_that_grows_is_too_large(text: str) -> None:
    assert document_problem(parse(text)) == TOO_LARGE


def test_the_deepest_document_that_passes_is_as_deep_as_the_limit() -> None:
    assert document_problem(parse(nested(DOCUMENT_DEPTH_MAX))) is None
    assert document_problem(parse(nested(DOCUMENT_DEPTH_MAX + 1))) == {
        "message": "Query has depth of 31, which exceeds max depth of 30"
    }


def test_a_circle_of_fragments_is_left_to_validation() -> None:
    assert document_problem(parse("{ ...a } fragment a on QueryRoot { ...b } fragment b on QueryRoot { ...a }")) is None


def test_what_a_sync_service_sends_passes() -> None:
    quantity = '{inventoryItemId: "gid://shopify/InventoryItem/1", locationId: "x", quantity: 3, changeFromQuantity: 2}'
    changes = (
        f"mutation {{ set(input: {{quantities: [{quantity * 250}]}}) @idempotent(key: 1) {{ userErrors {{ code }} }} }}"
    )
    fields = "orders(first: 50) { nodes { id lineItems(first: 50) { nodes { id sku quantity } } } }"
    assert document_problem(parse(changes, max_tokens=DOCUMENT_TOKENS_MAX)) is None
    assert document_problem(parse("{ " + " ".join(f"a{i}: {fields}" for i in range(50)) + " }")) is None


def test_variables_are_bounded_in_all_their_values() -> None:
    assert variables_problem({"ids": ["a"] * (VARIABLE_VALUES_MAX - 1)}) is None
    assert variables_problem({"ids": ["a"] * VARIABLE_VALUES_MAX}) == TOO_LARGE
    assert variables_problem({"a": [[["x"] * 200] * 200]}) == TOO_LARGE


def test_the_check_costs_no_more_than_parsing() -> None:
    started = time.process_time()
    parsed = [parse(bomb(20)), parse("{ " + "shop { name } " * 1_000 + "}"), parse(nested(200))]
    parsed_s = time.process_time() - started
    for each in parsed:
        document_problem(each)
    assert time.process_time() - started < 4 * parsed_s + 0.1
