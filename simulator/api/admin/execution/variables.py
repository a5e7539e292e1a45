"""Variables of a request: coerced by graphql-core, refused with Shopify's text and `problems`.

Each bad variable gives one error, "Variable $input of type X! was provided invalid value for a.0.b (why)".
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    VariableDefinitionNode,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    print_ast,
    type_from_ast,
)
from graphql.execution.values import VariableValues, get_variable_values
from graphql.utilities import coerce_input_value

from stockstorm.simulator.api.admin.base.problems import Problem
from stockstorm.simulator.api.admin.execution.places import locations_of
from stockstorm.simulator.limits import EXPLANATIONS_MAX

Explanation = tuple[tuple[str | int, ...], str]


def coerce_variables(
    schema: GraphQLSchema, operation: OperationDefinitionNode, given: dict[str, Any]
) -> VariableValues | list[Problem]:
    """Coerced values, or the errors to answer."""
    values = get_variable_values(schema, operation.variable_definitions or (), given, max_errors=1)
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
        explanations = list(islice(_problems(value, type_, ()), EXPLANATIONS_MAX))
        if explanations:
            found.append(variable_problem(definition, value, explanations))
    return found


def variable_problem(node: VariableDefinitionNode, value: Any, explanations: list[Explanation]) -> Problem:
    """The error of one variable with all that is wrong about its value."""
    name, type_text = node.variable.name.value, print_ast(node.type)
    parts = [f"{'.'.join(map(str, path))} ({why})" if path else f"({why})" for path, why in explanations]
    what = ", ".join(parts) if explanations[0][0] else ""
    message = f"Variable ${name} of type {type_text} was provided invalid value" + (f" for {what}" if what else "")
    return {
        "message": message,
        "locations": locations_of(node),
        "extensions": {
            "code": "INVALID_VARIABLE",
            "value": value,
            "problems": [{"path": list(path), "explanation": why} for path, why in explanations],
        },
    }


def _problems(value: Any, type_: GraphQLInputType, path: tuple[str | int, ...]) -> Iterator[Explanation]:
    if is_non_null_type(type_):
        if value is None:
            yield path, "Expected value to not be null"
        else:
            yield from _problems(value, type_.of_type, path)
    elif value is None:
        return
    elif is_list_type(type_):
        for i, item in enumerate(value if isinstance(value, list) else [value]):
            yield from _problems(item, type_.of_type, (*path, i))
    elif is_input_object_type(type_):
        yield from _object_problems(value, type_, path)
    else:
        yield from _leaf_problems(value, type_, path)


def _object_problems(value: Any, type_: GraphQLInputObjectType, path: tuple[str | int, ...]) -> Iterator[Explanation]:
    if not isinstance(value, dict):
        yield path, f"Expected {value!r} to be a key-value object."
        return
    for key in value:
        if key not in type_.fields:
            yield (*path, key), f"Field is not defined on {type_.name}"
    for name, field in type_.fields.items():
        if name in value or is_non_null_type(field.type):
            yield from _problems(value.get(name), field.type, (*path, name))


def _leaf_problems(value: Any, type_: GraphQLInputType, path: tuple[str | int, ...]) -> Iterator[Explanation]:
    if coerce_input_value(value, type_) is not Undefined:
        return
    shown = f'"{value}"' if isinstance(value, str) else str(value)
    if isinstance(type_, GraphQLEnumType):
        yield path, f"Expected {shown} to be one of: {', '.join(type_.values)}"
    else:
        yield path, f"Could not coerce value {shown} to {type_}"
