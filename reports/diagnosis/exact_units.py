"""The master differs from the shelf by exactly the units of something: all cancellations, one channel, one order.

It needs no references and no probe. For each SKU the difference is compared with what it would be if a kind of change
had been left out, or had been done twice. A kind that fits every SKU, those without a difference included, is named.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.event_traits import EventTraits, event_traits
from stockstorm.reports.diagnosis.lost_events import lost_and_taken
from stockstorm.reports.diagnosis.traits import TOPIC_OF, Trait
from stockstorm.reports.history.order_effects import Effect
from stockstorm.reports.result import Diagnosis, counted, units
from stockstorm.simulator.history import facts as f

CHECKS: Final = (
    "drift", "applied_twice", "nothing_lost", "unexplained_push", "oversell", "refused_though_available",
    "event_classes",
)  # fmt: skip
KIND_NAMES: Final = {"sale": "sales", "cancelled": "cancellations", "returned": "returns"}
SHOWN: Final = 3
STORE_HINT: Final = "the master has the orders of the shop's own store already"
ORDERS_MAX: Final = 3  # that fit equally well; with more of them none is named
SPLIT: Final = frozenset(
    {"copies", "process_end", "ahead", "retried", "two_lines", "lines", "units", "after_cancel", "location", "fault"}
)


class Group(NamedTuple):
    """Changes that belong together, with their sum by SKU."""

    name: str
    by_sku: dict[str, int]
    orders: frozenset[int]
    hint: str


class ExactUnits(Diagnose):
    name = "exact_units"
    at_rest = True
    after = ("no_call", "stops", "calls_refused", "wrong_token", "not_played", "order_arithmetic")

    def __call__(self, case: Case) -> Iterator[Found]:
        wrong = case.differences
        if not wrong or _told_by_references(case):
            return
        found = _matching(wrong, groups(case))
        if not found:
            yield from _single_order(self.name, case, wrong)
        several = tuple(f"{group.name} {what}" for group, what in found)
        for group, what in found[:SHOWN]:
            yield _found(self.name, case, wrong, group, what, several)


def _told_by_references(case: Case) -> bool:
    """Whether the subject names its orders, and so each order that was lost or doubled is known."""
    if case.history.orders.net_only:
        return False
    return bool(lost_and_taken(case)[0]) or bool(case.incidents("applied_twice"))


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
    for channel in case.history.marketplaces:
        of_channel = [effect for effect in effects if effect.channel == channel]
        yield _group(f"all changes of {channel}", of_channel, f"look at {channel}")
    traits = event_traits(case)
    yield from _by_trait(case, traits, "changes", effects)
    for kind, name in KIND_NAMES.items():
        yield from _by_trait(case, traits, name, by_kind[kind])
    yield _repeated_writes(case)
    yield from _of_lines(case)
    yield from _of_the_store(case)


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
    hint = "send a call that failed or got no answer again with the same idempotency key, and mark as done what it "
    "wrote"
    name = f"the rows of {counted(repeats, 'write')} that repeat an earlier one row by row"
    return Group(name, {sku: delta for sku, delta in sums.items() if delta}, frozenset(), hint)


def _by_trait(case: Case, traits: EventTraits, name: str, effects: Sequence[Effect]) -> Iterator[Group]:
    events = case.history.deliveries
    marked: dict[Trait, list[Effect]] = {}
    for effect in effects:
        event = events.events.get(events.order_event.get((effect.order, TOPIC_OF[effect.kind]), -1))
        for trait in traits.of(event) if event else ():
            if trait.kind in SPLIT:
                marked.setdefault(trait, []).append(effect)
    for trait, found in marked.items():
        yield _group(f"the {name} that are {trait.phrase}", found, trait.hint)


def _group(name: str, effects: Iterable[Effect], hint: str) -> Group:
    sums: dict[str, int] = {}
    orders = set[int]()
    for effect in effects:
        sums[effect.sku] = sums.get(effect.sku, 0) + effect.delta
        orders.add(effect.order)
    return Group(name, {sku: delta for sku, delta in sums.items() if delta}, frozenset(orders), hint)


def _of_lines(case: Case) -> Iterator[Group]:
    """Parts of orders: all lines but the first, all but the last of a SKU, all units of a line but one."""
    sales = [sale for sale in case.history.all(f.PurchaseAccepted) if sale.channel in case.history.marketplaces]
    parts: tuple[tuple[str, str, Callable[[f.PurchaseAccepted], dict[str, int]]], ...] = (
        ("every line but the first of an order", "handle every line of an order", lambda sale: _rest(sale, first=True)),
        ("every line but the last of an order", "handle every line of an order", lambda sale: _rest(sale, first=False)),
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


def _rest(sale: f.PurchaseAccepted, *, first: bool) -> dict[str, int]:
    lines = list(zip(sale.skus, sale.quantities, strict=True))
    found: dict[str, int] = {}
    for sku, count in lines[1:] if first else lines[:-1]:
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


def _of_the_store(case: Case) -> Iterator[Group]:
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


def _matching(wrong: dict[str, int], candidates: Iterable[Group]) -> list[tuple[Group, str]]:
    """The groups that explain the difference of every SKU, with what was done to them."""
    found: list[tuple[Group, str]] = []
    for group in candidates:
        if group.by_sku.keys() != wrong.keys() or any(group.by_sku == known.by_sku for known, _ in found):
            continue
        if all(group.by_sku[sku] == -units_off for sku, units_off in wrong.items()):
            found.append((group, "are missing in the master"))
        elif all(group.by_sku[sku] == units_off for sku, units_off in wrong.items()):
            once_more = "not restocked" in group.name or "own store" in group.name
            found.append((group, "are in the master although they should not be" if once_more else "count twice"))
    return found


def _found(name: str, case: Case, wrong: dict[str, int], group: Group, what: str, several: tuple[str, ...]) -> Found:
    off = sum(map(abs, wrong.values()))
    sure = len(wrong) >= SHOWN
    skus = counted(len(wrong), "SKU")
    evidence = [
        f"{skus} differ, by {units(off)} in all, and each by just these units; all others are right",
    ]
    if group.orders:
        evidence.append(f"{counted(len(group.orders), 'order')}: {quoted(map(case.order, sorted(group.orders)))}")
    if len(several) > 1:
        evidence.append(
            "the same difference also fits: " + quoted(each for each in several if not each.startswith(group.name))
        )
    cause = f"{group.name} {what}: the master is wrong by exactly their units"
    return Found(
        Diagnosis(
            name,
            cause if sure else f"{cause} (few SKUs differ, so this may be chance)",
            tuple(evidence),
            group.hint,
            case.consequences(*CHECKS),
        ),
        frozenset(f"sku {sku}" for sku in wrong),
    )


def _single_order(name: str, case: Case, wrong: dict[str, int]) -> Iterator[Found]:
    """Orders one change of which is exactly the whole difference."""
    by_change: dict[tuple[int, str], dict[str, int]] = {}
    for effect in case.history.orders.effects:
        of_change = by_change.setdefault((effect.order, effect.kind), {})
        of_change[effect.sku] = of_change.get(effect.sku, 0) + effect.delta
    missed = [key for key, delta in by_change.items() if delta == {sku: -off for sku, off in wrong.items()}]
    doubled = [key for key, delta in by_change.items() if delta == wrong]
    if not 0 < len(missed) + len(doubled) <= ORDERS_MAX:
        return
    told = [f"{case.order(order)} ({TOPIC_OF[kind]}) is missing" for order, kind in missed]
    told += [f"{case.order(order)} ({TOPIC_OF[kind]}) counts twice" for order, kind in doubled]
    orders = list(dict.fromkeys(order for order, _ in (*missed, *doubled)))
    off = ", ".join(f"{sku} by {units(abs(count))}" for sku, count in list(wrong.items())[:SHOWN])
    yield Found(
        Diagnosis(
            name,
            f"the master is wrong by exactly the units of order {' or '.join(map(case.order, orders))}",
            (f"wrong: {off}", *(f"it fits that {each}" for each in told)),
            "look for this order in the service's own log",
            case.consequences(*CHECKS),
        ),
        frozenset(f"sku {sku}" for sku in wrong),
    )
