"""The fields that a validated selection requests of one object type, by response key, with fragments resolved.

The lean executor and the cost calculation share this, so that both read a document in the same way.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graphql import (
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLAbstractType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionSetNode,
    VariableNode,
    is_abstract_type,
    value_from_ast_untyped,
)

Fragments = Mapping[str, FragmentDefinitionNode]
Grouped = dict[str, list[FieldNode]]


class Conditional(Exception):
    """A selection depends on @skip or @include."""


class Selections:
    """The selections of one document. `variables` decide @skip and @include; without them, Conditional is raised."""

    def __init__(self, schema: GraphQLSchema, fragments: Fragments, variables: Mapping[str, Any] | None = None) -> None:
        self.schema, self.fragments, self.variables = schema, fragments, variables

    def collect(self, on: GraphQLObjectType, sets: Iterable[SelectionSetNode]) -> Grouped:
        """Response key → field nodes, in the order in which the keys first occur."""
        grouped: Grouped = {}
        seen: set[str] = set()
        for selection_set in sets:
            self._visit(on, selection_set, grouped, seen)
        return grouped

    def types_met(self, on: GraphQLAbstractType, sets: Iterable[SelectionSetNode]) -> Sequence[GraphQLObjectType]:
        """The possible types of an abstract type that may select something. `collect` is empty for the others."""
        possible = self.schema.get_possible_types(on)
        named: set[str] = set()
        for selection_set in sets:
            for node in selection_set.selections:
                match node:
                    case InlineFragmentNode(type_condition=condition) if condition is not None:
                        named.add(condition.name.value)
                    case FragmentSpreadNode():
                        named.add(self.fragments[node.name.value].type_condition.name.value)
                    case _:
                        return possible
        if any(is_abstract_type(self.schema.get_type(name)) for name in named):
            return possible
        return [each for each in possible if each.name in named]

    def _visit(self, on: GraphQLObjectType, selection_set: SelectionSetNode, grouped: Grouped, seen: set[str]) -> None:
        for node in selection_set.selections:
            if not self._included(node.directives or ()):
                continue
            match node:
                case FieldNode():
                    grouped.setdefault((node.alias or node.name).value, []).append(node)
                case InlineFragmentNode(type_condition=condition):
                    if condition is None or self._applies(on, condition.name.value):
                        self._visit(on, node.selection_set, grouped, seen)
                case FragmentSpreadNode():
                    self._spread(on, node.name.value, grouped, seen)

    def _spread(self, on: GraphQLObjectType, name: str, grouped: Grouped, seen: set[str]) -> None:
        if name in seen:
            return
        seen.add(name)
        fragment = self.fragments[name]
        if self._applies(on, fragment.type_condition.name.value):
            self._visit(on, fragment.selection_set, grouped, seen)

    def _applies(self, on: GraphQLObjectType, condition: str) -> bool:
        wanted: GraphQLNamedType | None = self.schema.get_type(condition)
        return wanted is on or (is_abstract_type(wanted) and self.schema.is_sub_type(wanted, on))

    def _included(self, directives: Iterable[DirectiveNode]) -> bool:
        for directive in directives:
            name = directive.name.value
            if name in ("skip", "include") and (name == "include") != bool(self._condition(directive)):
                return False
        return True

    def _condition(self, directive: DirectiveNode) -> Any:
        if self.variables is None:
            raise Conditional
        (argument,) = directive.arguments or ()
        if isinstance(argument.value, VariableNode):
            return self.variables.get(argument.value.name.value)
        return value_from_ast_untyped(argument.value)
