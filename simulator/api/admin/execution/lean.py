"""A fast executor for validated documents: a document is compiled once to a plan, which runs over plain objects.

graphql-core takes 4 µs a field or more, and 35 ms for an adjustment of 250 levels with read-back. This takes a tenth.
It covers documents without @skip, @include and introspection, and outcomes without errors. Anything else raises
`NotCovered`, and the caller runs graphql-core with the same resolvers (docs/decisions/0003-lean-graphql-execution.md).
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution.values import VariableValues

from stockstorm.simulator.api.admin.base.access import element_of, may_use
from stockstorm.simulator.api.admin.base.call import Arguments, Call, Resolver, arguments_of, depends_on_variables
from stockstorm.simulator.api.admin.base.views import RefusedNode, type_name_of
from stockstorm.simulator.api.admin.execution.selections import Conditional, Fragments, Selections
from stockstorm.simulator.api.admin.resolvers.schema import resolvers_of
from stockstorm.simulator.shop.app import App

Slots = Sequence[Arguments]
Finish = Callable[[Any, Slots, Call], Any]
Step = tuple[str, Resolver, int, Finish | None]  # response key, resolver, slot of its arguments, completion

_NO_ARGUMENTS: Final[Arguments] = {}


class NotCovered(Exception):
    """The plan does not cover this document or this outcome."""


class Plan:
    """A compiled operation. Per call, `slots(variables)` coerces arguments, then `run` builds the data."""

    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Fragments) -> None:
        self._schema = schema
        self._selections = Selections(schema, fragments)
        self._static: list[Arguments] = [_NO_ARGUMENTS]
        self._elements: set[str] = set()  # whose scopes the operation needs
        self._allowed: tuple[frozenset[str], bool] | None = None  # for the scopes that the app had last
        self._dynamic: list[tuple[int, GraphQLField, FieldNode]] = []
        root = schema.get_root_type(operation.operation)
        if root is None:
            raise NotCovered
        try:
            self._steps = self._compile(root, [operation])
        except Conditional:
            raise NotCovered from None
        self._once = operation.operation is OperationType.MUTATION

    def allowed(self, app: App) -> bool:
        """Whether the app may use every field. Otherwise graphql-core denies those that it may not."""
        if self._allowed is None or self._allowed[0] is not app.granted:
            self._allowed = app.granted, all(may_use(app, element) for element in self._elements)
        return self._allowed[1]

    def slots(self, variables: VariableValues) -> Slots:
        """The arguments of every field, by slot. Raises GraphQLError for a null variable in a required argument."""
        if not self._dynamic:
            return self._static
        slots = list(self._static)
        for slot, definition, node in self._dynamic:
            slots[slot] = arguments_of(self._schema, definition, node, variables)
        return slots

    def run(self, slots: Slots, call: Call) -> dict[str, Any]:
        """The `data` of the answer. Raises NotCovered for any error. Mutations are then not executed a second time."""
        data: dict[str, Any] = {}
        try:
            for key, resolve, slot, finish in self._steps:
                arguments = slots[slot]
                value = call.once(key, resolve, arguments) if self._once else resolve(None, arguments, call)
                data[key] = finish(value, slots, call) if finish else value
        except GraphQLError:
            raise NotCovered from None
        return data

    def _compile(self, on: GraphQLObjectType, nodes: Sequence[FieldNode | OperationDefinitionNode]) -> tuple[Step, ...]:
        grouped = self._selections.collect(on, _sets(nodes))
        return tuple(self._step(on, key, found) for key, found in grouped.items())

    def _step(self, on: GraphQLObjectType, key: str, nodes: list[FieldNode]) -> Step:
        name = nodes[0].name.value
        if name == "__typename":
            return key, _constant(on.name), 0, None
        if name.startswith("__"):
            raise NotCovered
        definition = on.fields[name]
        self._elements.add(element_of(on, definition, name))
        return key, resolvers_of(on.name)[name], self._slot(definition, nodes[0]), self._finish(definition.type, nodes)

    def _slot(self, definition: GraphQLField, node: FieldNode) -> int:
        if not definition.args and not node.directives:
            return 0
        slot = len(self._static)
        if depends_on_variables(node):
            self._static.append(_NO_ARGUMENTS)
            self._dynamic.append((slot, definition, node))
        else:
            self._static.append(arguments_of(self._schema, definition, node, None))
        return slot

    def _finish(self, type_: GraphQLOutputType, nodes: list[FieldNode]) -> Finish | None:
        if is_non_null_type(type_):
            return self._finish_required(type_, nodes)
        if is_leaf_type(type_):
            return None
        if is_list_type(type_):
            inner = self._finish(type_.of_type, nodes)
            return _nullable_list(inner) if inner else None
        if is_object_type(type_):
            return _nullable_object(self._compile(type_, nodes))
        if is_abstract_type(type_):
            steps: dict[str, tuple[Step, ...]] = {each.name: () for each in self._schema.get_possible_types(type_)}
            met = self._selections.types_met(type_, _sets(nodes))
            self._elements.update(each.name for each in met)
            return self._finish_abstract(steps | {each.name: self._compile(each, nodes) for each in met})
        raise NotCovered

    def _finish_required(self, type_: GraphQLNonNull[Any], nodes: list[FieldNode]) -> Finish:
        inner_type = type_.of_type
        if is_object_type(inner_type):
            return _required_object(self._compile(inner_type, nodes))
        if is_list_type(inner_type):
            inner = self._finish(inner_type.of_type, nodes)
            return _required_list(inner) if inner else _required
        inner = self._finish(inner_type, nodes)
        return _required_then(inner) if inner else _required

    def _finish_abstract(self, steps_of: dict[str, tuple[Step, ...]]) -> Finish:
        finishers = {name: _required_object(steps) for name, steps in steps_of.items()}

        def finish(value: Any, slots: Slots, call: Call) -> Any:
            if type(value) is RefusedNode:
                raise NotCovered
            return None if value is None else finishers[type_name_of(value)](value, slots, call)

        return finish


def _sets(nodes: Sequence[FieldNode | OperationDefinitionNode]) -> list[SelectionSetNode]:
    return [node.selection_set for node in nodes if node.selection_set is not None]


def _constant(value: str) -> Resolver:
    return lambda _source, _arguments, _call: value


def _required(value: Any, _slots: Slots, _call: Call) -> Any:
    if value is None:
        raise NotCovered
    return value


def _required_then(inner: Finish) -> Finish:
    return lambda value, slots, call: inner(_required(value, slots, call), slots, call)


def _required_object(steps: tuple[Step, ...]) -> Finish:
    count = len(steps)

    def finish(source: Any, slots: Slots, call: Call) -> Any:
        if source is None:
            raise NotCovered
        call.spend(count)
        data = {}
        for key, resolve, slot, inner in steps:
            value = resolve(source, slots[slot], call)
            data[key] = inner(value, slots, call) if inner else value
        return data

    return finish


def _nullable_object(steps: tuple[Step, ...]) -> Finish:
    required = _required_object(steps)
    return lambda value, slots, call: None if value is None else required(value, slots, call)


def _required_list(inner: Finish) -> Finish:
    def finish(values: Any, slots: Slots, call: Call) -> Any:
        if values is None:
            raise NotCovered
        return [inner(value, slots, call) for value in values]

    return finish


def _nullable_list(inner: Finish) -> Finish:
    required = _required_list(inner)
    return lambda values, slots, call: None if values is None else required(values, slots, call)
