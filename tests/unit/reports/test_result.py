"""Texts that a count stands in."""

import pytest

from stockstorm.reports.result import counted, verb


@pytest.mark.parametrize(
    ("plural", "of_one"),
    [("are", "is"), ("were", "was"), ("have", "has"), ("do", "does"), ("pass", "passes"), ("lack", "lacks")],
)
def test_a_verb_agrees_with_its_count(plural: str, of_one: str) -> None:
    assert [verb(count, plural) for count in (0, 1, 2)] == [plural, of_one, plural]


def test_a_plural_that_is_more_than_an_s_is_named() -> None:
    assert [counted(count, "delivery", "deliveries") for count in (1, 1_000)] == ["1 delivery", "1,000 deliveries"]
