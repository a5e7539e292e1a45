"""Documents: parsed, validated and compiled once per text, kept in a bounded cache, and executed.

Without the cache a mutation takes 2 ms more. The lean executor runs what it covers, graphql-core everything else.
"""

import re
from collections import OrderedDict
from functools import cache
from typing import Any, Final

import msgspec
from graphql import (
    ASTValidationRule,
    DeferStreamDirectiveLabel,
    DeferStreamDirectiveOnRootField,
    DeferStreamDirectiveOnValidOperationsRule,
    DocumentNode,
    ExecutionResult,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    KnownDirectivesRule,
    KnownFragmentNamesRule,
    Location,
    MaxIntrospectionDepthRule,
    NoFragmentCyclesRule,
    NoUndefinedVariablesRule,
    NoUnusedFragmentsRule,
    NoUnusedVariablesRule,
    OperationDefinitionNode,
    PossibleFragmentSpreadsRule,
    Source,
    StreamDirectiveOnListField,
    Token,
    UniqueDirectivesPerLocationRule,
    UniqueFragmentNamesRule,
    UniqueVariableNamesRule,
    VariablesAreInputTypesRule,
    VariablesInAllowedPositionRule,
    execute,
    get_location,
    specified_rules,
    validate,
)
from graphql.execution.values import VariableValues
from graphql.language.parser import Parser

from stockstorm.simulator.api.admin.base.access import DENIED_CODE
from stockstorm.simulator.api.admin.base.call import Call
from stockstorm.simulator.api.admin.base.problems import Problem, of_execution, syntax_problem
from stockstorm.simulator.api.admin.execution.bounds import TOO_LARGE, document_problem
from stockstorm.simulator.api.admin.execution.document_errors import problems_of
from stockstorm.simulator.api.admin.execution.global_ids import VariableIds, literal_problems, variable_ids
from stockstorm.simulator.api.admin.execution.lean import NotCovered, Plan
from stockstorm.simulator.api.admin.execution.places import Places
from stockstorm.simulator.limits import (
    DOCUMENT_CACHE_MAX,
    DOCUMENT_CACHE_TEXT_MAX,
    DOCUMENT_TEXT_MAX,
    DOCUMENT_TOKENS_MAX,
    VALIDATION_ERRORS_MAX,
)

SHOWN_MAX: Final = 40  # characters of a token in an error
# Counts tokens in a fraction of the time of the parser, which then meets only documents that it may read to the end.
_TOKENS: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"|#[^\n]*|[_A-Za-z0-9.+-]+|[!$&():=@\[\]{|}]')


class Place(Location):
    """Where a node stands in its text. Tokens, which would be half of a document's memory, are not kept."""

    __slots__ = ()

    def __init__(self, start: int, end: int, source: Source) -> None:
        self.start, self.end, self.source = start, end, source


class PlacingParser(Parser):
    """graphql-core's parser. Its nodes keep no tokens."""

    def loc(self, start_token: Token) -> Location:
        return Place(start_token.start, self._lexer.last_token.end, self._lexer.source)


# Rules about what a document without this text does not have. Each costs time at every node.
_NEEDED_WITH: Final[dict[str, tuple[type[ASTValidationRule], ...]]] = {
    "$": (
        NoUndefinedVariablesRule,
        NoUnusedVariablesRule,
        UniqueVariableNamesRule,
        VariablesAreInputTypesRule,
        VariablesInAllowedPositionRule,
    ),
    "@": (
        DeferStreamDirectiveLabel,
        DeferStreamDirectiveOnRootField,
        DeferStreamDirectiveOnValidOperationsRule,
        KnownDirectivesRule,
        StreamDirectiveOnListField,
        UniqueDirectivesPerLocationRule,
    ),
    "...": (KnownFragmentNamesRule, NoFragmentCyclesRule, PossibleFragmentSpreadsRule),
    "fragment": (NoUnusedFragmentsRule, UniqueFragmentNamesRule),
    "__": (MaxIntrospectionDepthRule,),
}


@cache  # 32 keys at most
def _rules_without(absent: tuple[str, ...]) -> tuple[type[ASTValidationRule], ...]:
    left_out = {rule for text in absent for rule in _NEEDED_WITH[text]}
    return tuple(rule for rule in specified_rules if rule not in left_out)


def rules_for(text: str) -> tuple[type[ASTValidationRule], ...]:
    """The rules that the document can break."""
    return _rules_without(tuple(mark for mark in _NEEDED_WITH if mark not in text))


class Operation:
    """One operation of a document. `plan` is None if the lean executor does not cover it."""

    def __init__(
        self, schema: GraphQLSchema, node: OperationDefinitionNode, document: "Document", ids: tuple[VariableIds, ...]
    ) -> None:
        self.node, self.fragments, self.ids = node, document.fragments, ids
        try:
            self.plan: Plan | None = Plan(schema, node, document.fragments)
        except NotCovered:
            self.plan = None

    @property
    def root_names(self) -> str:
        """The names of the root fields, joined by "+": the operation's name in the history."""
        selections = self.node.selection_set.selections
        return "+".join(name.value for each in selections if (name := getattr(each, "name", None)) is not None)


class Document:
    """The operations of a text by name, or its `problems`."""

    def __init__(self, schema: GraphQLSchema, text: str) -> None:
        self.schema = schema
        self.operations: dict[str, Operation] = {}
        self.fragments: dict[str, FragmentDefinitionNode] = {}
        self.problems: list[Problem] = []
        self.node: DocumentNode | None = None  # of a document without problems
        if len(text) > DOCUMENT_TEXT_MAX or sum(1 for _ in _TOKENS.finditer(text)) > DOCUMENT_TOKENS_MAX:
            self.problems = [TOO_LARGE]
            return
        try:
            node = PlacingParser(text, max_tokens=DOCUMENT_TOKENS_MAX).parse_document()
        except GraphQLError as error:
            too_long = "Document contains more than" in error.message
            self.problems = [TOO_LARGE if too_long else _of_syntax(error, text)]
            return
        except RecursionError:
            self.problems = [TOO_LARGE]
            return
        if (problem := document_problem(node)) is not None:
            self.problems = [problem]
            return
        definitions = node.definitions
        found = [each for each in definitions if isinstance(each, OperationDefinitionNode)]
        errors = validate(schema, node, rules_for(text), max_errors=VALIDATION_ERRORS_MAX, hide_suggestions=True)
        places = Places(schema, node)
        if errors:
            self.problems = problems_of(schema, node, places, errors[:VALIDATION_ERRORS_MAX])
            return
        self.problems = literal_problems(schema, places)
        if self.problems:
            return
        self.node = node
        self.fragments = {each.name.value: each for each in definitions if isinstance(each, FragmentDefinitionNode)}
        self.operations = {each.name.value if each.name else "": self._operation(each, places) for each in found}

    def _operation(self, node: OperationDefinitionNode, places: Places) -> Operation:
        return Operation(self.schema, node, self, variable_ids(self.schema, node, places))

    def select(self, name: str | None) -> Operation | None:
        """The named operation, or the only one. None if there is none."""
        if name:
            return self.operations.get(name)
        return next(iter(self.operations.values())) if len(self.operations) == 1 else None


_TOKEN_NAMES: Final = {
    "{": "LCURLY",
    "}": "RCURLY",
    "(": "LPAREN",
    ")": "RPAREN",
    "[": "LBRACKET",
    "]": "RBRACKET",
    "!": "BANG",
    "$": "VAR_SIGN",
    "@": "DIR_SIGN",
    ":": "COLON",
    "=": "EQUALS",
    "|": "PIPE",
    "&": "AMP",
}


def _of_syntax(error: GraphQLError, text: str) -> Problem:
    """A syntax error. As recorded, that of a document that ends too early is at its last token."""
    if "<EOF>" in error.message:
        tokens = [found for found in _TOKENS.finditer(text) if not found[0].startswith("#")]
        where = get_location(Source(text), tokens[-1].start() if tokens else 0)
        return syntax_problem("end of file", where.line, where.column)
    at = next(iter(error.positions or ()), 0)
    found = _TOKENS.match(text, at)
    token = found[0][:SHOWN_MAX] if found else text[at : at + 1]
    name = _TOKEN_NAMES.get(token) or ("STRING" if token.startswith('"') else "IDENTIFIER")
    where = get_location(Source(text), at)
    return syntax_problem(f'{name} ("{token.strip(chr(34))}")' if found else "invalid token", where.line, where.column)


class Documents:
    """The cache, bounded in documents and in their text. It evicts the least recently used document.

    `schema` is that of the newest version; a document of another version is another document.
    """

    def __init__(
        self, schema: GraphQLSchema, size: int = DOCUMENT_CACHE_MAX, text_max: int = DOCUMENT_CACHE_TEXT_MAX
    ) -> None:
        self._schema, self._size, self._text_max = schema, size, text_max
        self._text = 0  # characters of all documents
        self._by_text: OrderedDict[tuple[GraphQLSchema, str], Document] = OrderedDict()

    def __len__(self) -> int:
        return len(self._by_text)

    def get(self, text: str, schema: GraphQLSchema | None = None) -> Document:
        """The document of a text, parsed at first use."""
        key = schema or self._schema, text
        found = self._by_text.get(key)
        if found is not None:
            self._by_text.move_to_end(key)
            return found
        document = Document(*key)
        if len(text) <= DOCUMENT_TEXT_MAX:
            self._by_text[key] = document
            self._text += len(text)
            while len(self._by_text) > self._size or self._text > self._text_max:
                (_schema, evicted), _document = self._by_text.popitem(last=False)
                self._text -= len(evicted)
        return document


class Result(msgspec.Struct, frozen=True):
    """The data and errors of an answer."""

    data: dict[str, Any] | None
    problems: list[Problem] = []


def run(document: Document, operation: Operation, variables: VariableValues, raw: dict[str, Any], call: Call) -> Result:
    """Execute an operation. `raw` are the variables as given, for graphql-core, which coerces them itself."""
    if operation.plan is not None and operation.plan.allowed(call.world.app):
        try:
            return Result(operation.plan.run(operation.plan.slots(variables), call))
        except (NotCovered, GraphQLError):
            call.start_over()
    return run_in_full(document, operation, raw, call)


def run_in_full(document: Document, operation: Operation, raw: dict[str, Any], call: Call) -> Result:
    """Execute an operation with graphql-core. An exception that is no GraphQLError is a bug, and is raised."""
    name = operation.node.name.value if operation.node.name else None
    if document.node is None:
        raise TypeError("a document with problems is not executed")
    found = execute(document.schema, document.node, context_value=call, variable_values=raw, operation_name=name)
    if not isinstance(found, ExecutionResult):
        raise TypeError("graphql-core returned an awaitable, although all resolvers are synchronous")
    for error in found.errors or ():
        if error.original_error is not None and not isinstance(error.original_error, GraphQLError):
            raise error.original_error
    problems = [of_execution(error) for error in found.errors or ()]
    return Result(_denied_roots(operation, problems) if found.data is None else found.data, problems)


def _denied_roots(operation: Operation, problems: list[Problem]) -> dict[str, Any] | None:
    """The recorded data where every root field is denied: each is null, although its type forbids it."""
    paths = [
        list(problem.get("path", ()))
        for problem in problems
        if problem.get("extensions", {}).get("code") == DENIED_CODE
    ]
    denied = dict.fromkeys(path[0] for path in paths if len(path) == 1)
    fields = operation.node.selection_set.selections
    return denied if denied and len(denied) == len(fields) else None
