"""From an admitted operation to its data: the lean plan where it covers it, graphql-core for everything else."""

from typing import Any

import msgspec
from graphql import ExecutionResult, GraphQLError, execute
from graphql.execution.values import VariableValues

from stockstorm.simulator.api.admin.base.call import Call
from stockstorm.simulator.api.admin.base.problems import Problem, of_execution
from stockstorm.simulator.api.admin.execution.documents import Document, Operation
from stockstorm.simulator.api.admin.execution.lean import Unlean
from stockstorm.simulator.api.admin.resolvers.schema import admin_schema


class Result(msgspec.Struct, frozen=True):
    data: dict[str, Any] | None
    problems: list[Problem] = []


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
