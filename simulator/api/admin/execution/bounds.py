"""Bounds on a document, checked after parsing and before anything expands it.

Validation compares fields that share a response name in pairs, and the cost follows every fragment where it is spread.
Both grow without bound in a document of 2 kB, so both are counted here first. The texts are those of the GraphQL
library that Shopify serves with (graphql-ruby).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    get_location,
    value_from_ast_untyped,
)

from stockstorm.simulator.api.admin.base.problems import Problem, input_too_large, syntax_problem
from stockstorm.simulator.limits import (
    DOCUMENT_DEPTH_MAX,
    DOCUMENT_FIELDS_MAX,
    DOCUMENT_FRAGMENTS_MAX,
    DOCUMENT_OPERATIONS_MAX,
    DOCUMENT_PAIRS_MAX,
    DOCUMENT_VARIABLES_MAX,
    INPUT_ARRAY_MAX,
    INPUT_VALUES_MAX,
    NODE_ARGUMENTS_MAX,
    VARIABLE_VALUES_MAX,
)

TOO_LARGE: Final[Problem] = {"message": "This query is too large to execute."}


class _Exceeded(Exception):
    """A bound was passed; the argument is the problem to answer."""


def document_problem(document: DocumentNode) -> Problem | None:
    """What is too large about a parsed document, or None."""
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    variables = sum(len(each.variable_definitions or ()) for each in operations)
    if (
        len(fragments) > DOCUMENT_FRAGMENTS_MAX
        or len(operations) > DOCUMENT_OPERATIONS_MAX
        or variables > DOCUMENT_VARIABLES_MAX
    ):
        return TOO_LARGE
    counting = _Counting(fragments)
    try:
        for operation in operations:
            for variable in operation.variable_definitions or ():
                _require_few_arguments(variable)
        for each in document.definitions:
            if isinstance(each, OperationDefinitionNode | FragmentDefinitionNode):
                _require_few_arguments(each)
                counting.follow([each.selection_set], 1)
    except _Exceeded as exceeded:
        problem: Problem = exceeded.args[0]
        return problem
    return None


class _Counting:
    """Counts selections as validation meets them: fields of one response name are merged with what lies below them."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._fields = self._pairs = 0

    def follow(self, sets: Sequence[SelectionSetNode], depth: int) -> None:
        """Counts the selection sets of fields that are merged into one. Raises _Exceeded."""
        if depth > DOCUMENT_DEPTH_MAX:
            raise _Exceeded(_too_deep(depth))
        by_name: defaultdict[str, list[FieldNode]] = defaultdict(list)
        for each in sets:
            self._collect(each, by_name, (), depth)
        for fields in by_name.values():
            self._pairs += len(fields) * (len(fields) - 1) // 2
            if self._pairs > DOCUMENT_PAIRS_MAX:
                raise _Exceeded(TOO_LARGE)
            below = [field.selection_set for field in fields if field.selection_set]
            if below:
                self.follow(below, depth + 1)

    def _collect(
        self, selections: SelectionSetNode, into: defaultdict[str, list[FieldNode]], path: tuple[str, ...], depth: int
    ) -> None:
        if len(path) + depth > DOCUMENT_DEPTH_MAX:
            raise _Exceeded(_too_deep(len(path) + depth))
        if not selections.selections:  # which the parser takes, and Shopify's does not
            raise _Exceeded(_nothing_selected(selections))
        for each in selections.selections:
            self._fields += 1
            if self._fields > DOCUMENT_FIELDS_MAX:
                raise _Exceeded(TOO_LARGE)
            _require_few_arguments(each)
            if isinstance(each, FieldNode):
                into[(each.alias or each.name).value].append(each)
            elif isinstance(each, InlineFragmentNode):
                self._collect(each.selection_set, into, (*path, ""), depth)
            elif isinstance(each, FragmentSpreadNode):
                name = each.name.value
                fragment = self._fragments.get(name)
                if fragment is not None and name not in path:  # validation reports cycles and unknown names
                    self._collect(fragment.selection_set, into, (*path, name), depth)


def _require_few_arguments(node: Node) -> None:
    """Raises _Exceeded for too many. An error about repeated ones would look up the place of each in the text."""
    directives: Sequence[DirectiveNode] = getattr(node, "directives", None) or ()
    count = len(getattr(node, "arguments", None) or ()) + sum(1 + len(each.arguments or ()) for each in directives)
    if count > NODE_ARGUMENTS_MAX:
        raise _Exceeded(TOO_LARGE)


def _nothing_selected(selections: SelectionSetNode) -> Problem:
    where = get_location(selections.loc.source, selections.loc.end - 1) if selections.loc else None
    return syntax_problem('RCURLY ("}")', *((where.line, where.column) if where else (1, 1)))


def _too_deep(depth: int) -> Problem:
    return {"message": f"Query has depth of {depth}, which exceeds max depth of {DOCUMENT_DEPTH_MAX}"}


def variables_problem(raw: Mapping[str, Any]) -> Problem | None:
    """What is too large about the variables as given, or None."""
    left = VARIABLE_VALUES_MAX
    pending: list[Mapping[str, Any] | list[Any]] = [raw]
    while pending:
        value = pending.pop()
        inner = list(value.values() if isinstance(value, Mapping) else value)
        left -= len(inner)
        if left < 0:
            return TOO_LARGE
        pending += [each for each in inner if isinstance(each, dict | list)]
    return None


def long_inputs(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    raw: Mapping[str, Any],
) -> list[Problem]:
    """Input arrays of more than 250 values in the arguments of root fields, found before anything coerces them.

    Many shorter ones are too large together.
    """
    left = INPUT_VALUES_MAX
    root = schema.get_root_type(operation.operation)
    problems: list[Problem] = []
    for node in _fields_of(operation.selection_set, fragments):
        if root is None or node.name.value not in root.fields:
            continue
        where = get_location(node.loc.source, node.loc.start) if node.loc else None
        locations = [{"line": where.line, "column": where.column}] if where else []
        for argument in node.arguments or ():
            value = value_from_ast_untyped(argument.value, dict(raw))
            found = _lists(value, (node.name.value, argument.name.value))
            problems += [input_too_large(path, size, locations) for path, size in found if size > INPUT_ARRAY_MAX]
            left -= sum(size for _, size in found)
            if left < 0:
                return problems or [TOO_LARGE]
    return problems


def _fields_of(selections: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]) -> Iterator[FieldNode]:
    """Root fields, also of fragments. The document is valid, so fragments form no cycle."""
    for each in selections.selections:
        if isinstance(each, FieldNode):
            yield each
        elif isinstance(each, InlineFragmentNode):
            yield from _fields_of(each.selection_set, fragments)
        elif isinstance(each, FragmentSpreadNode):
            yield from _fields_of(fragments[each.name.value].selection_set, fragments)


def _lists(value: Any, path: tuple[str, ...]) -> list[tuple[tuple[str, ...], int]]:
    """Path and size of each list that is not inside another."""
    if isinstance(value, dict):
        return [found for key, inner in value.items() for found in _lists(inner, (*path, key))]
    return [(path, len(value))] if isinstance(value, list) else []
