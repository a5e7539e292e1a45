"""What each field of a document costs: `extensions.cost.fields` of a call with the header Shopify-GraphQL-Cost-Debug.

Its members are documented. How a connection's own 2 points and the factor of its nodes are spread over its fields is
assumed: `nodes` and `edges` hold the factor, and so does everything below them.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from graphql import (
    FieldNode,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    get_named_type,
    is_leaf_type,
)

from stockstorm.simulator.api.admin.execution.cost import COUNT_COST, FREE, Costing, connection_factor, sets_of
from stockstorm.simulator.api.admin.execution.selections import Fragments
from stockstorm.simulator.limits import MUTATION_COST

DEBUG_HEADER: Final = "shopify-graphql-cost-debug"
FIELDS_MAX: Final = 1_000  # that one answer tells; a document of 1,000 points has some hundreds


class FieldCost(msgspec.Struct, frozen=True, rename="camel"):
    """The cost of one field, as requested. `requested_children_cost` is null of a field that has none."""

    path: tuple[str, ...]
    defined_cost: int
    requested_total_cost: int
    requested_children_cost: int | None


def cost_fields(
    schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Fragments, variables: Mapping[str, Any]
) -> list[FieldCost]:
    """The fields of a validated operation in the order of the document, at most FIELDS_MAX. `variables` are coerced."""
    root = schema.get_root_type(operation.operation)
    if root is None:
        return []
    costing = Costing(schema, fragments, variables)
    mutation = operation.operation is OperationType.MUTATION
    found: list[FieldCost] = []
    for key, nodes in costing.selections.collect(root, [operation.selection_set]).items():
        for each in _Walk(costing, mutation=mutation).field(root, (key,), nodes, 1):
            if len(found) == FIELDS_MAX:
                return found
            found.append(each)
    return found


class _Walk:
    def __init__(self, costing: Costing, *, mutation: bool) -> None:
        self._costing, self._mutation = costing, mutation

    def field(
        self, on: GraphQLObjectType, path: tuple[str, ...], nodes: list[FieldNode], factor: int
    ) -> Iterator[FieldCost]:
        """The cost of a field and of those below it. `factor`: for how many nodes of connections around it."""
        name = nodes[0].name.value
        if name.startswith("__"):
            return
        named = get_named_type(on.fields[name].type)
        below = [] if is_leaf_type(named) else list(self._below(named, path, nodes, factor))
        within = len(path) + 1
        children = sum(each.requested_total_cost for each in below if len(each.path) == within)
        defined = self._defined(on, name, named, len(path))
        yield FieldCost(path, defined, defined * factor + children, None if is_leaf_type(named) else children)
        yield from below

    def _below(self, named: Any, path: tuple[str, ...], nodes: list[FieldNode], factor: int) -> Iterator[FieldCost]:
        if named.name in FREE or named.name == "Count":
            factor = 0
        met = (
            [named]
            if isinstance(named, GraphQLObjectType)
            else self._costing.selections.types_met(named, sets_of(nodes))
        )
        told = set[str]()
        for each in met:
            for key, inner in self._costing.selections.collect(each, sets_of(nodes)).items():
                if key not in told:
                    told.add(key)
                    times = factor * self._times(named.name, nodes[0], inner[0].name.value)
                    yield from self.field(each, (*path, key), inner, times)

    def _times(self, connection: str, node: FieldNode, name: str) -> int:
        if not connection.endswith("Connection") or name not in ("nodes", "edges"):
            return 1
        return connection_factor(self._costing.page_size(node))

    def _defined(self, on: GraphQLObjectType, name: str, named: Any, depth: int) -> int:
        """The points of the field itself, without what is below it."""
        if self._mutation and depth <= 2:
            return MUTATION_COST if depth == 1 else 0  # objects directly in a payload are free
        if is_leaf_type(named) or named.name in FREE:
            return 0
        if named.name == "Count":
            return COUNT_COST
        if named.name.endswith("Connection"):
            return 2
        return 0 if name == "edges" and on.name.endswith("Connection") else 1
