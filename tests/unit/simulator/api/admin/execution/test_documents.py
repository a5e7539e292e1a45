"""Documents are validated with the rules that they can break, and only with these."""

from random import Random

import pytest
from graphql import GraphQLError, parse, validate

from stockstorm.simulator.api.admin.execution.documents import rules_for
from stockstorm.simulator.api.admin.resolvers.schema import admin_schema
from tests.fuzz.graphql_cases import grown, mutated


def errors(text: str, *, all_rules: bool) -> list[str]:
    document = parse(text)
    rules = None if all_rules else rules_for(text)
    return [error.message for error in validate(admin_schema(), document, rules)]


@pytest.mark.parametrize(
    "text",
    [
        "{ node(id: $id) { id } }",
        "query($id: ID!) { shop { id } }",
        "query($id: ID!, $id: ID!) { node(id: $id) { id } }",
        "query($id: Shop) { node(id: $id) { id } }",
        "{ shop @nope { id } }",
        "{ shop { id @include(if: true) @include(if: true) } }",
        "{ shop { ...F } }",
        "{ shop { id } } fragment F on Shop { id }",
        "{ shop { ...F } } fragment F on Shop { id } fragment F on Shop { name }",
        "{ shop { ...F } } fragment F on Shop { ...F }",
        "{ shop { ... on Order { id } } }",
        "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }",
    ],
)
def test_a_rule_is_not_left_out_of_a_document_that_breaks_it(text: str) -> None:
    assert errors(text, all_rules=False) == errors(text, all_rules=True) != []


def test_the_errors_of_any_document_are_those_of_all_rules() -> None:
    compared = 0
    for number in range(120):
        rng = Random(number)
        text = grown(rng, 1.0)["query"]
        text = text if number % 2 else mutated(rng, text)
        try:
            parse(text)
        except (GraphQLError, RecursionError):
            continue
        compared += 1
        assert errors(text, all_rules=False) == errors(text, all_rules=True)
    assert compared > 60
