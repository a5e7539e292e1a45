"""Variables of a request: coerced by graphql-core, refused with Shopify's text and `problems`.

Each bad variable gives one error, "Variable $input of type X! was provided invalid value for a.0.b (why)", with code
INVALID_VARIABLE and without `data`. Input arrays that are too long are refused as well.
"""

from collections.abc import Iterator
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    get_location,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    print_ast,
    type_from_ast,
)
from graphql.execution.values import VariableValues, get_variable_values
from graphql.utilities import coerce_input_value

from stockstorm.simulator.api.admin.base.call import arguments_of
from stockstorm.simulator.api.admin.base.problems import Problem, input_too_large
from stockstorm.simulator.api.admin.execution.documents import Operation
from stockstorm.simulator.api.admin.execution.selections import Selections
from stockstorm.simulator.limits import INPUT_ARRAY_MAX

Explanation = tuple[tuple[str | int, ...], str]


def coerce_variables(
    schema: GraphQLSchema, operation: OperationDefinitionNode, given: dict[str, Any]
) -> VariableValues | list[Problem]:
    """Coerced values, or the errors to answer."""
    values = get_variable_values(schema, operation.variable_definitions or (), given)
    if isinstance(values, VariableValues):
        return values
    problems = _explain(schema, operation, given)
    return problems or [{"message": error.message, "extensions": {"code": "INVALID_VARIABLE"}} for error in values]


def _explain(schema: GraphQLSchema, operation: OperationDefinitionNode, given: dict[str, Any]) -> list[Problem]:
    found: list[Problem] = []
    for definition in operation.variable_definitions or ():
        name = definition.variable.name.value
        type_: Any = type_from_ast(schema, definition.type)
        if name not in given and (definition.default_value is not None or not is_non_null_type(type_)):
            continue
        value = given.get(name)
        explanations = _problems(value, type_, ())
        if explanations:
            found.append(_problem(name, print_ast(definition.type), value, explanations, definition))
    return found


def _problem(name: str, type_text: str, value: Any, explanations: list[Explanation], node: Any) -> Problem:
    parts = [f"{'.'.join(map(str, path))} ({why})" if path else f"({why})" for path, why in explanations]
    what = ", ".join(parts) if explanations[0][0] else ""
    message = f"Variable ${name} of type {type_text} was provided invalid value" + (f" for {what}" if what else "")
    location = get_location(node.loc.source, node.loc.start)
    return {
        "message": message,
        "locations": [{"line": location.line, "column": location.column}],
        "extensions": {
            "code": "INVALID_VARIABLE",
            "value": value,
            "problems": [{"path": list(path), "explanation": why} for path, why in explanations],
        },
    }


def _problems(value: Any, type_: GraphQLInputType, path: tuple[str | int, ...]) -> list[Explanation]:
    if is_non_null_type(type_):
        if value is None:
            return [(path, "Expected value to not be null")]
        return _problems(value, type_.of_type, path)
    if value is None:
        return []
    if is_list_type(type_):
        items = value if isinstance(value, list) else [value]
        return [each for i, item in enumerate(items) for each in _problems(item, type_.of_type, (*path, i))]
    if is_input_object_type(type_):
        return _object_problems(value, type_, path)
    return _leaf_problems(value, type_, path)


def _object_problems(value: Any, type_: GraphQLInputObjectType, path: tuple[str | int, ...]) -> list[Explanation]:
    if not isinstance(value, dict):
        return [(path, f"Expected {value!r} to be a key-value object.")]
    unknown = [((*path, key), f"Field is not defined on {type_.name}") for key in value if key not in type_.fields]
    known = [
        each
        for name, field in type_.fields.items()
        if name in value or is_non_null_type(field.type)
        for each in _problems(value.get(name), field.type, (*path, name))
    ]
    return unknown + known


def _leaf_problems(value: Any, type_: GraphQLInputType, path: tuple[str | int, ...]) -> list[Explanation]:
    if coerce_input_value(value, type_) is not Undefined:
        return []
    shown = f'"{value}"' if isinstance(value, str) else str(value)
    if isinstance(type_, GraphQLEnumType):
        return [(path, f"Expected {shown} to be one of: {', '.join(type_.values)}")]
    return [(path, f"Could not coerce value {shown} to {type_}")]


def oversized_input(schema: GraphQLSchema, operation: Operation, variables: VariableValues) -> list[Problem]:
    """Errors for input arrays above 250 in arguments of root fields. The request is refused before execution."""
    root = schema.get_root_type(operation.node.operation)
    if root is None:
        return []
    problems: list[Problem] = []
    selections = Selections(schema, operation.fragments, variables.coerced)
    for nodes in selections.collect(root, [operation.node.selection_set]).values():
        name = nodes[0].name.value
        if name not in root.fields:
            continue
        try:
            arguments = arguments_of(schema, root.fields[name], nodes[0], variables)
        except GraphQLError:
            continue  # execution reports it, with its path
        node = nodes[0]
        where = get_location(node.loc.source, node.loc.start) if node.loc else None
        locations = [{"line": where.line, "column": where.column}] if where else []
        problems += [input_too_large((name, *path), size, locations) for path, size in _long_lists(arguments, ())]
    return problems


def _long_lists(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], int]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _long_lists(inner, (*path, key))
    elif isinstance(value, list) and len(value) > INPUT_ARRAY_MAX:
        yield path, len(value)
