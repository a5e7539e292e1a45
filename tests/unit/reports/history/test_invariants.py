"""A fact that contradicts the rest of its history is found, whichever it is, and told with block, line and field."""

from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import inspect

from stockstorm.reports.history import History
from stockstorm.reports.history.invariants import PARALLEL, REFERENCES, SERIAL, UNIQUE, Reference, first_breach
from stockstorm.reports.store import read_history
from stockstorm.simulator.errors import HistoryError
from stockstorm.simulator.history import facts as f
from tests.stored_history import sealed
from tests.unit.reports.synthetic import START, S, flash_sale

LATE = START + 31 * S  # after the load, before the end


def _whole() -> list[f.AnyFact]:
    """A consistent history with facts of every kind that has a rule."""
    facts = flash_sale()
    orders = [each for each in facts if isinstance(each, f.PurchaseAccepted)]
    first, second = orders[:2]
    sku = first.skus[0]
    calls = sum(isinstance(each, f.ApiCalled) for each in facts)
    events = sum(isinstance(each, f.EventFired) for each in facts)
    version = max(each.version for each in facts if isinstance(each, f.StockChanged) and each.sku == sku)
    more: list[f.AnyFact] = [
        f.OrderPaid(LATE, first.order, first.channel),
        f.OrderCancelled(LATE, first.order, first.channel, first.ref, first.skus, first.quantities),
        f.OrderReturned(LATE, second.order, second.channel, second.ref, 1, second.skus, second.quantities, True),
        f.FollowUpVoid(LATE, first.order, "payment"),
        f.StockUnmoved(LATE, sku, version, "", calls),
        f.RowsNotListed(LATE, calls, next(each.channel for each in facts if isinstance(each, f.ListingPushed)), (sku,)),
        f.StockShown(LATE, calls, (sku,), (version,)),
        f.OrdersShown(LATE, calls, first.channel, (first.order,)),
        f.ApiCalled(LATE, calls, "admin", "orders", 200, "ok"),
        f.CallGivenUp(LATE, calls - 1),
        f.CallGivenUp(LATE, calls),
        f.GeneratorHeld(LATE, calls, "admin", "orders", LATE, 60_000_000),
        f.VersionAsked(LATE, "2026-07", "2026-07"),
        f.VersionAsked(LATE, "2026-10", "2026-10"),
        f.OrderWritten(LATE, "created", 7, first.skus, first.quantities, calls, first.order),
        f.SubscriptionChanged(LATE, 1, "shopify", "orders/create", "https://a.example"),
        f.SubscriptionRemoved(LATE, 1, "shopify", "orders/create", by_policy=True),
        f.EventFired(LATE, events, "late", "shopify", "orders/paid", order=first.order),
        f.EventUnheard(LATE, events),
        f.DeliveryWithheld(LATE, events, 1, "filter"),
    ]
    return sorted([*facts, *more], key=lambda fact: fact.at_ns)


WHOLE = _whole()
NONE = {"order": 10**9, "planned order": 10**9, "event": 10**9, "delivery": 10**9, "call": 10**9, "HTTP status": 99}
STRANGERS: dict[str, Hashable] = {**NONE, "subscription": 10**9, "item": 10**9}


def places_of(kind: type[f.Fact]) -> list[int]:
    return [at for at, fact in enumerate(WHOLE) if type(fact) is kind]


def changed(at: int, **values: Any) -> list[f.AnyFact]:
    facts = list(WHOLE)
    facts[at] = msgspec.structs.replace(facts[at], **values)
    return facts


def breach_of(facts: list[f.AnyFact]) -> tuple[int, str]:
    """The place in the file and the field of the breach."""
    found = first_breach(History.of(facts), facts)
    assert found is not None
    return next(at for at, fact in enumerate(facts) if fact is found.fact), found.field


def test_a_consistent_history_has_no_breach() -> None:
    assert first_breach(History.of(WHOLE), WHOLE) is None


@pytest.mark.parametrize("rule", REFERENCES, ids=lambda rule: f"{rule.kind.__name__}.{rule.field}")
def test_a_reference_to_nothing_is_found(rule: Reference) -> None:
    stranger = STRANGERS.get(rule.to, "nobody")
    for at in (places_of(rule.kind)[0], places_of(rule.kind)[-1]):
        old = getattr(WHOLE[at], rule.field)
        value = (*old[:-1], stranger) if rule.many else stranger
        assert breach_of(changed(at, **{rule.field: value})) == (at, rule.field)


@pytest.mark.parametrize("rule", UNIQUE, ids=lambda rule: f"{rule[0][0].__name__}.{'+'.join(rule[1])}")
def test_an_id_that_is_given_twice_is_found(rule: tuple[tuple[type[f.Fact], ...], tuple[str, ...]]) -> None:
    kinds, names = rule
    if not names:  # only one such fact is allowed
        assert breach_of([*WHOLE, WHOLE[-1]]) == (len(WHOLE) - 1, "fact")
        return
    first, *_, last = sorted(at for kind in kinds for at in places_of(kind))
    values = {name: getattr(WHOLE[first], name) for name in names}
    at, field = breach_of(changed(last, **values))
    assert (at, field) == (last, names[-1])


@pytest.mark.parametrize(("kind", "field"), SERIAL)
def test_a_number_out_of_its_series_is_found(kind: type[f.Fact], field: str) -> None:
    for at in places_of(kind)[::97]:
        assert breach_of(changed(at, **{field: getattr(WHOLE[at], field) + 1})) == (at, field)


@pytest.mark.parametrize(("kind", "field"), [(kind, field) for kind, fields in PARALLEL for field in fields[1:]])
def test_a_tuple_of_another_length_is_found(kind: type[f.Fact], field: str) -> None:
    at = places_of(kind)[-1]
    assert breach_of(changed(at, **{field: getattr(WHOLE[at], field) * 2 or (1,)})) == (at, field)


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        (f.PurchaseAccepted, "at_ns", START - 1),
        (f.EventFired, "at_ns", WHOLE[-1].at_ns + 1),
        (f.ItemStocked, "at_ns", START - 3_601 * S),
        (f.GeneratorSampled, "at_ns", WHOLE[-1].at_ns + 1),
        (f.ResourcesSampled, "at_ns", START - 3_601 * S),
        (f.ApiCalled, "started_ns", LATE + S),
        (f.StockChanged, "version", 10**6),
        (f.StockChanged, "available", 10**6),
        (f.FinalStock, "version", 10**6),
        (f.FinalStock, "available", 10**6),
        (f.StockUnmoved, "version", 10**6),
        (f.StockShown, "versions", (10**6,)),
        *((f.AttemptEnded, name, LATE + 1_000 * S) for name in ("due_ns", "free_ns", "started_ns", "answered_ns")),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else str(value),
)
def test_a_value_that_contradicts_the_others_is_found(kind: type[f.Fact], field: str, value: object) -> None:
    place = places_of(kind)[-1]
    at, found = breach_of(changed(place, **{field: value}))
    assert at == place
    assert found == field or kind is f.AttemptEnded  # which of two steps is wrong cannot be told


def test_an_event_of_a_version_that_was_never_made_is_found() -> None:
    events = [at for at in places_of(f.EventFired) if getattr(WHOLE[at], "version") > 0]  # noqa: B009 - of one kind
    for at in (events[0], events[-1]):
        assert breach_of(changed(at, version=10**6)) == (at, "version")
        assert breach_of(changed(at, sku="")) == (at, "version")


def test_a_time_that_runs_backwards_is_found_by_its_place_in_the_file() -> None:
    purchases = places_of(f.PurchaseAccepted)
    for at in purchases[10:-10:25]:
        earlier, later = WHOLE[at].at_ns - 2 * S, WHOLE[at].at_ns + 2 * S
        assert breach_of(changed(at, at_ns=earlier)) == (at, "at_ns")
        assert breach_of(changed(at, at_ns=later)) == (at, "at_ns")


@pytest.mark.parametrize("shift_s", [-2, 2])
def test_a_time_that_runs_backwards_is_found_wherever_a_block_begins(shift_s: int, tmp_path: Path) -> None:
    at = places_of(f.PurchaseAccepted)[20]
    facts = changed(at, at_ns=WHOLE[at].at_ns + shift_s * S)
    path = tmp_path / "history.jsonl.zst"
    for per_block in (at, at + 1, 7, len(facts)):
        path.write_bytes(sealed(facts, per_block=per_block))
        with pytest.raises(HistoryError, match=r"field at_ns of PurchaseAccepted .* times never run backwards"):
            read_history(path)


def test_what_a_killed_writer_cut_off_is_no_breach() -> None:
    """Every beginning of a history is consistent, also one that ends within a call."""
    call = places_of(f.ApiCalled)[-1]  # its own facts precede it
    for end in (*range(len(WHOLE) - 200, len(WHOLE), 7), call - 1, call):
        cut = WHOLE[:end]
        broken_off = [*cut, f.RunEnded(cut[-1].at_ns, complete=False, reason="killed")]
        assert first_breach(History.of(cut), cut) is None
        assert first_breach(History.of(broken_off), broken_off) is None
    assert breach_of([*WHOLE[:call], WHOLE[-1]])[1] == "request"


def test_a_run_that_ended_before_its_load_began_is_no_breach() -> None:
    """The start of load is written half a second ahead of its time."""
    opening = [fact for fact in WHOLE if fact.at_ns <= START and not isinstance(fact, f.GeneratorSampled)]
    broken_off: list[f.AnyFact] = [*opening, f.RunEnded(START - S // 4, complete=False, reason="interrupted")]
    assert any(fact.at_ns == START for fact in opening)
    assert first_breach(History.of(broken_off), broken_off) is None


def test_a_breach_is_told_with_file_block_line_field_and_value(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl.zst"
    at = places_of(f.DeliveryPlanned)[50]
    path.write_bytes(sealed(changed(at, event=10**9), per_block=100))
    for unsealed in (False, True):
        with pytest.raises(HistoryError) as caught:
            read_history(path, unsealed=unsealed)
        assert str(caught.value).startswith(
            f"{path}, block {at // 100}, line {at % 100 + 1}: field event of DeliveryPlanned is 1000000000"
        )


def _ids() -> list[tuple[type[f.Fact], str]]:
    """Fields with an id that stands for another fact."""
    return [(rule.kind, rule.field) for rule in REFERENCES if not rule.many and rule.to != "HTTP status"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(rule=st.sampled_from(_ids()), data=st.data())
def test_any_id_that_nothing_has_is_found_in_any_fact(rule: tuple[type[f.Fact], str], data: st.DataObject) -> None:
    kind, field = rule
    at = data.draw(st.sampled_from(places_of(kind)))
    draw: Callable[[], Any] = {
        int: lambda: data.draw(st.integers(10**7, 2**62)),
        str: lambda: data.draw(st.text("xyz", min_size=9, max_size=12)),
    }[type(getattr(WHOLE[at], field))]
    assert breach_of(changed(at, **{field: draw()})) == (at, field)


def test_every_id_of_a_fact_has_a_rule() -> None:
    """A field that is named like the id of another fact is a reference, a unique id or a serial number."""
    names = {"order", "orders", "event", "delivery", "subscription", "sku", "skus", "channel", "request", "status"}
    ruled = {(rule.kind, rule.field) for rule in REFERENCES} | set(SERIAL)
    ruled |= {(kind, name) for kinds, fields in UNIQUE for kind in kinds for name in fields}
    views = {(f.OwnViewRead, "skus"), (f.OwnViewRead, "orders")}
    claimed = {(f.StockProbed, "sku"), *views}  # the subject's own words, which checkers judge
    fields = {(kind, field.name) for kind in get_args(f.AnyFact) for field in _fields(kind)}
    assert {each for each in fields if each[1] in names} - ruled == claimed


def _fields(kind: type[f.Fact]) -> tuple[inspect.Field, ...]:
    found = inspect.type_info(kind)
    assert isinstance(found, inspect.StructType)
    return found.fields
