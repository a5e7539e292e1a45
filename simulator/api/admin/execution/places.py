"""Where each node of a document stands, as errors of Shopify say it.

The path of an error begins with the operation or fragment and holds what encloses the node: fields by their response
name, then the argument, then the members of its input object. An argument knows its owner and its type.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Final, NamedTuple

from graphql import (
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLArgument,
    GraphQLDirective,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputType,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    Node,
    ObjectFieldNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    get_location,
    get_named_type,
    is_input_object_type,
    type_from_ast,
)

Path = tuple[str, ...]


class Given(NamedTuple):
    """An argument, or a member of an input object, as it is given. `owner`: "Field 'orders'"."""

    name: str
    owner_kind: str
    owner_name: str
    type: GraphQLInputType | None  # None: the owner has no such argument
    value: ValueNode
    held_by: Node  # the field, directive or object literal


class Place(NamedTuple):
    """`given`: the innermost argument or member that the node is a part of."""

    path: Path
    given: Given | None = None


NOWHERE: Final = Place(())


class Places:
    """The place of every node. One walk, without recursion."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._found: dict[int, Place] = {}
        self.given: list[Given] = []  # every argument and member, also those of fragments
        self._pending: list[tuple[SelectionSetNode, Path, GraphQLNamedType | None]] = []
        for definition in document.definitions:
            if isinstance(definition, OperationDefinitionNode | FragmentDefinitionNode):
                self._definition(definition)
        while self._pending:
            for each in self._selections(*self._pending.pop()):
                self._pending.append(each)

    def of(self, node: Node | None) -> Place:
        """The place of a node. Without a path for one that no error names."""
        return self._found.get(id(node), NOWHERE)

    @cached_property
    def uses(self) -> Mapping[str, list[Given]]:
        """By variable: the arguments and members that are given it."""
        found: dict[str, list[Given]] = {}
        for given in self.given:
            if isinstance(given.value, VariableNode):
                found.setdefault(given.value.name.value, []).append(given)
        return found

    def _definition(self, node: OperationDefinitionNode | FragmentDefinitionNode) -> None:
        path = (title(node),)
        self._mark(node, Place(path))
        on: GraphQLNamedType | None
        if isinstance(node, OperationDefinitionNode):
            on = self._schema.get_root_type(node.operation)
            for variable in node.variable_definitions or ():
                self._variable(variable, path)
        else:
            on = self._schema.get_type(node.type_condition.name.value)
            self._mark(node.type_condition, Place(path))
        self._directives(node, path)
        self._pending.append((node.selection_set, path, on))

    def _variable(self, node: VariableDefinitionNode, path: Path) -> None:
        name = node.variable.name.value
        for each in (node, node.variable, node.variable.name, node.type, getattr(node.type, "type", None)):
            self._mark(each, Place(path))
        if node.default_value is not None:
            type_ = type_from_ast(self._schema, node.type)
            given = Given(name, "Variable", name, type_, node.default_value, node)  # type: ignore[arg-type] # as declared
            self._value(node.default_value, given, path)

    def _selections(
        self, selections: SelectionSetNode, path: Path, on: GraphQLNamedType | None
    ) -> Iterator[tuple[SelectionSetNode, Path, GraphQLNamedType | None]]:
        """Marks the selections of one set, and yields the sets below them."""
        self._mark(selections, Place(path))
        for node in selections.selections:
            if isinstance(node, FieldNode):
                inner = (*path, (node.alias or node.name).value)
                field: GraphQLField | None = getattr(on, "fields", {}).get(node.name.value)
                self._mark(node, Place(inner))
                self._arguments(node, "Field", inner, field)
                below = None if field is None else get_named_type(field.type)
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                inner = (*path, f"... on {condition.name.value}" if condition else "...")
                self._mark(node, Place(inner))
                self._mark(condition, Place(inner))
                below = self._schema.get_type(condition.name.value) if condition else on
            elif isinstance(node, FragmentSpreadNode):
                inner, below = (*path, f"... {node.name.value}"), None
                self._mark(node, Place(inner))
            else:
                continue
            self._directives(node, inner)
            set_below: SelectionSetNode | None = getattr(node, "selection_set", None)
            if set_below is not None:
                yield set_below, inner, below

    def _directives(self, node: Node, path: Path) -> None:
        for directive in getattr(node, "directives", None) or ():
            self._mark(directive, Place(path))
            self._arguments(directive, "Directive", path, self._schema.get_directive(directive.name.value))

    def _arguments(
        self,
        node: FieldNode | DirectiveNode,
        kind: str,
        path: Path,
        definition: GraphQLField | GraphQLDirective | None,
    ) -> None:
        known: dict[str, GraphQLArgument] = definition.args if definition is not None else {}
        for argument in node.arguments or ():
            name = argument.name.value
            type_ = known[name].type if name in known else None
            given = Given(name, kind, node.name.value, type_, argument.value, node)
            self.given.append(given)
            self._mark(argument, Place((*path, name), given))
            self._value(argument.value, given, (*path, name))

    def _value(self, value: ValueNode, given: Given, path: Path) -> None:
        pending = [(value, given, path)]
        while pending:
            node, holder, at = pending.pop()
            self._mark(node, Place(at, holder))
            pending += ((item, holder, at) for item in getattr(node, "values", None) or ())
            of_type = None if holder.type is None else get_named_type(holder.type)
            known: dict[str, GraphQLInputField] = (
                getattr(of_type, "fields", {}) if is_input_object_type(of_type) else {}
            )
            for member in getattr(node, "fields", None) or ():
                name = member.name.value
                type_ = known[name].type if name in known else None
                owner = of_type.name if of_type is not None else ""
                inner = Given(name, "InputObject", owner, type_, member.value, node)
                self.given.append(inner)
                self._mark(member, Place((*at, name), inner))
                pending.append((member.value, inner, (*at, name)))

    def _mark(self, node: Node | None, place: Place) -> None:
        if node is not None:
            self._found[id(node)] = place
            name = getattr(node, "name", None)
            if name is not None and not isinstance(node, ArgumentNode | ObjectFieldNode):
                self._found[id(name)] = place


def locations_of(node: Node | None) -> list[dict[str, int]]:
    """Line and column of a node, as errors show them."""
    if node is None or node.loc is None:
        return []
    where = get_location(node.loc.source, node.loc.start)
    return [{"line": where.line, "column": where.column}]


def title(node: OperationDefinitionNode | FragmentDefinitionNode) -> str:
    """The first element of a path: "query Stock", "mutation", "fragment Row"."""
    kind = "fragment" if isinstance(node, FragmentDefinitionNode) else node.operation.value
    return f"{kind} {node.name.value}" if node.name else kind


def speaking_name(node: OperationDefinitionNode) -> str:
    """How the text of an error calls an operation."""
    return node.name.value if node.name else f"anonymous {node.operation.value}"
