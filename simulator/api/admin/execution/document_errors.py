"""Errors of a document in Shopify's words: texts, codes, paths and places as in recordings where there are some.

graphql-core finds the errors, and its text tells which rule was broken. Each rule here rewrites one. Recorded are those
marked so; the others follow the GraphQL library that Shopify serves with (docs/fidelity.md, section 6). What Shopify
has and Stockstorm does not play is NOT_PLAYED, and no error of the caller.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    Node,
    OperationDefinitionNode,
    VariableDefinitionNode,
    is_list_type,
    is_non_null_type,
    type_from_ast,
)

from stockstorm.simulator.api.admin import real_schema
from stockstorm.simulator.api.admin.base.problems import Problem
from stockstorm.simulator.api.admin.execution.places import Places, speaking_name
from stockstorm.simulator.api.admin.execution.translating import Translating
from stockstorm.simulator.versions import MEMBERS

_LITERAL: Final = re.compile(r"\w+ cannot represent |Expected value of ")  # of an object literal, which has no place


def problems_of(
    schema: GraphQLSchema, document: DocumentNode, places: Places, errors: Sequence[GraphQLError]
) -> list[Problem]:
    """The errors to answer, in the order of `errors`. Those about one argument or one field are one."""
    translating = Translating(schema, document, places)
    found: dict[str, Problem] = {}
    for error in errors:
        problem = _translated(translating, error)
        key = f"{problem.get('path')} {problem['message'].partition(':')[0]}"
        known = found.get(key)
        if known is None:
            found[key] = problem
        elif problem["extensions"].get("code") == "missingRequiredArguments":
            _join(known, problem["extensions"]["arguments"])
    return list(found.values())


def _translated(at: Translating, error: GraphQLError) -> Problem:
    at.nodes = error.nodes or ()
    node = at.nodes[0] if at.nodes else None
    for pattern, rule in _RULES:
        if (found := pattern.fullmatch(error.message)) is not None:
            return rule(at, found, node)
    if (given := at.places.of(node).given) is not None:
        return at.of_literal(given)
    is_literal = _LITERAL.match(error.message) is not None
    return at.made(node, (error.message, {"code": "argumentLiteralsIncompatible"} if is_literal else {}))


def _join(known: Problem, argument: str) -> None:
    known["message"] += f", {argument}"
    known["extensions"]["arguments"] += f", {argument}"


Rule = Callable[[Translating, re.Match[str], Node | None], Problem]


def _is_real(member: str, argument: str | None = None) -> bool:
    """Whether Shopify has what is not in our schema. What only some versions have is not in those that lack it."""
    type_name, _, name = member.partition(".")
    return member not in MEMBERS and real_schema.has(type_name, name, argument)


def _undefined_field(at: Translating, found: re.Match[str], node: Node | None) -> Problem:
    """Recorded."""
    field, on = found.groups()
    if _is_real(f"{on}.{field}"):
        return at.not_played(node, "field", f"{on}.{field}")
    extensions = {"code": "undefinedField", "typeName": on, "fieldName": field}
    return at.made(node, (f"Field '{field}' doesn't exist on type '{on}'", extensions))


def _unknown_argument(at: Translating, found: re.Match[str], node: Node | None) -> Problem:
    """Recorded."""
    argument, on, field = found.groups()
    if _is_real(f"{on}.{field}", argument):
        return at.not_played(node, "argument", f"{argument} of {on}.{field}")
    extensions = {"code": "argumentNotAccepted", "name": field, "typeName": "Field", "argumentName": argument}
    return at.made(node, (f"Field '{field}' doesn't accept argument '{argument}'", extensions))


def _unknown_of_directive(at: Translating, found: re.Match[str], node: Node | None) -> Problem:
    argument, name = found.groups()
    extensions = {"code": "argumentNotAccepted", "name": name, "typeName": "Directive", "argumentName": argument}
    return at.made(node, (f"Directive '{name}' doesn't accept argument '{argument}'", extensions))


def _unknown_member(at: Translating, found: re.Match[str], node: Node | None) -> Problem:
    """Recorded."""
    on, member = found.groups()
    if _is_real(f"{on}.{member}"):
        return at.not_played(node, "field", f"{on}.{member}")
    extensions = {"code": "argumentNotAccepted", "name": on, "typeName": "InputObject", "argumentName": member}
    return at.made(node, (f"InputObject '{on}' doesn't accept argument '{member}'", extensions))


def _missing_argument(at: Translating, found: re.Match[str], node: Node | None) -> Problem:
    """Recorded."""
    owner, argument = found.groups()
    kind = "Field" if isinstance(node, FieldNode) else "Directive"
    name = owner.removeprefix("@").rpartition(".")[2]
    text = f"{kind} '{name}' is missing required arguments: {argument}"
    extensions = {"code": "missingRequiredArguments", "className": kind, "name": name, "arguments": argument}
    return at.made(node, (text, extensions))


def _missing_member(at: Translating, found: re.Match[str], node: Node | None) -> Problem:
    """Recorded."""
    on, member = found.groups()
    of_type: Any = at.schema.get_type(on)
    expected = str(of_type.fields[member].type)
    text = f"Argument '{member}' on InputObject '{on}' is required. Expected type {expected}"
    extensions = {
        "code": "missingRequiredInputObjectAttribute",
        "argumentName": member,
        "argumentType": expected,
        "inputObjectType": on,
    }
    return at.made(node, (text, extensions), (*at.places.of(node).path, member))


def _unknown_value(at: Translating, found: re.Match[str], node: Node | None) -> Problem:
    value, on = found.groups()
    if _is_real(f"{on}.{value}"):
        return at.not_played(node, "value", f"{value} of {on}")
    given = at.places.of(node).given
    return at.made(node, (found[0], {})) if given is None else at.of_literal(given)


def _no_selections(at: Translating, found: re.Match[str], node: Node | None) -> Problem:
    """Recorded."""
    field, of_type = found[1], found[2].strip("[]!")
    text = (
        f"Field must have selections (field '{field}' returns {of_type} but has no selections. "
        f"Did you mean '{field} {{ ... }}'?)"
    )
    return at.made(node, (text, {"code": "selectionMismatch", "nodeName": f"field '{field}'", "typeName": of_type}))


def _selections_of_scalar(at: Translating, found: re.Match[str], node: Node | None) -> Problem:
    field, of_type = found[1], found[2].strip("[]!")
    text = f"Selections can't be made on scalars (field '{field}' returns {of_type} but has selections)"
    return at.made(node, (text, {"code": "selectionMismatch", "nodeName": f"field '{field}'", "typeName": of_type}))


def _unused_variable(at: Translating, found: re.Match[str], node: Node | None) -> Problem:
    name = found[1]
    owner = next((each for each in at.operations if node in (each.variable_definitions or ())), None)
    text = f"Variable ${name} is declared by {speaking_name(owner) if owner else 'the query'} but not used"
    return at.made(owner or node, (text, {"code": "variableNotUsed", "variableName": name}))


def _undefined_variable(at: Translating, found: re.Match[str], node: Node | None) -> Problem:
    name, operation = found[1], found[2] or "anonymous query"
    text = f"Variable ${name} is used by {operation} but not declared"
    return at.made(node, (text, {"code": "variableNotDefined", "variableName": name}))


def _variable_mismatch(at: Translating, found: re.Match[str], node: Node | None) -> Problem:
    name, given_type, expected = found.groups()
    declared = next(
        (each for one in at.operations for each in one.variable_definitions or () if each is node),
        None,
    )
    place = at.places.of(at.nodes[-1]).given if at.nodes else None
    kind = _kind_of_mismatch(at.schema, declared, expected)
    argument = place.name if place else ""
    text = f"{kind} on variable ${name} and argument {argument} ({given_type} / {expected})"
    extensions = {
        "code": "variableMismatch",
        "variableName": name,
        "typeName": given_type,
        "argumentName": argument,
        "errorMessage": kind,
    }
    holder = place.held_by if place else node
    path = (*at.places.of(holder).path, argument) if place else ()
    return at.made(holder, (text, extensions), path)


def _kind_of_mismatch(schema: GraphQLSchema, declared: VariableDefinitionNode | None, expected: str) -> str:
    of_type = type_from_ast(schema, declared.type) if declared else None
    bare = str(of_type.of_type if is_non_null_type(of_type) else of_type)
    if is_list_type(of_type) != expected.startswith("["):
        return "List dimension mismatch"
    return "Nullability mismatch" if bare == expected.rstrip("!") else "Type mismatch"


def _plain(text: str, code: str, **members: str) -> Rule:
    """A rule that only rewrites the text. `{1}` is the first group of the pattern, in the members too."""

    def rule(at: Translating, found: re.Match[str], node: Node | None) -> Problem:
        groups = (found[0], *found.groups())
        extensions = {"code": code, **{name: value.format(*groups) for name, value in members.items()}}
        return at.made(node, (text.format(*groups), extensions))

    return rule


def _unknown_type(at: Translating, found: re.Match[str], node: Node | None) -> Problem:
    name = found[1]
    if real_schema.has(name):
        return at.not_played(node, "type", name)
    text = f"No such type {name}, so it can't be a fragment condition"
    if any(node is each for one in at.operations for each in _types_of(one)):
        extensions = {"code": "variableRequiresValidType", "typeName": name}
        return at.made(node, (f"{name} isn't a defined input type", extensions))
    return at.made(node, (text, {"code": "undefinedType", "typeName": name}))


def _types_of(operation: OperationDefinitionNode) -> list[Node]:
    return [
        inner
        for each in operation.variable_definitions or ()
        for inner in (each.type, getattr(each.type, "type", None))
        if inner is not None
    ]


_Q: Final = r"'([^']*)'"
_RULES: Final[tuple[tuple[re.Pattern[str], Rule], ...]] = tuple(
    (re.compile(pattern, re.DOTALL), rule)
    for pattern, rule in (
        (rf"Cannot query field {_Q} on type {_Q}\.", _undefined_field),
        (r"Unknown argument '([^']*)' on field '([^'.]*)\.([^']*)'\.", _unknown_argument),
        (rf"Unknown argument {_Q} on directive '@([^']*)'\.", _unknown_of_directive),
        (rf"Expected value of type {_Q} not to include unknown field '([^']*)', found: .*", _unknown_member),
        (r"Argument '([^'(]*)\(([^:]*):\)' of type .* is required, but it was not provided\.", _missing_argument),
        (rf"Expected value of type {_Q} to include required field '([^']*)', found: .*", _missing_member),
        (rf"Value {_Q} does not exist in {_Q} enum\.", _unknown_value),
        (rf"Field {_Q} of type {_Q} must have a selection of subfields\..*", _no_selections),
        (rf"Field {_Q} must not have a selection since type {_Q} has no subfields\.", _selections_of_scalar),
        (r"Variable '\$([^']*)' is never used(?: in operation '[^']*')?\.", _unused_variable),
        (r"Variable '\$([^']*)' is not defined(?: by operation '([^']*)')?\.", _undefined_variable),
        (rf"Variable '\$([^']*)' of type {_Q} used in position expecting type {_Q}\.", _variable_mismatch),
        (rf"Unknown type {_Q}\.", _unknown_type),
        (
            rf"Variable '\$([^']*)' cannot be non-input type {_Q}\.",
            _plain("{2} isn't a valid input type (on ${1})", "variableRequiresValidType", typeName="{2}"),
        ),
        (
            rf"Unknown fragment {_Q}\.",
            _plain("Fragment {1} was used, but not defined", "useAndDefineFragment", fragmentName="{1}"),
        ),
        (
            rf"Fragment {_Q} is never used\.",
            _plain("Fragment {1} was defined, but not used", "useAndDefineFragment", fragmentName="{1}"),
        ),
        (
            rf"Cannot spread fragment {_Q} within itself.*",
            _plain("Fragment {1} contains an infinite loop", "infiniteLoop", fragmentName="{1}"),
        ),
        (
            rf"Fragment cannot be spread here as objects of type {_Q} can never be of type {_Q}\.",
            _plain("Fragment on {2} can't be spread inside {1}", "cannotSpreadFragment", typeName="{2}"),
        ),
        (
            r"Unknown directive '@([^']*)'\.",
            _plain("Directive @{1} is not defined", "undefinedDirective", directiveName="{1}"),
        ),
        (
            rf"There can be only one operation named {_Q}\.",
            _plain('Operation name "{1}" must be unique', "uniquelyNamedOperations", operationName="{1}"),
        ),
        (
            rf"There can be only one argument named {_Q}\.",
            _plain('There can be only one argument named "{1}"', "argumentNotUnique", name="{1}"),
        ),
        (
            rf"There can be only one input field named {_Q}\.",
            _plain('There can be only one input field named "{1}"', "inputFieldNotUnique", name="{1}"),
        ),
        (
            rf"Fields {_Q} conflict because .*",
            _plain("Field '{1}' has a field conflict", "fieldConflict", fieldName="{1}"),
        ),
    )
)
