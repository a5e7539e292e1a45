"""Drift: what is still wrong at rest. Listings that differ from their target, orders that the master lacks or that
nobody placed, and SKUs whose record in the master differs from the shelf.

Items that an event concerns which is still pending are left out. They are not proven wrong, so the check is unknown if
nothing else has drifted.
"""

from collections import Counter
from typing import Final

from stockstorm.reports.checkers.checker import Checker, Measure
from stockstorm.reports.evidence.off_stock import NAMED_MAX, off_text
from stockstorm.reports.history import History
from stockstorm.reports.history.channel_orders import NET_ONLY
from stockstorm.reports.history.ledgers import named_cause
from stockstorm.reports.history.listing_gap import TOPICS, Change, changes_lacking
from stockstorm.reports.history.listings import Listing
from stockstorm.reports.history.off_stock import explain
from stockstorm.reports.history.order_effects import Effect
from stockstorm.reports.result import Check, Incident, Tally, counted, units, unknown, verb
from stockstorm.scenarios.promises import CASES
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f

NETTED_WITHIN_NS: Final = SECOND_NS // 5  # planned within 20 ms; a busy machine plays them later
CALLS_MAX: Final = 4  # of one incident
LISTS_ALL: Final = (
    "A listing is taken to be all stock less the declared safety stock; a service that lists less on purpose (a cap, a "
    "share, packs, nothing of the last units) says so: lists_less = true in its subject file"
)


class Drift(Checker):
    name = "drift"
    severity = "correctness"
    measures = (
        Measure(
            "drift.listings",
            "listings drifted",
            "count",
            "listings that differ from what they should be at rest",
            headline=True,
        ),
        Measure(
            "drift.orders",
            "orders drifted",
            "count",
            "accepted orders that the master does not record at rest, or the other way round",
            headline=True,
        ),
        Measure(
            "drift.units",
            "units drifted",
            "units",
            "units by which the master differs from the shelf at rest, whatever the sign",
        ),
        Measure(
            "drift.probed",
            "SKUs drifted in the subject",
            "count",
            "SKUs whose stock in the subject's own database differs from the master at rest",
        ),
    )

    def __call__(self, history: History) -> Check:
        stock = {fact.sku: fact for fact in history.all(f.FinalStock)}
        if not stock:
            return unknown(self.name, "the history has no final reads")
        tally = Tally()
        pending = history.pending
        stock = {sku: fact for sku, fact in stock.items() if sku not in pending.skus}
        listings = _listings(history, stock, tally)
        orders = _orders(history, tally)
        wrong = _stock(history, stock, tally)
        measures = {
            "drift.listings": float(listings),
            "drift.orders": float(orders),
            "drift.units": float(wrong),
            "drift.probed": float(
                sum(
                    probed.sku in stock and probed.available != stock[probed.sku].available
                    for probed in history.all(f.StockProbed)
                )
            ),
        }
        notes = (*((NET_ONLY,) if history.orders.net_only else ()), *_only_less(history, stock))
        if history.unrest:
            return unknown(self.name, history.unrest, measures, notes)
        if tally.total:
            reason = (
                f"at rest {counted(listings, 'listing')} and {counted(orders, 'order')} were wrong, and the master "
                f"differed from the shelf by {units(wrong)}"
            )
            return tally.check(self.name, "invalid", reason, measures, notes)
        if pending.events:
            reason = f"{counted(pending.events, 'event')} still waited at the end; nothing else had drifted"
            return unknown(self.name, reason, measures, notes)
        reason = f"at rest every listing and the master's record of {counted(len(stock), 'SKU')} were right"
        return tally.check(self.name, "valid", reason, measures, notes)

    def exposure(self, history: History) -> dict[str, int]:
        orders = Counter(effect.kind for effect in history.orders.effects)
        twice = _returned_twice(history)
        changed = {change.sku for change in history.all(f.StockChanged)}
        changed |= {effect.sku for effect in history.orders.effects}
        return {
            "SKUs that changed": len(changed),
            "lines sold on marketplaces": orders["sale"],
            "lines cancelled there": orders["cancelled"],
            "lines returned there": orders["returned"],
            CASES["cancel_before_create"]: history.repeats.cancel_first,
            CASES["return_then_cancel"]: _returned_then_cancelled(history),
            CASES["two_returns"]: len(twice),
            CASES["undone"]: sum(gone.order in twice for gone in history.all(f.OrderCancelled)),
            CASES["two_lines"]: _one_sku_on_two_lines(history),
            **_netted(history),
            **_one_sku_from_two_locations(history),
            **_below_zero(history),
        }


def _below_zero(history: History) -> dict[str, int]:
    """SKUs that at rest have fewer than no units at one of several locations; nothing if none was meant to."""
    if history.last(f.RunStarted) is None or not history.scenario.quotas.negative_level:
        return {}
    finals = history.all(f.FinalStock)
    return {CASES["negative_level"]: sum(len(final.levels) > 1 and min(final.levels) < 0 for final in finals)}


def _netted(history: History) -> dict[str, int]:
    """SKUs that end with a marketplace's sale and a restock of as many units; nothing if none was meant to."""
    if history.last(f.RunStarted) is None or not history.scenario.quotas.netted:
        return {}
    last_sale = {effect.sku: effect for effect in history.orders.effects if effect.kind == "sale"}
    restocks = {change.sku: change for change in history.all(f.StockChanged) if change.cause == "restock"}
    found = sum(
        (back := restocks.get(sku)) is not None
        and 0 <= back.at_ns - sale.at_ns <= NETTED_WITHIN_NS
        and back.delta == -sale.delta
        and history.effects_of_sku[sku][-1] is sale
        for sku, sale in last_sale.items()
    )
    return {CASES["netted"]: found}


def _returned_then_cancelled(history: History) -> int:
    returned = {back.order for back in history.all(f.OrderReturned) if back.channel in history.marketplaces}
    return sum(gone.order in returned for gone in history.all(f.OrderCancelled))


def _returned_twice(history: History) -> set[int]:
    own = history.marketplaces
    times = Counter(back.order for back in history.all(f.OrderReturned) if back.channel in own and back.restocked)
    return {order for order, count in times.items() if count > 1}


def _one_sku_on_two_lines(history: History) -> int:
    online = {fact.channel for fact in history.all(f.ChannelOpened) if fact.online}
    return sum(
        len(set(sale.skus)) < len(sale.skus) for sale in history.all(f.PurchaseAccepted) if sale.channel not in online
    )


def _one_sku_from_two_locations(history: History) -> dict[str, int]:
    """Orders of the own store; nothing where every item has one location."""
    if not any(ledger.parts for ledger in history.ledgers.values()):
        return {}
    sales = [sale for sale in history.all(f.StockChanged) if sale.cause == "sale"]
    taken = Counter((sale.order, sale.sku) for sale in sales)
    return {CASES["two_locations"]: len({order for (order, _), places in taken.items() if places > 1})}


def _listings(history: History, stock: dict[str, f.FinalStock], tally: Tally) -> int:
    wrong = 0
    for final in history.all(f.FinalListing):
        if final.sku not in stock or final.channel not in history.marketplaces:
            continue
        wanted = max(0, stock[final.sku].available - history.safety_stock)
        if final.listed > wanted or (final.listed < wanted and not history.lists_less):
            wrong += 1
            if tally.full:
                tally.count()
            else:
                tally.add(_listing_incident(history, final, wanted))
    return wrong


def _only_less(history: History, stock: dict[str, f.FinalStock]) -> tuple[str, ...]:
    """A note where listings show too few units and none too many, which can be meant so."""
    differences = [
        final.listed - max(0, stock[final.sku].available - history.safety_stock)
        for final in history.all(f.FinalListing)
        if final.sku in stock and final.channel in history.marketplaces
    ]
    less = sum(difference < 0 for difference in differences)
    if not less or history.lists_less or any(difference > 0 for difference in differences):
        return ()
    shown = f"{counted(less, 'listing')} {verb(less, 'show')} fewer units than there are, and none shows more"
    return (f"{shown}. {LISTS_ALL}",)


def _listing_incident(history: History, final: f.FinalListing, wanted: int) -> Incident:
    listing = history.listings.get((final.channel, final.sku))
    lacking = None
    if listing is not None:
        lacking = changes_lacking(
            listing, history.effects_of_sku.get(final.sku, ()), history.deliveries, final.listed, wanted
        )
    text = (
        f"At rest {final.channel} lists {final.listed} of {final.sku} where {wanted} would be right; "
        f"{_last_push(history, listing)}; {_lacking_text(history, lacking)}"
    )
    return Incident(
        "drift",
        final.at_ns,
        text,
        final.channel,
        final.sku,
        units=abs(final.listed - wanted),
        events=tuple(change.event for change in lacking or () if change.event >= 0),
    )


def _last_push(history: History, listing: Listing | None) -> str:
    if listing is None or not listing.pushes:
        return "it was never set"
    push = listing.pushes[-1]
    return f"it was last set at {history.offset(push.at_ns)}, to {push.quantity}"


def _lacking_text(history: History, lacking: tuple[Change, ...] | None) -> str:
    if lacking is None:
        return "which changes it lacks cannot be told: its quantity fits no single moment"
    named = [_change_text(history, change) for change in lacking[:NAMED_MAX]]
    more = f" and {counted(len(lacking) - len(named), 'more change')}" if len(lacking) > len(named) else ""
    return f"it lacks {', '.join(named)}{more}"


def _change_text(history: History, change: Change) -> str:
    when = history.offset(change.at_ns)
    if change.order >= 0:
        return f"{TOPICS[change.what]} of {history.order_name(change.order)} ({change.units:+d} at {when})"
    return f"{named_cause(change.what)} in the shop ({change.units:+d} at {when})"


def _orders(history: History, tally: Tally) -> int:
    """Orders with an effect that the master never recorded, and recorded orders that nobody placed.

    0 if the subject names no orders, because single orders cannot be judged then.
    """
    if history.orders.net_only:
        return 0
    missing: dict[int, list[Effect]] = {}
    for effect in history.orders.effects:
        if effect.version < 0 and not effect.settled and effect.order not in history.pending.orders:
            missing.setdefault(effect.order, []).append(effect)
    for order, effects in missing.items():
        tally.add(_order_incident(history, order, effects))
    for named, at_ns in history.orders.unknown_orders.items():
        text = f"The master records order {named}, which nobody placed, since {history.offset(at_ns)}"
        tally.add(Incident("drift", at_ns, text, named.partition(":")[0]))
    return len(missing) + len(history.orders.unknown_orders)


def _order_incident(history: History, order: int, effects: list[Effect]) -> Incident:
    first = effects[0]
    kinds = dict.fromkeys(effect.kind for effect in effects)
    events = [history.deliveries.order_event.get((order, TOPICS[kind]), -1) for kind in kinds]
    lines = ", ".join(f"{units(abs(effect.delta))} of {effect.sku}" for effect in effects[:NAMED_MAX])
    what = " and ".join(TOPICS[kind] for kind in kinds)
    text = (
        f"{history.order_name(order)}: {what} ({lines}, at {history.offset(first.at_ns)}) is not in the master's record"
    )
    return Incident(
        "drift",
        first.at_ns,
        text,
        first.channel,
        first.sku,
        order,
        sum(abs(effect.delta) for effect in effects),
        events=tuple(event for event in events if event >= 0),
    )


def _stock(history: History, stock: dict[str, f.FinalStock], tally: Tally) -> int:
    wrong = 0
    for final in stock.values():
        difference = final.available - final.physical
        if difference:
            wrong += abs(difference)
            if tally.full:
                tally.count()
            else:
                tally.add(_stock_incident(history, final, difference))
    return wrong


def _stock_incident(history: History, final: f.FinalStock, difference: int) -> Incident:
    off = explain(history.attribution, final.sku, difference)
    text = (
        f"At rest the master shows {final.available} of {final.sku} where {final.physical} are on the shelf; "
        f"{off_text(history, off)}"
    )
    events = [
        history.deliveries.order_event.get((cause.effect.order, TOPICS[cause.effect.kind]), -1)
        for cause in off.causes
        if cause.effect is not None
    ]
    return Incident(
        "drift",
        final.at_ns,
        text,
        sku=final.sku,
        units=abs(difference),
        events=tuple(event for event in events if event >= 0),
        requests=tuple(cause.request for cause in off.causes if cause.request >= 0)[:CALLS_MAX],
    )
