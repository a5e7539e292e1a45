"""Bulk queries: a document without page sizes, walked node by node into lines of JSON.

Every node of a connection is a line of its own. A node of a nested connection follows its parent, and names it as
`__parentId`. The same resolvers answer as for any query.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, Final

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)

from stockstorm.simulator.api.admin.base.access import denial, element_of
from stockstorm.simulator.api.admin.base.bulk import BulkDenied, BulkFailed, Line, Query, Shown
from stockstorm.simulator.api.admin.base.call import Call, arguments_of
from stockstorm.simulator.api.admin.base.pages import Page, cursor_text
from stockstorm.simulator.api.admin.base.views import type_name_of
from stockstorm.simulator.api.admin.execution.documents import Documents
from stockstorm.simulator.api.admin.execution.selections import Fragments, Grouped, Selections
from stockstorm.simulator.api.admin.resolvers.schema import resolvers_of
from stockstorm.simulator.shop.records import TooMuchWork

CONNECTIONS_MAX: Final = 5
NESTING_MAX: Final = 2
PAGE: Final = 50  # nodes read at once
TRIED: Final = 20  # lines that are read before the operation starts
PARENT: Final = "__parentId"


def prepare(documents: Documents, schema: GraphQLSchema, text: str, make_call: Callable[[], Call]) -> Query | str:
    """The query of a text, or the message of the user error.

    Its first lines are read at once, so that what is not played is told now. Raises GraphQLError.
    """
    document = documents.get(text, schema)
    if document.problems:
        return f"Invalid bulk query: {document.problems[0]['message']}"
    operation = document.select(None)
    if operation is None or operation.node.operation is not OperationType.QUERY:
        return "Invalid bulk query: exactly one query is expected"
    walk = _Walk(schema, operation.fragments, make_call)
    depths = list(walk.connections(operation.node))
    if not depths:
        return "Bulk queries must contain at least one connection."
    if len(depths) > CONNECTIONS_MAX:
        return f"Bulk queries cannot contain more than {CONNECTIONS_MAX} connections."
    if max(depths) > NESTING_MAX + 1:
        return f"Bulk queries cannot contain connections with a nesting depth greater than {NESTING_MAX}."
    node = operation.node
    with suppress(BulkDenied, TooMuchWork):  # the operation fails as it runs, as in Shopify
        for _ in islice(walk.lines(node, Shown()), TRIED):
            pass
    return Query(lambda shown: _failing(walk.lines(node, shown)))


def _failing(lines: Iterator[tuple[Line, bool]]) -> Iterator[tuple[Line, bool]]:
    """The lines. Raises BulkFailed where no further one can be read."""
    try:
        yield from lines
    except (GraphQLError, TooMuchWork) as error:
        raise BulkFailed from error


class _Walk:
    """A walk over one query. Each page of a root connection is read by a call of its own, at its own time."""

    def __init__(self, schema: GraphQLSchema, fragments: Fragments, make_call: Callable[[], Call]) -> None:
        self._schema, self._make_call = schema, make_call
        self._selections = Selections(schema, fragments, {})
        self._call = make_call()
        self._collected: dict[tuple[str, tuple[int, ...]], Grouped] = {}
        self._holding: dict[tuple[str, tuple[int, ...]], bool] = {}

    def _collect(self, on: GraphQLObjectType, nodes: Sequence[FieldNode | OperationDefinitionNode]) -> Grouped:
        """The fields that nodes of the document ask of a type. Found once, because a connection has many rows."""
        key = (on.name, tuple(map(id, nodes)))
        if key not in self._collected:
            self._collected[key] = self._selections.collect(on, _sets(nodes))
        return self._collected[key]

    def connections(self, node: OperationDefinitionNode) -> Iterator[int]:
        """How deep each connection is nested in others, from 1."""
        root = self._schema.query_type
        if root is not None:
            yield from self._depths(root, [node], 0)

    def _depths(self, on: Any, nodes: Sequence[Any], depth: int) -> Iterator[int]:
        types = self._schema.get_possible_types(on) if is_abstract_type(on) else [on]
        for type_ in types if not is_leaf_type(on) else ():
            for found in self._collect(type_, nodes).values():
                name = found[0].name.value
                if name.startswith("__"):
                    continue
                named = get_named_type(type_.fields[name].type)
                inside = depth + named.name.endswith("Connection")
                if inside > depth:
                    yield inside
                yield from self._depths(named, found, inside)

    def lines(self, node: OperationDefinitionNode, shown: Shown) -> Iterator[tuple[Line, bool]]:
        """All lines. A root field that is no connection is walked for the connections in it."""
        root = self._schema.query_type
        if root is None:
            return
        self._call = self._make_call()
        for found in self._collect(root, [node]).values():
            yield from self._field(root, None, found, None, shown)
        self._note(shown)

    def _note(self, shown: Shown) -> None:
        """What the calls so far have shown."""
        shown.add(*self._call.take_shown())

    def _field(
        self, on: GraphQLObjectType, source: Any, nodes: list[FieldNode], parent: str | None, shown: Shown
    ) -> Iterator[tuple[Line, bool]]:
        """The lines of one field, which is a connection or holds some."""
        name = nodes[0].name.value
        if name.startswith("__") or not self._holds_connections(on, nodes):
            return
        type_ = get_named_type(on.fields[name].type)
        if not type_.name.endswith("Connection"):
            value = self._value(on, source, nodes)
            for each in value if isinstance(value, list) else [value]:
                if each is not None:
                    yield from self._below(type_, each, nodes, parent, shown)
            return
        arguments: dict[str, Any] = {"after": None}
        more = True
        while more:
            page: Page[Any] = self._value(on, source, nodes, {"first": PAGE, "last": None} | arguments)
            node_type, selected = self._of_node(type_, nodes)
            for each in page.nodes:
                yield from self._node(node_type, each, selected, parent, shown)
            more = page.has_next and bool(page.nodes)
            if more:
                arguments = {"after": cursor_text(page.key_of(page.nodes[-1]))}
                self._note(shown)
                self._call = self._make_call()

    def _node(
        self, on: Any, source: Any, nodes: list[FieldNode], parent: str | None, shown: Shown
    ) -> Iterator[tuple[Line, bool]]:
        type_ = self._concrete(on, source)
        line = self._object(type_, source, nodes)
        if parent is not None:
            line[PARENT] = parent
        yield line, parent is None
        resolve_id = resolvers_of(type_.name).get("id")
        own = parent if resolve_id is None else str(resolve_id(source, {}, self._call))
        yield from self._below(type_, source, nodes, own, shown)

    def _below(
        self, on: Any, source: Any, nodes: list[FieldNode], parent: str | None, shown: Shown
    ) -> Iterator[tuple[Line, bool]]:
        type_ = self._concrete(on, source)
        for found in self._collect(type_, nodes).values():
            yield from self._field(type_, source, found, parent, shown)

    def _object(self, type_: GraphQLObjectType, source: Any, nodes: list[FieldNode]) -> Line:
        """An object without its connections."""
        line: Line = {}
        for key, found in self._collect(type_, nodes).items():
            name = found[0].name.value
            if name == "__typename":
                line[key] = type_.name
                continue
            named = get_named_type(type_.fields[name].type)
            if named.name.endswith("Connection"):
                continue
            value = self._value(type_, source, found)
            line[key] = value if is_leaf_type(named) else self._nested(type_.fields[name].type, value, found)
        return line

    def _nested(self, of: Any, value: Any, nodes: list[FieldNode]) -> object:
        """A value of an output type: an object, a list of some, or null."""
        if is_non_null_type(of):
            return self._nested(of.of_type, value, nodes)
        if value is None:
            return None
        if is_list_type(of):
            return [self._nested(of.of_type, each, nodes) for each in value]
        return self._object(self._concrete(of, value), value, nodes)

    def _value(
        self, on: GraphQLObjectType, source: Any, nodes: list[FieldNode], more: dict[str, Any] | None = None
    ) -> Any:
        """What a resolver answers. Raises BulkDenied."""
        name = nodes[0].name.value
        definition = on.fields[name]
        element = element_of(on, definition, name)
        if element and denial(self._call.world.app, element, name) is not None:
            raise BulkDenied
        arguments = arguments_of(self._schema, definition, nodes[0], None)
        return resolvers_of(on.name)[name](source, arguments | (more or {}), self._call)

    def _holds_connections(self, on: GraphQLObjectType, nodes: list[FieldNode]) -> bool:
        key = (on.name, tuple(map(id, nodes)))
        if key not in self._holding:
            named = get_named_type(on.fields[nodes[0].name.value].type)
            nested = named.name.endswith("Connection") or next(self._depths(named, nodes, 0), None) is not None
            self._holding[key] = nested
        return self._holding[key]

    def _of_node(self, connection: Any, nodes: list[FieldNode]) -> tuple[Any, list[FieldNode]]:
        """The type of a connection's nodes, and what is asked of them under `nodes` and under `edges`."""
        selected: list[FieldNode] = []
        for found in self._collect(connection, nodes).values():
            name = found[0].name.value
            if name == "nodes":
                selected += found
            elif name == "edges":
                edge = get_named_type(connection.fields["edges"].type)
                inner = self._collect(edge, found).values()
                selected += [each for group in inner if group[0].name.value == "node" for each in group]
        return get_named_type(connection.fields["nodes"].type), selected

    def _concrete(self, on: Any, source: Any) -> GraphQLObjectType:
        found = self._schema.type_map[type_name_of(source)] if is_abstract_type(on) else on
        if not isinstance(found, GraphQLObjectType):
            raise TypeError(f"{found} is no object type")
        return found


def _sets(nodes: Sequence[FieldNode | OperationDefinitionNode]) -> list[SelectionSetNode]:
    return [node.selection_set for node in nodes if node.selection_set is not None]
