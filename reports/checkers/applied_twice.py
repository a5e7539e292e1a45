"""Applied twice: orders whose effect on the master's stock was applied more than once.

Found by references: two stock changes name the same order, or one moved more units than the orders that it names, and
the SKU's total confirms it. The subject's own probe is evidence too. A subject that names no orders is judged by
conservation of units ("net only") and by its probe.
"""

from stockstorm.reports.checkers.checker import Checker, Measure
from stockstorm.reports.history import History
from stockstorm.reports.history.channel_orders import NET_ONLY, SUBJECT_CAUSES, Effect, Misfit
from stockstorm.reports.result import Check, Incident, Tally, counted, units, unknown
from stockstorm.simulator.history import facts as f


class AppliedTwice(Checker):
    name = "applied_twice"
    severity = "correctness"
    measures = (
        Measure(
            "applied_twice.orders",
            "orders applied twice",
            "count",
            "orders whose effect on stock was applied more than once",
            headline=True,
        ),
        Measure(
            "applied_twice.events",
            "events applied twice",
            "count",
            "events that the subject itself reports as applied more than once",
        ),
        Measure(
            "applied_twice.units",
            "units applied twice",
            "units",
            "units taken from the master beyond what marketplaces sold; only without order references",
        ),
    )

    def __call__(self, history: History) -> Check:
        orders = history.orders
        twice = [probed for probed in history.all(f.EffectProbed) if probed.state == "applied" and probed.times > 1]
        tally, measures = Tally(), {"applied_twice.events": float(len(twice))}
        if not history.all(f.EventFired) and not orders.effects:
            return unknown(self.name, "no event was fired")
        if not orders.effects and not twice:
            return Check(self.name, "valid", "no marketplace order was accepted, so none was applied twice", measures)
        if not orders.writes and not twice:
            return unknown(self.name, "the subject wrote no stock to the master", measures)
        if orders.net_only:
            return _net_only(history, twice, tally, measures)
        doubled = _doubled(history)
        for effect, at_ns in doubled.values():
            tally.add(_incident(history, effect, at_ns))
        probed, others = _from_probe(history, twice, {effect.order for effect, _ in doubled.values()}, tally)
        found = len({order for order, _ in doubled}) + probed
        measures["applied_twice.orders"] = float(found)
        if tally.total:
            return tally.check(self.name, "invalid", f"{_applied(found, others)} applied more than once", measures)
        reason = f"none of {counted(len(orders.by_order), 'marketplace order')} was applied twice"
        return tally.check(self.name, "valid", reason, measures)

    def exposure(self, history: History) -> dict[str, int]:
        found = history.repeats
        return {
            "order notifications delivered again": found.again,
            "of them within 5 ms": found.at_once,
            "more than 2 s later": found.late,
            "under a new webhook id": found.new_id,
            "after the order's cancellation": found.after_cancel,
            "tried again after a failure": found.retried,
            "orders read again by API": found.read_again,
            "acknowledged just before a kill": found.before_kill,
        }


def _doubled(history: History) -> dict[tuple[int, str], tuple[Effect, int]]:
    """(order, kind) → one of its doubled effects, and when."""
    suspects = history.misfit_skus
    found: dict[tuple[int, str], tuple[Effect, int]] = {}
    for effect in history.orders.effects:
        if effect.times > 1 and effect.sku in suspects:
            found.setdefault((effect.order, effect.kind), (effect, effect.version_ns))
    for misfit in history.orders.misfits:
        if misfit.row.sku in suspects:
            for effect in _culprits(misfit):
                found.setdefault((effect.order, effect.kind), (effect, misfit.row.at_ns))
    return found


def _culprits(misfit: Misfit) -> list[Effect]:
    """Effects of a stock change that, applied once more, explain its excess."""
    rest, found = misfit.excess, []
    for effect in sorted(misfit.effects, key=lambda effect: -abs(effect.delta)):
        if effect.delta * rest > 0 and abs(effect.delta) <= abs(rest):
            found.append(effect)
            rest -= effect.delta
    return found


def _incident(history: History, effect: Effect, at_ns: int) -> Incident:
    topic = {"sale": "order.created", "cancelled": "order.cancelled", "returned": "order.returned"}[effect.kind]
    event = history.deliveries.order_event.get((effect.order, topic), -1)
    text = (
        f"{effect.channel}'s {topic} of order {effect.order} moved {effect.sku} by {units(abs(effect.delta))} "
        f"more than once, at {history.offset(at_ns)}"
    )
    return Incident(
        "applied_twice",
        at_ns,
        text,
        effect.channel,
        effect.sku,
        effect.order,
        abs(effect.delta),
        events=(event,) if event >= 0 else (),
    )


def _from_probe(history: History, twice: list[f.EffectProbed], known: set[int], tally: Tally) -> tuple[int, int]:
    """How many orders, and how many events without an order, only the probe reports. Adds an incident for each."""
    by_webhook = {probed.webhook_id: probed for probed in twice}
    orders: set[int] = set()
    others: set[int] = set()
    for delivery in history.deliveries.by_id.values():
        probed = by_webhook.pop(delivery.planned.webhook_id, None)
        event = history.deliveries.events.get(delivery.planned.event)
        if probed is None or event is None or event.order in known:
            continue
        if event.order >= 0:
            orders.add(event.order)
        else:
            others.add(event.event)
        text = f"The subject reports that it applied event {event.event} ({event.topic}) {probed.times} times"
        tally.add(Incident("applied_twice", event.at_ns, text, order=event.order, sku=event.sku, events=(event.event,)))
    return len(orders), len(others)


def _applied(orders: int, others: int) -> str:
    """ "2 orders", "1 event of no order", "2 orders and 1 event of no order"."""
    words = [counted(orders, "order")] if orders else []
    return " and ".join([*words, f"{counted(others, 'event')} of no order"] if others else words)


def _net_only(history: History, twice: list[f.EffectProbed], tally: Tally, measures: dict[str, float]) -> Check:
    notes = (NET_ONLY,)
    probed, others = _from_probe(history, twice, set(), tally)
    measures["applied_twice.orders"] = float(probed)
    balance: dict[str, int] = {}
    for effect in history.orders.effects:
        balance[effect.sku] = balance.get(effect.sku, 0) - effect.delta
    for change in history.all(f.StockChanged):
        if change.cause in SUBJECT_CAUSES:
            balance[change.sku] = balance.get(change.sku, 0) + change.delta
    short = {sku: -excess for sku, excess in balance.items() if excess < 0}
    for sku, taken in short.items():
        text = f"{units(taken)} of {sku} were taken from the master beyond what marketplaces sold"
        tally.add(Incident("applied_twice", history.end_ns, text, sku=sku, units=taken))
    measures["applied_twice.units"] = float(sum(short.values()))
    if probed or others:
        reason = f"{_applied(probed, others)} applied more than once, according to the subject itself"
        return tally.check("applied_twice", "invalid", reason, measures, notes)
    if history.unrest:
        return unknown("applied_twice", history.unrest, measures, notes)
    if short:
        reason = f"stock of {counted(len(short), 'SKU')} was taken more than once, in net terms"
        return tally.check("applied_twice", "invalid", reason, measures, notes)
    reason = "no more was taken from the master than marketplaces sold, in net terms"
    return tally.check("applied_twice", "valid", reason, measures, notes)
