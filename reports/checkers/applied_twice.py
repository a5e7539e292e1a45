"""Applied twice: orders whose effect on the master's stock was applied more than once.

Claimed only where it is proven. By references: a write moved the units of an order that it names once more, and the
SKU's total confirms it. By the subject's own probe. Of a subject that names no orders, a SKU's balance tells by how
much it is off ("net only"). That some units were moved more than once is proven where more was taken than all
marketplaces had sold until then, or where a write is left that no order event explains. Else the finding is unknown,
and says what fits.
"""

from stockstorm.reports.checkers.checker import Checker, Measure
from stockstorm.reports.evidence.off_stock import NAMED_MAX, act_name, off_text
from stockstorm.reports.history import History
from stockstorm.reports.history.balance import OffBalance
from stockstorm.reports.history.channel_orders import NET_ONLY
from stockstorm.reports.history.doubled import Doubled, Unattributed
from stockstorm.reports.history.listing_gap import TOPICS
from stockstorm.reports.history.off_stock import explain
from stockstorm.reports.result import Check, Incident, Tally, counted, units, unknown, verb
from stockstorm.scenarios.promises import CASES
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f

HORIZON = "s from the first delivery of an event to its last, at most"


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
            "units proven to be moved more than once; only without order references",
        ),
    )

    def __call__(self, history: History) -> Check:
        orders = history.orders
        twice = history.probed_twice
        tally, measures = Tally(), {"applied_twice.events": float(len(twice))}
        if not history.all(f.EventFired) and not orders.effects:
            return unknown(self.name, "no event was fired")
        if not orders.effects and not twice:
            return Check(self.name, "valid", "no marketplace order was accepted, so none was applied twice", measures)
        if not orders.writes and not twice:
            return unknown(self.name, "the subject wrote no stock to the master", measures)
        if orders.net_only:
            return _net_only(history, twice, tally, measures)
        doubled = history.doublings.by_order
        for each in doubled.values():
            tally.add(_incident(history, each))
        unclear = [each for each in history.doublings.unattributed if each.choices]
        for one in unclear:
            tally.add(_one_of(history, one))
        probed, others = _from_probe(history, twice, {order for order, _ in doubled}, tally)
        found = len({order for order, _ in doubled}) + len(unclear) + probed
        measures["applied_twice.orders"] = float(found)
        if tally.total:
            return tally.check(self.name, "invalid", f"{_applied(found, others)} applied more than once", measures)
        reason = f"none of {counted(len(orders.by_order), 'marketplace order')} was applied twice"
        return tally.check(self.name, "valid", reason, measures)

    def exposure(self, history: History) -> dict[str, int]:
        """With the horizon that is proven: who forgets an event later than that is not tested."""
        found = history.repeats
        return {
            "order notifications delivered again": found.again,
            CASES["near_duplicate"]: found.at_once,
            CASES["late_duplicate"]: found.late,
            CASES["resent"]: found.new_id,
            HORIZON: found.horizon_ns // SECOND_NS,
            CASES["duplicate_after_cancel"]: found.after_cancel,
            "tried again after a failure": found.retried,
            "orders read again by API": history.read_again,
            "acknowledged just before a kill": found.before_kill,
            "writes sent again after an execution without an answer": _sent_again(history),
        }


def _sent_again(history: History) -> int:
    """Executed writes whose answer a fault withheld, and whose key came again."""
    calls = [call for call in history.all(f.ApiCalled) if call.key]
    unanswered = {call.key for call in calls if call.outcome == "ok" and (call.status == 0 or call.status >= 500)}
    return len(unanswered & {call.key for call in calls if call.outcome == "replayed"})


def _incident(history: History, doubled: Doubled) -> Incident:
    effect, row = doubled.effect, doubled.row
    topic = TOPICS[effect.kind]
    event = history.deliveries.order_event.get((effect.order, topic), -1)
    text = (
        f"{topic} of {history.order_name(effect.order)} moved {effect.sku} by {units(abs(effect.delta))} "
        f"more than once, at {history.offset(row.at_ns)}"
    )
    return Incident(
        "applied_twice",
        row.at_ns,
        text,
        effect.channel,
        effect.sku,
        effect.order,
        abs(effect.delta),
        events=(event,) if event >= 0 else (),
        requests=(row.request,) if row.request >= 0 else (),
    )


def _one_of(history: History, found: Unattributed) -> Incident:
    """A write that applied an order once more, where several would explain it."""
    row, excess = found.misfit.row, found.misfit.excess
    effects = list({(effect.order, effect.kind): effect for some in found.choices for effect in some}.values())
    named = ", ".join(act_name(history, effect) for effect in effects[:NAMED_MAX])
    more = f" and {counted(len(effects) - NAMED_MAX, 'other')}" if len(effects) > NAMED_MAX else ""
    text = (
        f"A write at {history.offset(row.at_ns)} moved {row.sku} by {units(abs(excess))} beyond the orders that it "
        f"names; which of them it applied twice is not proven: {named}{more}"
    )
    requests = (row.request,) if row.request >= 0 else ()
    return Incident("applied_twice", row.at_ns, text, sku=row.sku, units=abs(excess), requests=requests)


def _from_probe(history: History, twice: list[f.EffectProbed], known: set[int], tally: Tally) -> tuple[int, int]:
    """How many orders, and how many events without an order, only the probe reports. Adds an incident for each."""
    if not twice:
        return 0, 0
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
        what = history.order_name(event.order) if event.order >= 0 else event.sku
        text = f"The subject reports that it applied {event.topic} of {what} {probed.times} times"
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
    off = [each for each in history.off_balance if each.sku not in history.pending.skus]
    taken = [each for each in off if each.taken]
    unclear = [each for each in off if not each.taken and _may_be_doubled(history, each)]
    for each in (*taken, *unclear):
        tally.add(_off_incident(history, each))
    measures["applied_twice.units"] = float(sum(each.taken for each in taken))
    if probed or others:
        reason = f"{_applied(probed, others)} applied more than once, according to the subject itself"
        return tally.check("applied_twice", "invalid", reason, measures, notes)
    if history.unrest:
        return unknown("applied_twice", history.unrest, measures, notes)
    if taken:
        reason = f"stock of {counted(len(taken), 'SKU')} was moved more than once, in net terms"
        return tally.check("applied_twice", "invalid", reason, measures, notes)
    if unclear:
        reason = (
            f"{counted(len(unclear), 'SKU')} {_are(unclear)} off, and whether an order was applied twice is not proven"
        )
        return tally.check("applied_twice", "unknown", reason, measures, notes)
    reason = "no more was moved in the master than marketplaces sold and took back, in net terms"
    return tally.check("applied_twice", "valid", reason, measures, notes)


def _are(found: list[OffBalance]) -> str:
    return "is" if len(found) == 1 else "are"


def _may_be_doubled(history: History, off: OffBalance) -> bool:
    """Whether orders applied twice could explain that a SKU is off. Lost ones and lost updates explain the others."""
    stock = explain(history.attribution, off.sku, off.units)
    if off.lost_only or stock.explained:
        return False
    return off.units < 0 or bool(stock.fits and stock.fits.twice)


def _off_incident(history: History, off: OffBalance) -> Incident:
    """What a SKU without order references is off by, and what that proves."""
    beyond = "fewer" if off.units < 0 else "more"
    text = f"The record of {off.sku} is off by {abs(off.units)} {beyond} than the marketplaces' orders make"
    if off.taken:
        when = history.offset(off.at_ns)
        how = (
            "no order event is left for a write" if off.singly else "more had been taken than all marketplaces had sold"
        )
        text += f": at {when} {how}, so {units(off.taken)} {verb(off.taken, 'were')} moved more than once"
    text += f"; {off_text(history, explain(history.attribution, off.sku, off.units))}"
    requests = tuple(row.request for row in off.extra[:NAMED_MAX] if off.singly and row.request >= 0)
    kind = "applied_twice" if off.taken else "off"
    return Incident(kind, off.at_ns or history.end_ns, text, sku=off.sku, units=abs(off.units), requests=requests)
