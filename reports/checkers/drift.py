"""Drift: what is still wrong at rest. Listings that differ from their target, orders that the master lacks or that
nobody placed, and SKUs whose record in the master differs from the shelf.

Items that an event concerns which is still pending are left out. They are not proven wrong, so the check is unknown if
nothing else has drifted.
"""

from collections import Counter

from stockstorm.reports.checkers.checker import Checker, Measure
from stockstorm.reports.history import History
from stockstorm.reports.history.channel_orders import NET_ONLY, Effect
from stockstorm.reports.result import Check, Incident, Tally, counted, units, unknown
from stockstorm.simulator.history import facts as f


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
        wrong = _stock(stock, tally)
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
        notes = (NET_ONLY,) if history.orders.net_only else ()
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
        changed = {change.sku for change in history.all(f.StockChanged)}
        changed |= {effect.sku for effect in history.orders.effects}
        return {
            "SKUs that changed": len(changed),
            "lines sold on marketplaces": orders["sale"],
            "lines cancelled there": orders["cancelled"],
            "lines returned there": orders["returned"],
            "cancellations delivered before their order": history.repeats.cancel_first,
            "orders with one SKU on two lines": _one_sku_on_two_lines(history),
        }


def _one_sku_on_two_lines(history: History) -> int:
    online = {fact.channel for fact in history.all(f.ChannelOpened) if fact.online}
    return sum(
        len(set(sale.skus)) < len(sale.skus) for sale in history.all(f.PurchaseAccepted) if sale.channel not in online
    )


def _listings(history: History, stock: dict[str, f.FinalStock], tally: Tally) -> int:
    wrong = 0
    for final in history.all(f.FinalListing):
        if final.sku not in stock or final.channel not in history.marketplaces:
            continue
        wanted = max(0, stock[final.sku].available - history.safety_stock)
        if final.listed != wanted:
            wrong += 1
            text = (
                f"At rest {final.channel} lists {final.listed} of {final.sku} where {wanted} would be right; "
                f"{_last_push(history, final)}"
            )
            tally.add(_incident(final.at_ns, text, final.channel, final.sku, abs(final.listed - wanted)))
    return wrong


def _last_push(history: History, final: f.FinalListing) -> str:
    listing = history.listings.get((final.channel, final.sku))
    if listing is None or not listing.pushes:
        return "it was never set"
    push = listing.pushes[-1]
    return f"it was last set at {history.offset(push.at_ns)}, to {push.quantity}"


def _orders(history: History, tally: Tally) -> int:
    """Orders with an effect that the master never recorded, and recorded orders that nobody placed.

    0 if the subject names no orders, because single orders cannot be judged then.
    """
    if history.orders.net_only:
        return 0
    missing: dict[int, Effect] = {}
    for effect in history.orders.effects:
        if effect.version < 0 and not effect.settled and effect.order not in history.pending.orders:
            missing.setdefault(effect.order, effect)
    topics = {"sale": "order.created", "cancelled": "order.cancelled", "returned": "order.returned"}
    for order, effect in missing.items():
        event = history.deliveries.order_event.get((order, topics[effect.kind]), -1)
        text = (
            f"{effect.channel}'s order {order} ({topics[effect.kind]} at {history.offset(effect.at_ns)}, "
            f"{units(abs(effect.delta))} of {effect.sku}) is not in the master's record"
        )
        tally.add(
            Incident(
                "drift",
                effect.at_ns,
                text,
                effect.channel,
                effect.sku,
                order,
                abs(effect.delta),
                events=(event,) if event >= 0 else (),
            )
        )
    for named, at_ns in history.orders.unknown_orders.items():
        text = f"The master records order {named}, which nobody placed, since {history.offset(at_ns)}"
        tally.add(Incident("drift", at_ns, text, named.partition(":")[0]))
    return len(missing) + len(history.orders.unknown_orders)


def _stock(stock: dict[str, f.FinalStock], tally: Tally) -> int:
    wrong = 0
    for final in stock.values():
        difference = final.available - final.physical
        if difference:
            wrong += abs(difference)
            text = f"At rest the master shows {final.available} of {final.sku} where {final.physical} are on the shelf"
            tally.add(_incident(final.at_ns, text, "", final.sku, abs(difference)))
    return wrong


def _incident(at_ns: int, text: str, channel: str, sku: str, count: int) -> Incident:
    return Incident("drift", at_ns, text, channel, sku, units=count)
