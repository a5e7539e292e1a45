"""Stockstorm's SDL against an extract of Shopify's introspection, made by tests/golden/extract_admin_subset.py."""

import json
from functools import cache
from typing import Any

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    build_schema,
    is_required_argument,
    is_required_input_field,
    print_ast,
    validate_schema,
)

from stockstorm.simulator.api.admin.resolvers.schema import sdl
from tests.running import ROOT

GOLDEN = ROOT / "tests" / "golden" / "admin_2026_10_subset.json"
OURS = build_schema(sdl())
NAMES = sorted(name for name in OURS.type_map if not name.startswith("__"))


@cache
def shopify() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(GOLDEN.read_text(encoding="utf-8"))
    return found


def required(real: dict[str, dict[str, str]]) -> set[str]:
    return {name for name, value in real.items() if value["type"].endswith("!") and "default" not in value}


def argument_text(argument: GraphQLArgument) -> dict[str, str]:
    node = argument.ast_node
    default = {"default": print_ast(node.default_value)} if node is not None and node.default_value else {}
    return {"type": str(argument.type), **default}


def field_differences(where: str, ours: GraphQLField, real: dict[str, Any] | None) -> list[str]:
    if real is None:
        return [f"{where} does not exist"]
    found = [] if str(ours.type) == real["type"] else [f"{where} is {real['type']}, not {ours.type}"]
    for name, argument in ours.args.items():
        theirs, mine = real["arguments"].get(name), argument_text(argument)
        if theirs != mine:
            found.append(f"{where}({name}:) is {theirs}, not {mine}")
    missing = required(real["arguments"]) - {name for name, each in ours.args.items() if is_required_argument(each)}
    return found + [f"{where} lacks the required argument {name}" for name in missing]


def input_differences(ours: GraphQLInputObjectType, real: dict[str, Any]) -> list[str]:
    inputs = real["inputs"]
    found = [
        f"{ours.name}.{name} is {inputs.get(name)}, not {field.type}"
        for name, field in ours.fields.items()
        if inputs.get(name, {}).get("type") != str(field.type)
    ]
    missing = required(inputs) - {name for name, each in ours.fields.items() if is_required_input_field(each)}
    return found + [f"{ours.name} lacks the required {name}" for name in missing]


def differences(ours: GraphQLNamedType) -> list[str]:
    """Where a type of Stockstorm differs from Shopify's."""
    real = shopify()[ours.name]
    match ours:
        case GraphQLObjectType() | GraphQLInterfaceType():
            unreal = {each.name for each in ours.interfaces} - set(real["interfaces"])
            found = [f"{ours.name} is no {name}" for name in unreal]
            for name, field in ours.fields.items():
                found += field_differences(f"{ours.name}.{name}", field, real["fields"].get(name))
            return found
        case GraphQLInputObjectType():
            return input_differences(ours, real)
        case GraphQLEnumType():
            return [f"{ours.name} has no {value}" for value in set(ours.values) - set(real["values"])]
        case GraphQLUnionType():
            return [f"{ours.name} has no {each.name}" for each in ours.types if each.name not in real["members"]]
    return []


def test_the_sdl_is_a_valid_schema() -> None:
    assert validate_schema(OURS) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_type_has_nothing_that_shopifys_lacks(name: str) -> None:
    if name in ("String", "Int", "Boolean", "ID"):
        assert OURS.type_map[name] is not None
    else:
        assert differences(OURS.type_map[name]) == []


@pytest.mark.parametrize("name", ["WebhookSubscriptionTopic", "CurrencyCode", "InventoryAdjustQuantitiesUserErrorCode"])
def test_an_enum_that_callers_send_or_match_on_is_complete(name: str) -> None:
    ours = OURS.type_map[name]
    assert isinstance(ours, GraphQLEnumType)
    assert sorted(ours.values) == sorted(shopify()[name]["values"])


def test_an_invented_field_would_be_found() -> None:
    forged = build_schema(
        "type QueryRoot { shop: Shop! } type Shop { id: ID! stock: Int! } schema { query: QueryRoot }"
    )
    assert differences(forged.type_map["Shop"]) == ["Shop.stock does not exist"]
