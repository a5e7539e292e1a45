"""Conditions: what is accepted, how they compare numbers, and how mistakes are explained."""

import math

import pytest

from stockstorm.scenarios.conditions import Condition, parse_condition
from stockstorm.simulator.errors import ScenarioError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("< 2000", Condition("<", 2000)),
        ("<= 3", Condition("<=", 3)),
        ("> 0.99", Condition(">", 0.99)),
        (">=1", Condition(">=", 1)),
        ("  == 0 ", Condition("==", 0)),
        ("> -1.5", Condition(">", -1.5)),
    ],
)
def test_every_operator_is_read_with_or_without_spaces(text: str, expected: Condition) -> None:
    assert parse_condition("expect.x", text) == expected


@pytest.mark.parametrize(
    ("text", "value", "holds"),
    [
        ("< 2000", 1999.9, True),
        ("< 2000", 2000, False),
        ("<= 3", 3, True),
        ("> 0.99", 0.99, False),
        ("== 0", 0.0, True),
        ("< 2000", math.inf, False),
        ("> 1", math.inf, True),
        ("< 2000", math.nan, False),
        ("> 1", math.nan, False),
    ],
)
def test_a_condition_compares_numbers_infinity_and_not_a_number(text: str, value: float, holds: bool) -> None:
    assert parse_condition("expect.x", text).holds(value) is holds


def test_a_condition_is_printed_as_it_is_written() -> None:
    assert [str(parse_condition("k", text)) for text in ("<2000", ">= 0.25")] == ["< 2000", ">= 0.25"]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (3, 'write "<= 3"'),
        ("= 0", "equality is written =="),
        ("< 2000 ms", "leave the unit out"),
        ("fast", 'e.g. "< 2000"'),
        ("", 'e.g. "< 2000"'),
        (None, 'e.g. "< 2000"'),
        (True, 'e.g. "< 2000"'),
        ("< inf", 'e.g. "< 2000"'),
    ],
)
def test_a_mistake_is_explained_with_key_value_and_what_to_write(text: object, hint: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse_condition('expect."ack_time_ms.p99"', text)
    message = str(caught.value)
    assert 'expect."ack_time_ms.p99"' in message
    assert repr(text) in message
    assert hint in message
