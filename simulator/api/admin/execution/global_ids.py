"""Global ids in arguments: one that is malformed, or of another kind, is refused before execution, as recorded.

The kind that is expected follows from names: `inventoryItemId` takes an InventoryItem, and `id` of the root field
`order` an Order. Where no name tells, any kind is taken.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from itertools import islice
from typing import Any, Final, NamedTuple, Protocol

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
from stockstorm.simulator.limits import EXPLANATIONS_MAX, VALIDATION_ERRORS_MAX

SHOWN_MAX: Final = 200  # characters of an id in a text
ANY: Final = "[A-Za-z]+"
ROOT_PATH: Final = 3  # operation, root field, argument

Path = tuple[str | int, ...]


class Check(Protocol):
    """A check of the ids in a value. The path to a wrong one is built only where there is one."""

    def fine(self, value: Any) -> bool:
        """Whether all of them are well formed and of the right kind."""

    def wrong(self, value: Any, path: Path) -> Iterator[Explanation]:
        """Those that are not."""


class VariableIds(NamedTuple):
    """The ids in one variable of an operation."""

    node: VariableDefinitionNode
    check: Check


def literal_problems(schema: GraphQLSchema, places: Places) -> list[Problem]:
    """The errors of ids that a document writes out, one for each argument, and only the first ones."""
    found = (
        _literal_problem(places, given, value)
        for given in places.given
        if given.type is not None and get_named_type(given.type).name == "ID"
        if (value := _first_wrong(given, _pattern(_kind(schema, given, places)))) is not None
    )
    return list(islice(found, VALIDATION_ERRORS_MAX))


def _first_wrong(given: Given, pattern: re.Pattern[str]) -> str | None:
    return next((value for value in _written(given.value) if not pattern.fullmatch(value)), None)


def _literal_problem(places: Places, given: Given, value: str) -> Problem:
    return {
        "message": f"Invalid global id '{value}'",
        "locations": locations_of(given.held_by),
        "path": [*places.of(given.held_by).path, given.name],
        "extensions": {"code": "argumentLiteralsIncompatible", "typeName": "CoercionError"},
    }


def variable_ids(schema: GraphQLSchema, operation: OperationDefinitionNode, places: Places) -> tuple[VariableIds, ...]:
    """The variables of an operation that can hold ids."""
    found = []
    for node in operation.variable_definitions or ():
        kinds = (_kind(schema, given, places) for given in places.uses.get(node.variable.name.value, ()))
        kind = next((each for each in kinds if each != ANY), ANY)
        check = _check_of(schema, type_from_ast(schema, node.type), kind)
        if check is not None:
            found.append(VariableIds(node, check))
    return tuple(found)


def variable_problems(ids: tuple[VariableIds, ...], given: Mapping[str, Any]) -> list[Problem]:
    """The errors of ids in variables that have been coerced."""
    problems = []
    for node, check in ids:
        value = given.get(node.variable.name.value)
        if check.fine(value):
            continue
        problem = variable_problem(node, value, list(islice(check.wrong(value, ()), EXPLANATIONS_MAX)))
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
        return None if inner is None else _ListCheck(inner)
    if isinstance(type_, GraphQLInputObjectType):
        return _ObjectCheck(schema, type_)
    return _IdCheck(kind) if type_ is not None and type_.name == "ID" else None


class _IdCheck:
    def __init__(self, kind: str) -> None:
        self._match = _pattern(kind).fullmatch

    def fine(self, value: Any) -> bool:
        return value is None or self._match(value if type(value) is str else str(value)) is not None

    def wrong(self, value: Any, path: Path) -> Iterator[Explanation]:
        if not self.fine(value):
            yield path, f"Invalid global id '{str(value)[:SHOWN_MAX]}'"


class _ListCheck:
    def __init__(self, inner: Check) -> None:
        self._inner = inner

    def fine(self, value: Any) -> bool:
        return all(map(self._inner.fine, value)) if type(value) is list else self._inner.fine(value)

    def wrong(self, value: Any, path: Path) -> Iterator[Explanation]:
        if not isinstance(value, list):
            yield from self._inner.wrong(value, path)
            return
        for place, item in enumerate(value):
            yield from self._inner.wrong(item, (*path, place))


class _ObjectCheck:
    """Its members are compiled at the first value, because an input type can hold itself."""

    def __init__(self, schema: GraphQLSchema, type_: GraphQLInputObjectType) -> None:
        self._schema, self._type = schema, type_

    @cached_property
    def _members(self) -> tuple[tuple[str, Check], ...]:
        found = (
            (name, _check_of(self._schema, field.type, _kind_of_name(self._schema, name)))
            for name, field in self._type.fields.items()
        )
        return tuple((name, check) for name, check in found if check is not None)

    def fine(self, value: Any) -> bool:
        if type(value) is not dict:
            return True
        for name, check in self._members:  # noqa: SIM110  # a generator takes twice as long
            if name in value and not check.fine(value[name]):
                return False
        return True

    def wrong(self, value: Any, path: Path) -> Iterator[Explanation]:
        if isinstance(value, dict):
            for name, check in self._members:
                if name in value:
                    yield from check.wrong(value[name], (*path, name))
