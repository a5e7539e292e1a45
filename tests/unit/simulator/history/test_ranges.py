"""Every field of every fact declares its range, and a reader finds each value outside of it, with its place."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import inspect

from stockstorm.reports.store import read_history
from stockstorm.simulator.errors import HistoryError
from stockstorm.simulator.history import facts as f
from tests.stored_history import sealed
from tests.unit.reports.literal import run_started

KINDS: tuple[type[f.Fact], ...] = get_args(f.AnyFact)


def fields_of(kind: type[f.Fact]) -> tuple[inspect.Field, ...]:
    found = inspect.type_info(kind)
    assert isinstance(found, inspect.StructType)
    return found.fields


def smallest(type_: inspect.Type) -> Any:
    """A value inside the range of a type."""
    values: dict[type[inspect.Type], Any] = {inspect.StrType: "x", inspect.BoolType: False, inspect.DictType: {}}
    match type_:
        case inspect.IntType(ge=low) | inspect.FloatType(ge=low):
            return low
        case inspect.LiteralType(values=allowed):
            return allowed[0]
        case inspect.VarTupleType(item_type=item):
            return (smallest(item),)
        case inspect.UnionType(types=types):
            return smallest(types[0])
    return values[type(type_)]


def outside(type_: inspect.Type) -> Iterator[Any]:
    """Values outside the range of a type, one for each of its limits."""
    match type_:
        case inspect.IntType(ge=int(low), le=int(high)):
            yield from (low - 1, high + 1, "1", None)
        case inspect.FloatType(ge=float() | int() as low, le=float() | int() as high):
            yield from (low - 1, high * 10, None)
        case inspect.StrType(min_length=low):
            yield from (*(("",) if low else ()), 1)
        case inspect.BoolType():
            yield 1
        case inspect.LiteralType():
            yield "no such"
        case inspect.VarTupleType(item_type=item):
            yield from ((smallest(item), bad) for bad in outside(item))
        case inspect.DictType(value_type=value):
            yield from ({"x": bad} for bad in outside(value))
        case inspect.UnionType(types=types):
            yield from (bad for each in types for bad in outside(each) if bad is not None and bad != "1")


def example(kind: type[f.Fact]) -> f.Fact:
    return kind(**{field.name: smallest(field.type) for field in fields_of(kind) if field.required})


def has_range(type_: inspect.Type) -> bool:
    match type_:
        case inspect.IntType(ge=low, le=high) | inspect.FloatType(ge=low, le=high):
            return low is not None and high is not None
        case inspect.StrType(max_length=high):
            return high is not None
        case inspect.VarTupleType(item_type=item):
            return has_range(item)
        case inspect.DictType(key_type=key, value_type=value):
            return has_range(key) and has_range(value)
        case inspect.UnionType(types=types):
            return all(map(has_range, types))
    return isinstance(type_, inspect.LiteralType | inspect.BoolType | inspect.NoneType)


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_of_a_fact_declares_its_range(kind: type[f.Fact]) -> None:
    unbounded = [field.name for field in fields_of(kind) if not has_range(field.type)]
    assert unbounded == (["scenario"] if kind is f.RunStarted else [])  # the loader of scenarios checks that one


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_outside_the_range_of_any_field_is_told_with_its_place(kind: type[f.Fact], tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl.zst"
    for field in fields_of(kind):
        for bad in outside(field.type):
            wrong = msgspec.structs.replace(example(kind), **{field.name: bad})
            path.write_bytes(sealed([run_started(), f.PhaseStarted(1, "x"), wrong], per_block=2))  # type: ignore[list-item]  # as read
            for unsealed in (False, True):
                with pytest.raises(HistoryError) as caught:
                    read_history(path, unsealed=unsealed)
                assert str(caught.value).startswith(f"{path}, block 1, line 1: ")
                assert f"field {field.name} is " in str(caught.value)


def numbers_of(kind: type[f.Fact]) -> dict[str, inspect.IntType]:
    return {field.name: field.type for field in fields_of(kind) if isinstance(field.type, inspect.IntType)}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(data=st.data())
def test_any_number_outside_its_range_is_found_wherever_it_stands(data: st.DataObject, tmp_path: Path) -> None:
    kind = data.draw(st.sampled_from(KINDS))
    name, type_ = data.draw(st.sampled_from(list(numbers_of(kind).items())))
    assert type_.ge is not None
    assert type_.le is not None
    bad = data.draw(st.integers(max_value=int(type_.ge) - 1) | st.integers(min_value=int(type_.le) + 1))
    at = data.draw(st.integers(0, 29))
    facts: list[Any] = [f.PhaseStarted(number, "x") for number in range(30)]
    facts[at] = msgspec.structs.replace(example(kind), **{name: bad})
    path = tmp_path / "history.jsonl.zst"
    path.write_bytes(sealed(facts, per_block=10))
    with pytest.raises(HistoryError) as caught:
        read_history(path)
    assert str(caught.value).startswith(f"{path}, block {at // 10}, line {at % 10 + 1}: ")
    assert f"field {name} is " in str(caught.value)


def test_a_text_of_any_length_is_not_a_fact() -> None:
    with pytest.raises(msgspec.ValidationError, match="length <= 2000000"):
        f.decoder.decode(f.encoder.encode(f.PhaseStarted(1, "x" * 2_000_001)))


@pytest.mark.parametrize("kind", KINDS)
def test_the_limits_themselves_are_inside_of_the_range(kind: type[f.Fact]) -> None:
    for name, type_ in numbers_of(kind).items():
        for good in (type_.ge, type_.le):
            fact = msgspec.structs.replace(example(kind), **{name: good})
            assert f.decoder.decode(f.encoder.encode(fact)) == fact
