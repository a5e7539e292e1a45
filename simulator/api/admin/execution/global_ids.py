"""Global ids in arguments: one that is malformed, or of another kind, is refused before execution, as recorded.

The kind that is expected follows from names: `inventoryItemId` takes an InventoryItem, and `id` of the root field
`order` an Order. Where no name tells, any kind is taken.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, Final, NamedTuple

from graphql import (
    GraphQLInputObjectType,
    GraphQLSchema,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    StringValueNode,
    ValueNode,
    VariableDefinitionNode,
    get_named_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
    type_from_ast,
)

from stockstorm.simulator.api.admin.base.problems import Problem
from stockstorm.simulator.api.admin.execution.places import Given, Places, locations_of
from stockstorm.simulator.api.admin.execution.variables import Explanation, variable_problem
from stockstorm.simulator.limits import EXPLANATIONS_MAX

SHOWN_MAX: Final = 200  # characters of an id in a text
ANY: Final = "[A-Za-z]+"
ROOT_PATH: Final = 3  # operation, root field, argument

Check = Callable[[Any, tuple[str | int, ...], list[Explanation]], None]


class VariableIds(NamedTuple):
    """The ids in one variable of an operation."""

    node: VariableDefinitionNode
    check: Check


def literal_problems(schema: GraphQLSchema, places: Places) -> list[Problem]:
    """The errors of ids that a document writes out."""
    return [
        {
            "message": f"Invalid global id '{value}'",
            "locations": locations_of(given.held_by),
            "path": [*places.of(given.held_by).path, given.name],
            "extensions": {"code": "argumentLiteralsIncompatible", "typeName": "CoercionError"},
        }
        for given in places.given
        if given.type is not None and get_named_type(given.type).name == "ID"
        for value in _written(given.value)
        if not _pattern(_kind(schema, given, places)).fullmatch(value)
    ]


def variable_ids(schema: GraphQLSchema, operation: OperationDefinitionNode, places: Places) -> tuple[VariableIds, ...]:
    """The variables of an operation that can hold ids."""
    found = []
    for node in operation.variable_definitions or ():
        kinds = (_kind(schema, given, places) for given in places.uses(node.variable.name.value))
        kind = next((each for each in kinds if each != ANY), ANY)
        check = _check_of(schema, type_from_ast(schema, node.type), kind)  # type: ignore[arg-type] # a named or list type
        if check is not None:
            found.append(VariableIds(node, check))
    return tuple(found)


def variable_problems(ids: tuple[VariableIds, ...], given: Mapping[str, Any]) -> list[Problem]:
    """The errors of ids in variables that have been coerced."""
    problems = []
    for node, check in ids:
        wrong: list[Explanation] = []
        value = given.get(node.variable.name.value)
        check(value, (), wrong)
        if wrong:
            problem = variable_problem(node, value, wrong[:EXPLANATIONS_MAX])
            for each in problem["extensions"]["problems"]:
                each["message"] = each["explanation"]
            problems.append(problem)
    return problems


def _written(value: ValueNode) -> Iterator[str]:
    """The ids of a literal, or of a list of them. A number is none."""
    for node in value.values if isinstance(value, ListValueNode) else (value,):
        if isinstance(node, StringValueNode | IntValueNode):
            yield node.value[:SHOWN_MAX]


def _kind(schema: GraphQLSchema, given: Given, places: Places) -> str:
    """The type of which an id is expected."""
    root = schema.query_type
    is_root = given.owner_kind == "Field" and len(places.of(given.held_by).path) == ROOT_PATH - 1
    if given.name == "id" and is_root and root is not None and given.owner_name in root.fields:
        of_field = get_named_type(root.fields[given.owner_name].type)
        return of_field.name if is_object_type(of_field) else ANY
    return _kind_of_name(schema, given.name)


def _kind_of_name(schema: GraphQLSchema, name: str) -> str:
    stem = re.sub(r"Ids?$", "", name)
    kind = stem[:1].upper() + stem[1:]
    return kind if stem != name and is_object_type(schema.get_type(kind)) else ANY


@cache
def _pattern(kind: str) -> re.Pattern[str]:
    return re.compile(rf"gid://[A-Za-z0-9-]+/{kind}/[^/\s]+")


def _check_of(schema: GraphQLSchema, type_: Any, kind: str) -> Check | None:
    """A check of values of a type. None: they hold no ids."""
    if is_non_null_type(type_):
        return _check_of(schema, type_.of_type, kind)
    if is_list_type(type_):
        inner = _check_of(schema, type_.of_type, kind)
        return None if inner is None else _list(inner)
    if isinstance(type_, GraphQLInputObjectType):
        return _object(schema, type_)
    return _id(_pattern(kind)) if type_ is not None and type_.name == "ID" else None


def _id(pattern: re.Pattern[str]) -> Check:
    is_good = pattern.fullmatch

    def check(value: Any, path: tuple[str | int, ...], found: list[Explanation]) -> None:
        if value is not None and not is_good(str(value)):
            found.append((path, f"Invalid global id '{str(value)[:SHOWN_MAX]}'"))

    return check


def _list(inner: Check) -> Check:
    def check(value: Any, path: tuple[str | int, ...], found: list[Explanation]) -> None:
        if isinstance(value, list):
            for place, item in enumerate(value):
                inner(item, (*path, place), found)
        else:
            inner(value, path, found)

    return check


def _object(schema: GraphQLSchema, type_: GraphQLInputObjectType) -> Check:
    checks: dict[str, Check] = {}
    pending = [type_]  # compiled at the first value, because an input type can hold itself

    def check(value: Any, path: tuple[str | int, ...], found: list[Explanation]) -> None:
        if pending:
            for name, field in pending.pop().fields.items():
                inner = _check_of(schema, field.type, _kind_of_name(schema, name))
                if inner is not None:
                    checks[name] = inner
        if isinstance(value, dict):
            for name, inner in checks.items():
                if name in value:
                    inner(value[name], (*path, name), found)

    return check
