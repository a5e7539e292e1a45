"""From an admitted operation to its data: the lean plan where it covers it, graphql-core for everything else."""

from collections.abc import Iterator
from typing import Any

import msgspec
from graphql import ExecutionResult, GraphQLError, GraphQLSchema, execute, get_location
from graphql.execution.values import VariableValues

from stockstorm.simulator.api.admin.base.arguments import arguments_of
from stockstorm.simulator.api.admin.base.call import Call
from stockstorm.simulator.api.admin.base.problems import Problem, input_too_large, of_execution
from stockstorm.simulator.api.admin.execution.documents import Document, Operation
from stockstorm.simulator.api.admin.execution.lean import Unlean
from stockstorm.simulator.api.admin.execution.selections import Selections
from stockstorm.simulator.api.admin.resolvers.schema import admin_schema
from stockstorm.simulator.limits import INPUT_ARRAY_MAX


class Result(msgspec.Struct, frozen=True):
    data: dict[str, Any] | None
    problems: list[Problem] = []


def oversized_input(schema: GraphQLSchema, operation: Operation, variables: VariableValues) -> list[Problem]:
    """Input arrays above 250 in the arguments of root fields; the request is refused before anything is done."""
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
            continue  # told at execution, with its path
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


def run(document: Document, operation: Operation, variables: VariableValues, raw: dict[str, Any], call: Call) -> Result:
    """The answer's data and errors. `raw` are the variables as given, which graphql-core coerces itself."""
    if operation.plan is not None:
        try:
            return Result(operation.plan.run(operation.plan.slots(variables), call))
        except (Unlean, GraphQLError):
            call.start_over()
    return run_in_full(document, operation, raw, call)


def run_in_full(document: Document, operation: Operation, raw: dict[str, Any], call: Call) -> Result:
    """The same by graphql-core. An exception that is no GraphQLError is a defect of ours and is raised."""
    name = operation.node.name.value if operation.node.name else None
    found = execute(admin_schema(), document.node, context_value=call, variable_values=raw, operation_name=name)
    if not isinstance(found, ExecutionResult):
        raise TypeError("resolvers are synchronous, so the result must be")
    for error in found.errors or ():
        if error.original_error is not None and not isinstance(error.original_error, GraphQLError):
            raise error.original_error
    return Result(found.data, [of_execution(error) for error in found.errors or ()])
