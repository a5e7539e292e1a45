"""Errors of documents, word for word: those that are recorded of Shopify, and those that its library is known for."""

from typing import Any

import pytest
from graphql import Node

from stockstorm.simulator.api.admin.execution.documents import Document
from stockstorm.simulator.api.admin.resolvers.schema import admin_schema
from stockstorm.simulator.limits import VALIDATION_ERRORS_MAX
from stockstorm.simulator.versions import ApiVersion

STRING = "Expected type 'String!'."
SET_OF_NUMBER = """mutation M { inventorySetQuantities(input: {name: 3, reason: "x", quantities: []}) {
userErrors { field } } }"""


def problems(query: str, version: ApiVersion = "2026-10") -> list[dict[str, Any]]:
    return Document(admin_schema(version), query).problems


def test_a_document_that_ends_too_early_is_at_its_last_token_as_recorded() -> None:
    assert problems("query GraphqlBaseValidationInvalidSyntax {\n  shop {\n    id\n") == [
        {
            "message": "syntax error, unexpected end of file at [3, 5]",
            "locations": [{"line": 3, "column": 5}],
            "extensions": {"code": "PARSE_ERROR"},
        }
    ]


@pytest.mark.parametrize(
    ("query", "unexpected"),
    [
        ("{ shop { id } } }", 'RCURLY ("}") at [1, 17]'),
        ("{ shop { } }", 'RCURLY ("}") at [1, 10]'),
        ("{ a ! }", 'BANG ("!") at [1, 5]'),
        ('{ "a" }', 'STRING ("a") at [1, 3]'),
        ("look { a }", 'IDENTIFIER ("look") at [1, 1]'),
        ('{ a(b: "x', "invalid token at [1, 10]"),
        ("", "end of file at [1, 1]"),
        ("# nothing", "end of file at [1, 1]"),
    ],
)
def test_other_syntax_errors_name_the_token(query: str, unexpected: str) -> None:
    (problem,) = problems(query)
    assert problem["message"] == f"syntax error, unexpected {unexpected}"
    assert problem["extensions"] == {"code": "PARSE_ERROR"}


def test_a_missing_subselection_is_as_recorded() -> None:
    assert problems("query GraphqlBaseValidationMissingSubselection {\n  shop\n}\n") == [
        {
            "message": "Field must have selections (field 'shop' returns Shop but has no selections. "
            "Did you mean 'shop { ... }'?)",
            "locations": [{"line": 2, "column": 3}],
            "path": ["query GraphqlBaseValidationMissingSubselection", "shop"],
            "extensions": {"code": "selectionMismatch", "nodeName": "field 'shop'", "typeName": "Shop"},
        }
    ]


def test_an_undefined_field_is_as_recorded_down_to_its_place() -> None:
    query = "query Stock {\n  orders(first: 1) {\n    nodes {\n      id\n      nosuch\n    }\n  }\n}\n"
    assert problems(query) == [
        {
            "message": "Field 'nosuch' doesn't exist on type 'Order'",
            "locations": [{"line": 5, "column": 7}],
            "path": ["query Stock", "orders", "nodes", "nosuch"],
            "extensions": {"code": "undefinedField", "typeName": "Order", "fieldName": "nosuch"},
        }
    ]


def test_a_missing_argument_is_as_recorded_and_several_are_one_error() -> None:
    both = "mutation { webhookSubscriptionCreate { webhookSubscription { id } userErrors { field message } } }"
    (problem,) = problems(both)
    assert problem["path"] == ["mutation", "webhookSubscriptionCreate"]
    assert problem["locations"] == [{"line": 1, "column": 12}]
    assert problem["message"] == (
        "Field 'webhookSubscriptionCreate' is missing required arguments: topic, webhookSubscription"
    )
    assert problem["extensions"] == {
        "code": "missingRequiredArguments",
        "className": "Field",
        "name": "webhookSubscriptionCreate",
        "arguments": "topic, webhookSubscription",
    }


def test_a_null_literal_is_as_recorded() -> None:
    query = "mutation { webhookSubscriptionCreate(topic: null, webhookSubscription: {}) { userErrors { field } } }"
    assert problems(query) == [
        {
            "message": "Argument 'topic' on Field 'webhookSubscriptionCreate' has an invalid value (null). "
            "Expected type 'WebhookSubscriptionTopic!'.",
            "locations": [{"line": 1, "column": 12}],
            "path": ["mutation", "webhookSubscriptionCreate", "topic"],
            "extensions": {"code": "argumentLiteralsIncompatible", "typeName": "Field", "argumentName": "topic"},
        }
    ]


@pytest.mark.parametrize(
    ("query", "message", "path"),
    [
        (
            '{ orders(first: "many") { nodes { id } } }',
            "Argument 'first' on Field 'orders' has an invalid value (\"many\"). Expected type 'Int'.",
            ["query", "orders", "first"],
        ),
        (
            "{ a: orders(first: 1, sortKey: COLOUR) { nodes { id } } }",
            "Argument 'sortKey' on Field 'orders' has an invalid value (COLOUR). Expected type 'OrderSortKeys'.",
            ["query", "a", "sortKey"],
        ),
        (
            SET_OF_NUMBER,
            f"Argument 'name' on InputObject 'InventorySetQuantitiesInput' has an invalid value (3). {STRING}",
            ["mutation M", "inventorySetQuantities", "input", "name"],
        ),
    ],
)
def test_a_bad_literal_names_its_argument_its_owner_and_its_type(query: str, message: str, path: list[str]) -> None:
    (problem,) = problems(query)
    assert (problem["message"], problem["path"]) == (message, path)
    assert problem["extensions"]["code"] == "argumentLiteralsIncompatible"


def test_a_missing_member_of_an_input_object_is_as_recorded() -> None:
    query = 'mutation A { inventoryAdjustQuantities(input: {name: "available", changes: []}) { userErrors { field } } }'
    (problem,) = problems(query)
    assert problem["message"] == (
        "Argument 'reason' on InputObject 'InventoryAdjustQuantitiesInput' is required. Expected type String!"
    )
    assert problem["path"] == ["mutation A", "inventoryAdjustQuantities", "input", "reason"]
    assert problem["extensions"] == {
        "code": "missingRequiredInputObjectAttribute",
        "argumentName": "reason",
        "argumentType": "String!",
        "inputObjectType": "InventoryAdjustQuantitiesInput",
    }


@pytest.mark.parametrize(
    ("query", "message", "code", "path"),
    [
        (
            "query Q($a: Int, $b: Int) { orders(first: $a) { nodes { id } } }",
            "Variable $b is declared by Q but not used",
            "variableNotUsed",
            ["query Q"],
        ),
        (
            "query ($b: Int) { shop { id } }",
            "Variable $b is declared by anonymous query but not used",
            "variableNotUsed",
            ["query"],
        ),
        (
            "query Q { orders(first: $a) { nodes { id } } }",
            "Variable $a is used by Q but not declared",
            "variableNotDefined",
            ["query Q", "orders", "first"],
        ),
        (
            "query Q($a: String) { orders(first: $a) { nodes { id } } }",
            "Type mismatch on variable $a and argument first (String / Int)",
            "variableMismatch",
            ["query Q", "orders", "first"],
        ),
        (
            "query Q($a: ID) { order(id: $a) { id } }",
            "Nullability mismatch on variable $a and argument id (ID / ID!)",
            "variableMismatch",
            ["query Q", "order", "id"],
        ),
        (
            "query Q($a: ID!) { nodes(ids: $a) { id } }",
            "List dimension mismatch on variable $a and argument ids (ID! / [ID!]!)",
            "variableMismatch",
            ["query Q", "nodes", "ids"],
        ),
        ("{ shop(colour: 1) { id } }", "Field 'shop' doesn't accept argument 'colour'", "argumentNotAccepted", None),
        ("{ shop { id @nosuch } }", "Directive @nosuch is not defined", "undefinedDirective", ["query", "shop", "id"]),
        ("{ ...F }", "Fragment F was used, but not defined", "useAndDefineFragment", ["query", "... F"]),
        (
            "{ shop { ... on Order { id } } }",
            "Fragment on Order can't be spread inside Shop",
            "cannotSpreadFragment",
            ["query", "shop", "... on Order"],
        ),
        (
            "query { ...F } fragment F on Nosuch { id }",
            "No such type Nosuch, so it can't be a fragment condition",
            "undefinedType",
            ["fragment F"],
        ),
    ],
)
def test_other_errors_have_the_code_and_the_path_of_shopify_s_library(
    query: str, message: str, code: str, path: list[str] | None
) -> None:
    (problem,) = problems(query)
    assert (problem["message"], problem["extensions"]["code"]) == (message, code)
    assert path is None or problem["path"] == path


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ("{ giftCards(first: 1) { nodes { id } } }", "the field QueryRoot.giftCards"),
        ("{ shop { analyticsToken } }", "the field Shop.analyticsToken"),
    ],
)
def test_what_shopify_has_and_nobody_plays_is_no_error_of_the_caller(query: str, what: str) -> None:
    (problem,) = problems(query)
    assert problem["extensions"]["code"] == "NOT_PLAYED"
    assert what in problem["message"]


def test_what_only_some_versions_have_is_refused_by_the_others_and_not_called_unplayed() -> None:
    query = 'mutation { inventorySetQuantities(input: {}) @idempotent(key: "k") { userErrors { message } } }'
    codes = {problem["extensions"]["code"] for problem in problems(query, "2025-10")}
    assert "undefinedDirective" in codes
    assert "NOT_PLAYED" not in codes
    old = "mutation { inventorySetQuantities(input: {ignoreCompareQuantity: true}) { userErrors { message } } }"
    assert any(
        problem["message"]
        == "InputObject 'InventorySetQuantitiesInput' doesn't accept argument 'ignoreCompareQuantity'"
        for problem in problems(old)
    )


def test_a_long_list_is_written_once_however_much_of_it_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[object] = []

    def counted(value: Node) -> str:
        written.append(value)
        return "[1.5]"

    monkeypatch.setattr("stockstorm.simulator.api.admin.execution.translating.print_ast", counted)
    (problem,) = problems(f"{{ nodes(ids: [{'1.5 ' * 200}]) {{ id }} }}")
    assert problem["message"] == "Argument 'ids' on Field 'nodes' has an invalid value ([1.5]). Expected type '[ID!]!'."
    assert len(written) == 1
    (problem,) = problems(f"{{ nodes(ids: [{'1.5 ' * 1_000}]) {{ id }} }}")
    assert (len(problem["message"]) < 1_200, len(written)) == (True, 1)


def test_errors_are_bounded_in_number_and_in_length() -> None:
    fields = " ".join(f"nosuch{n}" for n in range(200))
    assert len(problems(f"{{ shop {{ {fields} }} }}")) <= VALIDATION_ERRORS_MAX
    (problem,) = problems(f'{{ orders(first: "{"x" * 20_000}") {{ nodes {{ id }} }} }}')
    assert len(problem["message"]) < 2_000
