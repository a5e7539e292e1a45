"""Coerced arguments of a field, with the key of `@idempotent` beside them, as resolvers of both executors get them."""

from typing import Any

from graphql import FieldNode, GraphQLField, GraphQLSchema, VariableNode, get_argument_values, get_directive_values
from graphql.execution.values import VariableValues
from graphql.language import Visitor, visit

IDEMPOTENCY_KEY = "@idempotent"  # no argument can have that name


def arguments_of(
    schema: GraphQLSchema, definition: GraphQLField, node: FieldNode, variables: VariableValues | None
) -> dict[str, Any]:
    """Argument name → coerced value; the idempotency key under `IDEMPOTENCY_KEY` where the directive stands.

    Raises GraphQLError where a variable that is null feeds an argument that must not be.
    """
    arguments = get_argument_values(definition, node, variables)
    if node.directives:
        directive = schema.get_directive("idempotent")
        found = get_directive_values(directive, node, variables) if directive else None
        if found is not None:
            arguments[IDEMPOTENCY_KEY] = found["key"]
    return arguments


def depends_on_variables(node: FieldNode) -> bool:
    """Whether an argument or directive of the field (not of fields below it) holds a variable."""
    finder = _VariableFinder()
    for part in (*(node.arguments or ()), *(node.directives or ())):
        visit(part, finder)
    return finder.found


class _VariableFinder(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def enter_variable(self, _node: VariableNode, *_args: Any) -> None:
        self.found = True
