"""Documents parsed, validated and compiled once per text, in a bounded cache: uncached, a mutation costs 2 ms more."""

from collections import OrderedDict
from typing import Final

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    parse,
    validate,
)

from stockstorm.simulator.api.admin.base.problems import Problem, of_document
from stockstorm.simulator.api.admin.execution.bounds import TOO_LARGE, document_problem
from stockstorm.simulator.api.admin.execution.lean import Plan, Unlean
from stockstorm.simulator.limits import DOCUMENT_CACHE_MAX, DOCUMENT_TOKENS_MAX

CACHED_TEXT_MAX: Final = 50_000  # characters; longer ones are answered, not kept


class Operation:
    """One operation of a document. `plan` is None where the lean executor does not cover it."""

    def __init__(self, schema: GraphQLSchema, node: OperationDefinitionNode, document: "Document") -> None:
        self.node, self.fragments = node, document.fragments
        try:
            self.plan: Plan | None = Plan(schema, node, document.fragments)
        except Unlean:
            self.plan = None

    @property
    def root_names(self) -> str:
        """Names of the root fields, as a fact calls the operation."""
        selections = self.node.selection_set.selections
        return "+".join(name.value for each in selections if (name := getattr(each, "name", None)) is not None)


class Document:
    """A text's operations by name, or its `problems`."""

    def __init__(self, schema: GraphQLSchema, text: str) -> None:
        self.operations: dict[str, Operation] = {}
        self.fragments: dict[str, FragmentDefinitionNode] = {}
        self.problems: list[Problem] = []
        try:
            self.node: DocumentNode = parse(text, max_tokens=DOCUMENT_TOKENS_MAX)
        except GraphQLError as error:
            too_long = error.message.startswith("Document contains more than")
            self.problems = [TOO_LARGE if too_long else of_document(error, "query")]
            return
        except RecursionError:
            self.problems = [TOO_LARGE]
            return
        if (problem := document_problem(self.node)) is not None:
            self.problems = [problem]
            return
        definitions = self.node.definitions
        found = [each for each in definitions if isinstance(each, OperationDefinitionNode)]
        errors = validate(schema, self.node)
        if errors:
            self.problems = [of_document(error, _path_of(found)) for error in errors]
            return
        self.fragments = {each.name.value: each for each in definitions if isinstance(each, FragmentDefinitionNode)}
        self.operations = {each.name.value if each.name else "": Operation(schema, each, self) for each in found}

    def select(self, name: str | None) -> Operation | None:
        """The named operation, or the only one."""
        if name:
            return self.operations.get(name)
        return next(iter(self.operations.values())) if len(self.operations) == 1 else None


def _path_of(operations: list[OperationDefinitionNode]) -> str:
    """How Shopify opens the path of a validation error, e.g. "mutation Adjust"."""
    if not operations:
        return "query"
    first = operations[0]
    return f"{first.operation.value} {first.name.value}" if first.name else first.operation.value


class Documents:
    """The cache: the least recently used document goes first."""

    def __init__(self, schema: GraphQLSchema, size: int = DOCUMENT_CACHE_MAX) -> None:
        self._schema, self._size = schema, size
        self._by_text: OrderedDict[str, Document] = OrderedDict()

    def __len__(self) -> int:
        return len(self._by_text)

    def get(self, text: str) -> Document:
        found = self._by_text.get(text)
        if found is not None:
            self._by_text.move_to_end(text)
            return found
        document = Document(self._schema, text)
        if len(text) <= CACHED_TEXT_MAX:
            self._by_text[text] = document
            if len(self._by_text) > self._size:
                self._by_text.popitem(last=False)
        return document
