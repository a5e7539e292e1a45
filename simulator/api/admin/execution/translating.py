"""How an error about a document is written: text, place, path and extensions, from the node that is wrong."""

from collections.abc import Sequence
from typing import Any, Final

from graphql import DocumentNode, GraphQLSchema, Node, OperationDefinitionNode, ValueNode, print_ast

from stockstorm.simulator.api.admin.base.problems import Problem, literal_problem
from stockstorm.simulator.api.admin.execution.places import Given, Places, locations_of, title
from stockstorm.simulator.api.not_played import Kind, extensions, message

VALUE_SHOWN_MAX: Final = 1_000  # characters of a value in a text

Made = tuple[str, dict[str, Any]]  # text and extensions


class Translating:
    """One invalid document with the places in it, and how errors about it are written."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, places: Places) -> None:
        self.schema, self.places = schema, places
        self.nodes: Sequence[Node] = ()  # of the error that is being written
        self._shown: dict[int, str] = {}  # many errors are about one and the same long list
        self.operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]

    def made(self, node: Node | None, made: Made, path: tuple[str, ...] = ()) -> Problem:
        """A problem at a node, with the node's path unless another is given."""
        text, extensions = made
        path = path or self.places.of(node).path or self.start
        return {"message": text, "locations": locations_of(node), "path": list(path), "extensions": extensions}

    @property
    def start(self) -> tuple[str, ...]:
        return (title(self.operations[0]) if self.operations else "query",)

    def not_played(self, node: Node | None, kind: Kind, what: str) -> Problem:
        return self.made(node, (message(kind, what), dict[str, Any](extensions(kind, what))))

    def of_literal(self, given: Given) -> Problem:
        """Recorded: a literal that is no value of its type, at the owner of the argument."""
        place = self.places.of(given.held_by)
        if given.owner_kind == "Variable":
            text = f"Default value for ${given.name} doesn't match type {given.type}"
            extensions = {"code": "defaultValueInvalidType", "variableName": given.name, "typeName": str(given.type)}
            return self.made(given.held_by, (text, extensions))
        return literal_problem(
            given.name,
            given.owner_kind,
            given.owner_name,
            self._text_of(given.value),
            str(given.type),
            place.path,
            locations_of(given.held_by),
        )

    def _text_of(self, value: ValueNode) -> str:
        """A value as Shopify writes it; the start of a long one as it was sent, because to write it takes too long."""
        if id(value) not in self._shown:
            sent = value.loc.source.body[value.loc.start : value.loc.end] if value.loc else ""
            is_long = len(sent) > VALUE_SHOWN_MAX
            self._shown[id(value)] = sent[:VALUE_SHOWN_MAX] if is_long else print_ast(value)[:VALUE_SHOWN_MAX]
        return self._shown[id(value)]
