"""Query cost as Shopify calculates it, requested (before) and actual (from the data), and the bucket that pays for it.

A scalar is free and an object costs 1, also if it is null. A list of objects, or `nodes(ids:)`, costs as much as one
object. A mutation costs 10. A connection costs `2 + max(1, floor(2·ln(n))) × (1 + cost of its node)`,
with n = first or last; `nodes` and `edges` count separately. All this matches recordings. Money, PageInfo, the API
version and the endpoint of a subscription, user errors and the object directly in a mutation's payload are free; a
`Count` costs 10. Inferred: the actual cost takes n from the data.
"""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec
from graphql import (
    FieldNode,
    GraphQLCompositeType,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    value_from_ast_untyped,
)

from stockstorm.simulator.api.admin.execution.selections import Fragments, Selections
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import ShopPlan
from stockstorm.simulator.limits import MUTATION_COST, RESTORE_PER_S

FREE: Final = frozenset(
    {"ApiVersion", "LocationAddress", "MoneyBag", "MoneyV2", "PageInfo", "WebhookSubscriptionEndpoint"}
)
COUNT_COST: Final = 10
BUCKET_SECONDS: Final = 20
_UNKNOWN: Final[Any] = object()  # no data yet: count everything that was requested


@lru_cache(maxsize=512)
def connection_factor(size: int) -> int:
    """The factor for the node of a connection: 0 for no nodes, 1 for one or two, 13 for 250."""
    return max(1, math.floor(2 * math.log(size))) if size > 0 else 0


def requested_cost(
    schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Fragments, variables: Mapping[str, Any]
) -> int:
    """The points that the bucket must hold before the call. `variables` are coerced."""
    return Costing(schema, fragments, variables).operation(operation, _UNKNOWN)


def actual_cost(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    fragments: Fragments,
    variables: Mapping[str, Any],
    data: Any,
) -> int:
    """The points used. Fields of null are free. A connection counts its nodes, and its first node represents all."""
    return Costing(schema, fragments, variables).operation(operation, data)


class Costing:
    """The cost of one document's fields. `variables` are coerced."""

    def __init__(self, schema: GraphQLSchema, fragments: Fragments, variables: Mapping[str, Any]) -> None:
        self._schema, self._variables = schema, variables
        self.selections = Selections(schema, fragments, variables)

    def operation(self, operation: OperationDefinitionNode, data: Any) -> int:
        root = self._schema.get_root_type(operation.operation)
        if root is None:
            return 0
        grouped = self.selections.collect(root, [operation.selection_set])
        if operation.operation is not OperationType.MUTATION:
            return sum(self._field(root, nodes, _member(data, key)) for key, nodes in grouped.items())
        return sum(
            MUTATION_COST + self._payload(root, nodes, _member(data, key))
            for key, nodes in grouped.items()
            if not nodes[0].name.value.startswith("__")
        )

    def _payload(self, root: GraphQLObjectType, nodes: list[FieldNode], data: Any) -> int:
        """The cost of a mutation's payload: only the fields below the objects directly in it."""
        payload = get_named_type(root.fields[nodes[0].name.value].type)
        if not isinstance(payload, GraphQLObjectType):
            return 0
        total = 0
        for key, inner in self.selections.collect(payload, sets_of(nodes)).items():
            name = inner[0].name.value
            if not name.startswith("__") and name != "userErrors":
                found = _sample(_member(data, key))
                total += self._children(get_named_type(payload.fields[name].type), inner, found)
        return total

    def _children(self, on: Any, nodes: list[FieldNode], data: Any) -> int:
        """The cost of an object's fields, without the object. For an abstract type, that of its most expensive type."""
        if data is None or is_leaf_type(on):
            return 0
        if is_abstract_type(on):
            met = self.selections.types_met(on, sets_of(nodes))
            return max((self._children(each, nodes, data) for each in met), default=0)
        grouped = self.selections.collect(on, sets_of(nodes))
        return sum(self._field(on, inner, _member(data, key)) for key, inner in grouped.items())

    def _field(self, on: GraphQLObjectType, nodes: list[FieldNode], data: Any) -> int:
        name = nodes[0].name.value
        if name.startswith("__"):
            return 0
        named = get_named_type(on.fields[name].type)
        if is_leaf_type(named) or named.name in FREE:
            return 0
        if named.name == "Count":
            return COUNT_COST
        if named.name.endswith("Connection"):
            return self._connection(named, nodes, data)
        return 1 + self._children(named, nodes, _sample(data))

    def _connection(self, on: GraphQLCompositeType, nodes: list[FieldNode], data: Any) -> int:
        if not isinstance(on, GraphQLObjectType):
            return 0
        size, below = self.page_size(nodes[0]), 0
        for key, inner in self.selections.collect(on, sets_of(nodes)).items():
            name, found = inner[0].name.value, _member(data, key)
            if name not in ("nodes", "edges"):
                continue
            size = size if found is _UNKNOWN else len(found or ())
            below += self._nodes_or_edges(on, name, inner, found)
        return 2 + connection_factor(size) * below

    def _nodes_or_edges(self, on: GraphQLObjectType, name: str, nodes: list[FieldNode], data: Any) -> int:
        named = get_named_type(on.fields[name].type)
        if name == "nodes" or not isinstance(named, GraphQLObjectType):
            return 1 + self._children(named, nodes, _sample(data))
        grouped = self.selections.collect(named, sets_of(nodes))
        return sum(
            1 + self._children(get_named_type(named.fields["node"].type), inner, _member(_sample(data), key))
            for key, inner in grouped.items()
            if inner[0].name.value == "node"
        )

    def page_size(self, node: FieldNode) -> int:
        """How many nodes a connection asks for."""
        sizes = [self._argument(node, name) for name in ("first", "last")]
        return next((size for size in sizes if isinstance(size, int)), 0)

    def _argument(self, node: FieldNode, name: str) -> Any:
        for argument in node.arguments or ():
            if argument.name.value == name:
                match argument.value:
                    case VariableNode(name=variable):
                        return self._variables.get(variable.value)
                    case value:
                        return value_from_ast_untyped(value)
        return None


def sets_of(nodes: Sequence[FieldNode]) -> list[Any]:
    """The selection sets of several mentions of one field."""
    return [node.selection_set for node in nodes if node.selection_set is not None]


def _member(data: Any, key: str) -> Any:
    return data if data is _UNKNOWN else (data or {}).get(key)


def _sample(data: Any) -> Any:
    """One object that represents all of a list."""
    if not isinstance(data, list):
        return data
    return next((each for each in data if each is not None), None)


class ThrottleStatus(msgspec.Struct, frozen=True, rename="camel"):
    """The format of `extensions.cost`, in points and points a second."""

    maximum_available: int
    currently_available: int
    restore_rate: int


class Bucket:
    """The leaky bucket of one app on one shop. `now_ns` never decreases.

    A call is admitted if the bucket holds its requested cost; unused points are refunded afterwards. The rates are
    documented. The sizes for advanced and enterprise are inferred: 20 seconds of the rate, as for the other plans.
    """

    def __init__(self, plan: ShopPlan) -> None:
        self.restore_per_s = RESTORE_PER_S[plan]
        self.size = self.restore_per_s * BUCKET_SECONDS
        self._size_ns = self.size * SECOND_NS  # points × 10⁹, so that restoring is exact
        self._level_ns = self._undrained_ns = self._size_ns  # the second: as if nothing had been drained
        self._at_ns: int | None = None

    def take(self, points: int, now_ns: int) -> bool:
        """Pay for a call. False, with nothing taken, if the bucket holds too little."""
        self._restore(now_ns)
        if self._level_ns < points * SECOND_NS:
            return False
        self._level_ns -= points * SECOND_NS
        self._undrained_ns -= points * SECOND_NS
        return True

    def drain(self, now_ns: int) -> None:
        """All points are gone, as if another process of the app had spent them."""
        self._restore(now_ns)
        self._level_ns = 0

    def lacks_drained(self, points: int) -> bool:
        """Whether only what was drained keeps a call of this cost out."""
        return self._level_ns < points * SECOND_NS <= self._undrained_ns

    def refund(self, points: int) -> None:
        """Return points that were requested and not used."""
        self._gain(points * SECOND_NS)

    def status(self) -> ThrottleStatus:
        """As of the last `take`."""
        return ThrottleStatus(self.size, self._level_ns // SECOND_NS, self.restore_per_s)

    def _restore(self, now_ns: int) -> None:
        if self._at_ns is not None:
            self._gain((now_ns - self._at_ns) * self.restore_per_s)
        self._at_ns = now_ns

    def _gain(self, gained_ns: int) -> None:
        self._level_ns = min(self._size_ns, self._level_ns + gained_ns)
        self._undrained_ns = min(self._size_ns, self._undrained_ns + gained_ns)
