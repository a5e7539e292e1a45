"""What holds between the facts of every history: unique ids, known references, and the order of time.

The range of each field alone is checked when a line is decoded (`simulator.history.ranges`). The rules here are tables:
a new fact needs a row for each of its ids and references. Most rows run in C, over a column of one kind of fact.
"""

from collections.abc import Callable, Container, Hashable, Iterable, Iterator, Sequence
from itertools import chain, count
from operator import attrgetter, eq
from typing import Any, Final, Literal, NamedTuple, get_args

from stockstorm.reports.history.breach import Breach
from stockstorm.reports.history.log import FactLog
from stockstorm.reports.history.stock_record import ledger_breaks
from stockstorm.reports.history.time_order import backwards, disordered_attempts, disordered_calls, out_of_the_run
from stockstorm.reports.history.vocabularies import NAMED, Known, Vocabulary
from stockstorm.simulator.history import facts as f

SHOWN_MAX: Final = 60  # characters of a bad value in a message

Kind = type[f.Fact]
Half = Literal["stock", "deliveries", "each"]  # "each": it looks at the kinds that are its own
Rule = Callable[[FactLog, Container[Kind]], Iterator[Breach]]
_EVERY: Final[frozenset[Kind]] = frozenset(get_args(f.AnyFact))


class Reference(NamedTuple):
    """A field whose value must be in a vocabulary; `none` is allowed too. `many`: the field is a tuple of values."""

    kind: Kind
    field: str
    to: Vocabulary
    none: Hashable = None
    many: bool = False


REFERENCES: Final = (
    Reference(f.PurchaseAccepted, "channel", "channel"),
    Reference(f.PurchaseAccepted, "skus", "SKU", many=True),
    Reference(f.PurchaseRefused, "channel", "channel"),
    Reference(f.PurchaseRefused, "skus", "SKU", many=True),
    Reference(f.FollowUpVoid, "order", "planned order"),
    *(Reference(kind, "order", "order") for kind in (f.OrderPaid, f.OrderCancelled, f.OrderReturned)),
    *(Reference(kind, "channel", "channel") for kind in (f.OrderPaid, f.OrderCancelled, f.OrderReturned)),
    *(Reference(kind, "skus", "SKU", many=True) for kind in (f.OrderCancelled, f.OrderReturned)),
    Reference(f.OrderWritten, "skus", "SKU", many=True),
    Reference(f.OrderWritten, "order", "order", none=-1),
    Reference(f.OrderWritten, "request", "call", none=-1),
    Reference(f.StockChanged, "sku", "SKU"),
    Reference(f.StockChanged, "inventory_item_id", "item"),
    Reference(f.StockChanged, "order", "order", none=-1),
    Reference(f.StockChanged, "request", "call", none=-1),
    Reference(f.StockUnmoved, "sku", "SKU"),
    Reference(f.StockUnmoved, "request", "call", none=-1),
    Reference(f.ListingPushed, "channel", "marketplace"),
    Reference(f.ListingPushed, "sku", "SKU"),
    Reference(f.ListingPushed, "request", "call", none=-1),
    Reference(f.EventFired, "source", "source"),
    Reference(f.EventFired, "order", "order", none=-1),
    Reference(f.EventFired, "sku", "SKU", none=""),
    Reference(f.FinalStock, "sku", "SKU"),
    Reference(f.FinalListing, "channel", "marketplace"),
    Reference(f.FinalListing, "sku", "SKU"),
    Reference(f.SubscriptionCreated, "source", "source"),
    Reference(f.SubscriptionChanged, "source", "source"),
    Reference(f.SubscriptionChanged, "subscription", "subscription"),
    Reference(f.SubscriptionRemoved, "source", "source"),
    Reference(f.SubscriptionRemoved, "subscription", "subscription"),
    Reference(f.EventUnheard, "event", "event"),
    Reference(f.DeliveryWithheld, "event", "event"),
    Reference(f.DeliveryWithheld, "subscription", "subscription"),
    Reference(f.DeliveryPlanned, "event", "event", none=-1),
    Reference(f.DeliveryPlanned, "subscription", "subscription"),
    Reference(f.AttemptEnded, "delivery", "delivery"),
    Reference(f.AttemptEnded, "status", "HTTP status"),
    Reference(f.DeliveryEnded, "delivery", "delivery"),
    Reference(f.FaultStarted, "request", "call", none=-1),
    Reference(f.FaultStarted, "delivery", "delivery", none=-1),
    Reference(f.ApiCalled, "api", "API"),
    Reference(f.ApiCalled, "status", "HTTP status"),
    Reference(f.GeneratorHeld, "request", "call"),
    Reference(f.GeneratorHeld, "api", "API"),
    Reference(f.CallGivenUp, "request", "call"),
    Reference(f.RowsNotListed, "request", "call"),
    Reference(f.RowsNotListed, "channel", "marketplace"),
    Reference(f.RowsNotListed, "skus", "SKU", many=True),
    Reference(f.StockShown, "request", "call"),
    Reference(f.StockShown, "skus", "SKU", many=True),
    Reference(f.OrdersShown, "request", "call"),
    Reference(f.OrdersShown, "channel", "channel"),
    Reference(f.OrdersShown, "orders", "order", many=True),
)

# Kinds and the fields that together are different in every fact of these kinds.
UNIQUE: Final[tuple[tuple[tuple[Kind, ...], tuple[str, ...]], ...]] = (
    ((f.RunEnded,), ()),
    ((f.ItemStocked,), ("sku",)),
    ((f.ItemStocked,), ("inventory_item_id",)),
    ((f.ChannelOpened,), ("channel",)),
    ((f.PurchaseAccepted, f.PurchaseRefused), ("order",)),
    ((f.SubscriptionCreated,), ("subscription",)),
    ((f.DeliveryEnded,), ("delivery",)),
    ((f.FinalStock,), ("sku",)),
    ((f.FinalListing,), ("channel", "sku")),
    ((f.ApiCalled,), ("request",)),
    ((f.CallGivenUp,), ("request",)),
    ((f.VersionAsked,), ("asked",)),
)

# Serial numbers: 0, 1, 2 … in the order of the file.
SERIAL: Final[tuple[tuple[Kind, str], ...]] = ((f.EventFired, "event"), (f.DeliveryPlanned, "delivery"))

# The tuples of one fact that have one element for each line.
PARALLEL: Final[tuple[tuple[Kind, tuple[str, ...]], ...]] = (
    (f.PurchaseAccepted, ("skus", "quantities", "physical_before", "shown_before")),
    (f.PurchaseRefused, ("skus", "quantities", "physical_before", "shown_before")),
    (f.OrderCancelled, ("skus", "quantities")),
    (f.OrderReturned, ("skus", "quantities")),
    (f.OrderWritten, ("skus", "quantities")),
    (f.StockShown, ("skus", "versions")),
    (f.ItemStocked, ("locations", "levels")),
    (f.FinalStock, ("locations", "levels")),
)


def first_breach(log: FactLog, written: Sequence[f.Fact], *, in_order: bool = False) -> Breach | None:
    """The first contradiction that is found, or None. `written`: the facts of `log` in the order of their file.

    `in_order`: a `FileOrder` saw that order already, and it holds.
    """
    times = (out_of_the_run(log), iter(()) if in_order else backwards(written))
    return next(chain(*times, chain.from_iterable(rule(log, _EVERY) for _, rule in _rules())), None)


def breaks_in_half(log: FactLog, kinds: Container[Kind], half: Half) -> bool:
    """Whether a rule on one of these kinds does not hold. The other half looks at the other kinds.

    The half that has the stock knows the time of every fact.
    """
    times = out_of_the_run(log) if half == "stock" else iter(())
    rules = (rule(log, kinds) for where, rule in _rules() if where in (half, "each"))
    return next(chain(times, chain.from_iterable(rules)), None) is not None


def _rules() -> tuple[tuple[Half, Rule], ...]:
    """The rules besides those of the order of time, and the half of a history that has what each needs."""
    return (
        ("each", _not_unique),
        ("each", _not_serial),
        ("each", _unknown),
        ("each", _not_parallel),
        ("stock", lambda log, _: ledger_breaks(log)),
        ("deliveries", lambda log, _: disordered_attempts(log)),
        ("stock", lambda log, _: disordered_calls(log)),
    )


# -- ids and references ----------------------------------------------------------------------------------------------


def _not_unique(log: FactLog, judged: Container[Kind]) -> Iterator[Breach]:
    for kinds, fields in UNIQUE:
        if kinds[0] not in judged:
            continue
        facts = list(chain.from_iterable(log.all(kind) for kind in kinds))
        if len(facts) < 2:
            continue
        key: Callable[[f.Fact], Hashable] = attrgetter(*fields) if fields else lambda _: ""
        if len(set(map(key, facts))) == len(facts):
            continue
        seen: set[Hashable] = set()
        for fact in facts:
            if (value := key(fact)) in seen:
                found = f"{_shown(value)}, which an earlier fact has" if fields else "a second time"
                yield Breach(fact, fields[-1] if fields else "fact", found)
            seen.add(value)


def _not_serial(log: FactLog, judged: Container[Kind]) -> Iterator[Breach]:
    for kind, field in SERIAL:
        if kind not in judged:
            continue
        facts = log.all(kind)
        number = attrgetter(field)
        if not all(map(eq, map(number, facts), count())):
            at = next(at for at, fact in enumerate(facts) if at != number(fact))
            yield Breach(facts[at], field, f"{number(facts[at])} where {at} follows; they are numbered in order")


def _unknown(log: FactLog, judged: Container[Kind]) -> Iterator[Breach]:
    known = Known(log)
    for rule in REFERENCES:
        facts = _to_check(log, rule) if rule.kind in judged else []
        if not facts:
            continue
        values: Iterable[Any] = map(attrgetter(rule.field), facts)
        allowed = known.of(rule.to, rule.none)
        if not _all_in(chain.from_iterable(values) if rule.many else values, allowed):
            yield next(_strangers(facts, rule, allowed))


def _to_check(log: FactLog, rule: Reference) -> Sequence[f.Fact]:
    """The facts whose names were not checked when they were decoded."""
    if rule.to in NAMED and rule.kind not in log.elsewhere.kinds:
        return log.decoded_as_is(rule.kind)
    return log.all(rule.kind)


def _all_in(values: Iterable[Any], allowed: range | frozenset[Hashable]) -> bool:
    if isinstance(allowed, frozenset):
        return allowed.issuperset(values)
    numbers = list(values)
    return not numbers or (allowed.start <= min(numbers) and max(numbers) < allowed.stop)


def _strangers(facts: Iterable[f.Fact], rule: Reference, allowed: Container[Any]) -> Iterator[Breach]:
    for fact in facts:
        value = getattr(fact, rule.field)
        for one in value if rule.many else (value,):
            if one not in allowed:
                wanted = "is no HTTP status" if rule.to == "HTTP status" else f"no such {rule.to} in this history"
                yield Breach(fact, rule.field, f"{_shown(one)}: {wanted}")


# -- what belongs together -------------------------------------------------------------------------------------------


def _not_parallel(log: FactLog, judged: Container[Kind]) -> Iterator[Breach]:
    for kind, fields in PARALLEL:
        if kind not in judged:
            continue
        facts, columns = log.all(kind), attrgetter(*fields)
        lengths = (list(map(len, map(attrgetter(field), facts))) for field in fields)
        first = next(lengths)
        if all(other == first for other in lengths):
            continue
        for fact in facts:
            wanted, *others = map(len, columns(fact))
            for field, given in zip(fields[1:], others, strict=True):
                if given != wanted:
                    yield Breach(fact, field, f"{given} elements where {fields[0]} has {wanted}")


def _shown(value: Hashable) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN_MAX else text[:SHOWN_MAX] + "…"
