"""Changes that could be left out or doubled together, with their units by SKU: of a kind, a channel, a trait."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Final, NamedTuple

from stockstorm.reports.diagnosis.case import Case
from stockstorm.reports.diagnosis.event_traits import EventTraits, event_traits
from stockstorm.reports.diagnosis.traits import TOPIC_OF, Trait, TraitKind
from stockstorm.reports.history.order_effects import SUBJECT_CAUSES, Effect
from stockstorm.reports.result import counted
from stockstorm.simulator.history import facts as f

KIND_NAMES: Final = {"sale": "sales", "cancelled": "cancellations", "returned": "returns"}
STORE_HINT: Final = "the master has the orders of the shop's own store already"
ENDS_MAX: Final = 10
EVERY_LINE: Final = "handle every line of an order"
LINES_READ: Final = (2, 3, 5, 10, 20, 25, 50, 100)
SPLIT: Final[frozenset[TraitKind]] = frozenset({
    "copies", "process_end", "ahead", "retried", "two_lines", "lines", "units", "after_cancel", "location", "fault",
    "outage", "restart", "read", "read_end", "cancel_heard", "burst", "perturbed", "across_end", "before_level",
    "told_between", "equal", "not_installed",
})  # fmt: skip


class Group(NamedTuple):
    """Changes that belong together, with their sum by SKU."""

    name: str
    by_sku: dict[str, int]
    orders: frozenset[int]
    hint: str


def groups(case: Case) -> Iterator[Group]:
    """Every kind of change that could be left out or doubled, the widest first."""
    effects = case.history.orders.effects
    by_kind = {kind: [effect for effect in effects if effect.kind == kind] for kind in KIND_NAMES}
    for kind, name in KIND_NAMES.items():
        yield _group(f"all {name} of marketplaces", by_kind[kind], f"look at the code that handles {TOPIC_OF[kind]}")
        for channel in case.history.marketplaces:
            of_channel = [effect for effect in by_kind[kind] if effect.channel == channel]
            yield _group(
                f"all {name} of {channel}", of_channel, f"look at how {TOPIC_OF[kind]} of {channel} is handled"
            )
    later = [*by_kind["cancelled"], *by_kind["returned"]]
    yield _group(
        "all cancellations and returns of marketplaces", later, "look at what is done for an order that is known"
    )
    for channel in case.history.marketplaces:
        of_channel = [effect for effect in effects if effect.channel == channel]
        yield _group(f"all changes of {channel}", of_channel, f"look at {channel}")
    traits = event_traits(case)
    yield from _by_trait(case, traits, "changes", effects)
    for kind, name in KIND_NAMES.items():
        yield from _by_trait(case, traits, name, by_kind[kind])
    yield _repeated_writes(case)
    yield from _written_before_an_end(case)
    yield from _of_lines(case)
    yield from of_the_store(case)


def _repeated_writes(case: Case) -> Group:
    """Calls whose rows are those of an earlier call, one by one. Calls of one row can be alike by chance."""
    rows: dict[int, dict[str, int]] = {}
    for change in case.history.all(f.StockChanged):
        if change.cause == "subject_adjust" and change.request >= 0:
            of_call = rows.setdefault(change.request, {})
            of_call[change.sku] = of_call.get(change.sku, 0) + change.delta
    seen, sums, repeats = set[frozenset[tuple[str, int]]](), dict[str, int](), 0
    for of_call in rows.values():
        key = frozenset(of_call.items())
        if len(key) > 1 and key in seen:
            repeats += 1
            for sku, delta in of_call.items():
                sums[sku] = sums.get(sku, 0) + delta
        seen.add(key)
    hint = "send a call that failed or got no answer again with the same idempotency key, and mark what it wrote"
    name = f"the rows of {counted(repeats, 'write')} that repeat an earlier one row by row"
    return Group(name, {sku: delta for sku, delta in sums.items() if delta}, frozenset(), hint)


def _written_before_an_end(case: Case) -> Iterator[Group]:
    """All that was written in the lives of the service before one of its restarts.

    One that keeps nothing writes it again, as far as its sources still tell of it.
    """
    ends = sorted({at_ns for at_ns, _ in case.process_ends})[-ENDS_MAX:]
    writes = [
        change
        for change in case.history.all(f.StockChanged)
        if change.cause in SUBJECT_CAUSES and ends and change.at_ns < ends[-1]
    ]
    for place, end_ns in enumerate(ends, 1):
        sums: dict[str, int] = {}
        for change in writes:
            if change.at_ns < end_ns:
                sums[change.sku] = sums.get(change.sku, 0) + change.delta
        name = f"all writes before {case.when(end_ns)}, when a process of the service ended"
        hint = "keep what was written, and how far the sources were read, where a restart does not empty it"
        if place == len(ends):
            name = f"all writes from before the last start of the service, at {case.when(end_ns)},"
        yield Group(name, {sku: delta for sku, delta in sums.items() if delta}, frozenset(), hint)


def _by_trait(case: Case, traits: EventTraits, name: str, effects: Sequence[Effect]) -> Iterator[Group]:
    events = case.history.deliveries
    marked: dict[Trait, list[Effect]] = {}
    for effect in effects:
        event = events.events.get(events.order_event.get((effect.order, TOPIC_OF[effect.kind]), -1))
        for trait in sorted(traits.of(event), key=_in_order) if event else ():
            if trait.kind in SPLIT:
                marked.setdefault(trait, []).append(effect)
    for trait, found in marked.items():
        yield _group(f"the {name} that are {trait.phrase}", found, trait.hint)


def _in_order(trait: Trait) -> tuple[int, str]:
    """The same order in every process, so that of two groups with the same units the same one is told."""
    return trait.rank, trait.value


def _group(name: str, effects: Iterable[Effect], hint: str) -> Group:
    sums: dict[str, int] = {}
    orders = set[int]()
    for effect in effects:
        sums[effect.sku] = sums.get(effect.sku, 0) + effect.delta
        orders.add(effect.order)
    return Group(name, {sku: delta for sku, delta in sums.items() if delta}, frozenset(orders), hint)


def _of_lines(case: Case) -> Iterator[Group]:
    """Parts of orders: all lines but the first few, all but the last of a SKU, all units of a line but one.

    Orders that were cancelled are left out: a part that was never taken is not given back either.
    """
    gone = {fact.order for fact in case.history.all(f.OrderCancelled)}
    sales = [
        sale
        for sale in case.history.all(f.PurchaseAccepted)
        if sale.channel in case.history.marketplaces and sale.order not in gone
    ]
    parts: tuple[tuple[str, str, Callable[[f.PurchaseAccepted], dict[str, int]]], ...] = (
        ("every line but the first of an order", EVERY_LINE, partial(_rest, kept=slice(1, None))),
        ("every line but the last of an order", EVERY_LINE, partial(_rest, kept=slice(-1))),
        *((f"every line of an order beyond the first {most}", EVERY_LINE, partial(_rest, kept=slice(most, None)))
          for most in LINES_READ if any(len(sale.skus) > most for sale in sales)),
        ("the earlier lines of a SKU that an order has twice", "add up all lines of an order that have the same SKU",
         lambda sale: _same_sku(sale, first=False)),
        ("the later lines of a SKU that an order has twice", "add up all lines of an order that have the same SKU",
         lambda sale: _same_sku(sale, first=True)),
        ("the units above one of every line", "use the quantity of a line", _above_one),
    )  # fmt: skip
    for name, hint, part in parts:
        sums, orders = dict[str, int](), set[int]()
        for sale in sales:
            for sku, count in part(sale).items():
                if count:
                    sums[sku] = sums.get(sku, 0) - count
                    orders.add(sale.order)
        yield Group(name, sums, frozenset(orders), hint)


def _rest(sale: f.PurchaseAccepted, *, kept: slice) -> dict[str, int]:
    found: dict[str, int] = {}
    for sku, count in list(zip(sale.skus, sale.quantities, strict=True))[kept]:
        found[sku] = found.get(sku, 0) + count
    return found


def _same_sku(sale: f.PurchaseAccepted, *, first: bool) -> dict[str, int]:
    by_sku: dict[str, list[int]] = {}
    for sku, count in zip(sale.skus, sale.quantities, strict=True):
        by_sku.setdefault(sku, []).append(count)
    return {sku: sum(counts[1:] if first else counts[:-1]) for sku, counts in by_sku.items()}


def _above_one(sale: f.PurchaseAccepted) -> dict[str, int]:
    found: dict[str, int] = {}
    for sku, count in zip(sale.skus, sale.quantities, strict=True):
        found[sku] = found.get(sku, 0) + count - 1
    return found


def of_the_store(case: Case) -> Iterator[Group]:
    """Changes of the shop's own store, which the master already has, and returns that are not restocked."""
    history, own = case.history, set(case.history.marketplaces)
    sold = [one for one in history.all(f.PurchaseAccepted) if one.channel not in own]
    gone = [one for one in history.all(f.OrderCancelled) if one.channel not in own]
    kept_back = [one for one in history.all(f.OrderReturned) if not one.restocked and one.channel in own]
    parts: tuple[tuple[str, Sequence[f.PurchaseAccepted | f.OrderCancelled | f.OrderReturned], int], ...] = (
        ("the sales of the shop's own store", sold, -1),
        ("the cancellations of the shop's own store", gone, 1),
        ("the returns that are not restocked", kept_back, 1),
    )
    for name, facts, sign in parts:
        sums, orders = dict[str, int](), set[int]()
        for fact in facts:
            orders.add(fact.order)
            for sku, count in zip(fact.skus, fact.quantities, strict=True):
                sums[sku] = sums.get(sku, 0) + sign * count
        hint = STORE_HINT if "own store" in name else "look at the restock type of a return"
        yield Group(name, sums, frozenset(orders), hint)
