"""The search syntax: what a query means, and that no query is misread."""

import pytest
from graphql import GraphQLError

from stockstorm.simulator.api.admin.base.search import parse
from stockstorm.simulator.searching import Every, No, Part, Some, Term


def term(field: str, value: str, *, quoted: bool = False) -> Term:
    return Term(field, "=", value, quoted)


A, B, C = term("a", "1"), term("b", "2"), term("c", "3")


@pytest.mark.parametrize(
    ("query", "meaning"),
    [
        ("  ", None),
        ("a:1", A),
        ("a:1 b:2", Every((A, B))),
        ("a:1 AND b:2", Every((A, B))),
        ("a:1 or b:2", Some((A, B))),
        ("a:1 b:2 OR c:3", Some((Every((A, B)), C))),
        ("a:1 (b:2 OR c:3)", Every((A, Some((B, C))))),
        ("-a:1", No(A)),
        ("NOT a:1", No(A)),
        ("-(a:1 OR b:2) c:3", Every((No(Some((A, B))), C))),
        ("((a:1))", A),
        ("a:'x y'", term("a", "x y", quoted=True)),
        ('a:"x \\" y"', term("a", 'x " y', quoted=True)),
        ("a:>=5", Term("a", ">=", "5")),
        ("a: < 5", Term("a", "<", "5")),
        ("shirt", term("", "shirt")),
        ("android order", Every((term("", "android"), term("", "order")))),
        ("bob@example.com", term("", "bob@example.com")),
        ("created_at:2026-01-02T03:04:05Z", term("created_at", "2026-01-02T03:04:05Z")),
        ("a:x-1", term("a", "x-1")),
    ],
)
def test_a_query_has_one_meaning(query: str, meaning: Part | None) -> None:
    assert parse(query) == meaning


@pytest.mark.parametrize(
    "query", ["(", ")", "a:1 OR", "AND a:1", "(a:1", "a:1)", "a:", "'x", "NOT", "-", "()", "a:1 OR OR b:2"]
)
def test_a_query_that_breaks_off_is_an_error(query: str) -> None:
    with pytest.raises(GraphQLError, match="search query"):
        parse(query)


@pytest.mark.parametrize("query", ["(" * 4_000, "-" * 4_000, "NOT " * 1_000 + "a:1", "a:1 " * 51, "a" * 5_001])
def test_a_query_is_bounded(query: str) -> None:
    with pytest.raises(GraphQLError):
        parse(query)
