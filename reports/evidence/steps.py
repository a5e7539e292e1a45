"""Facts as steps of a chain: one sentence each, with the ids that the subject can find in its own log."""

from collections.abc import Mapping
from typing import Final

from stockstorm.reports.history import History
from stockstorm.reports.history.deliveries import INVENTORY_TOPIC, Delivery
from stockstorm.reports.history.ledgers import CAUSE_NAMES
from stockstorm.reports.result import Side, Step, StepKind, units
from stockstorm.simulator.api.exchange import request_id
from stockstorm.simulator.clock import MILLISECOND_NS
from stockstorm.simulator.config import API_FAULTS
from stockstorm.simulator.delivery.poison import POISON
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.history.attempt_errors import ATTEMPT_ERRORS

ATTEMPTS_MAX: Final = 4  # of one delivery: the first ones and the last
WRITES: Final[Mapping[str, str]] = {"subject_adjust": "adjusted", "subject_set": "set"}


class Steps:
    """Makes steps of one history."""

    def __init__(self, history: History) -> None:
        self._history = history

    def step(self, at_ns: int, kind: StepKind, text: str, ids: dict[str, str] | None = None, side: Side = "") -> Step:
        return Step(at_ns, self._history.wall(at_ns), kind, text, ids or {}, side)

    def order(self, fact: f.PurchaseAccepted | f.OrderCancelled | f.OrderReturned) -> Step:
        """An order, its cancellation or its return."""
        name = self._history.order_name(fact.order)
        lines = ", ".join(f"{count} × {sku}" for sku, count in zip(fact.skus, fact.quantities, strict=True))
        match fact:
            case f.PurchaseAccepted():
                seen = zip(fact.skus, fact.shown_before, fact.physical_before, strict=True)
                shelf = "; ".join(f"{sku}: {shown} shown, {there} on the shelf" for sku, shown, there in seen)
                text = f"{name} was accepted: {lines} ({shelf})"
            case f.OrderCancelled():
                text = f"{name} was cancelled: {lines} came back"
            case f.OrderReturned():
                text = f"{name} was returned: {lines}{'' if fact.restocked else ', not restocked'}"
        return self.step(fact.at_ns, "order", text, {"order": fact.ref})

    def event(self, fact: f.EventFired, side: Side = "") -> Step:
        """Something that subscribers are told of. Only Shopify tells its event id."""
        source = "the shop" if fact.source == "shopify" else fact.source
        about = ""
        if fact.topic == INVENTORY_TOPIC:
            about = f" of {fact.sku}{self._level(fact)}"
        elif fact.order >= 0:
            about = f" of {self._history.order_name(fact.order)}"
        ids = {"event id": fact.event_id} if fact.source == "shopify" else {}
        return self.step(fact.at_ns, "event", f"{source} fired {fact.topic}{about}", ids, side)

    def _level(self, fact: f.EventFired) -> str:
        ledger = self._history.ledgers.get(fact.sku)
        if ledger is None or not 0 <= fact.version < len(ledger.first_state):
            return ""
        state = ledger.first_state[fact.version]
        if not state:
            return f": {ledger.available[0]} available"
        before, after = ledger.available[state - 1], ledger.available[state]
        sums = f": {before} → {after} available ({cause_text(ledger.causes[state])})"
        place = ledger.place(fact.version)
        if place < 0:
            return sums
        levels, at = ledger.at(place).available, ledger.at(place).first_state[fact.version]
        return f"{sums}, of which {levels[at - 1]} → {levels[at]} at location {place}"

    def delivery(self, delivery: Delivery, side: Side = "") -> list[Step]:
        """One delivery: its plan, its attempts and its outcome."""
        planned = delivery.planned
        ids = {"webhook id": planned.webhook_id}
        made_up = "poisonous" if planned.forged in POISON else "forged"
        what = f"a {made_up} {planned.topic} ({planned.forged})" if planned.forged else planned.topic
        copy = f", duplicate {planned.copy}" if planned.copy else ""
        marks = f" ({' and '.join(planned.perturbed)})" if planned.perturbed else ""
        found = [
            self.step(
                max(planned.at_ns, planned.due_ns), "delivery", f"{what} was due to the subject{copy}{marks}", ids, side
            )
        ]
        attempts = delivery.attempts
        if len(attempts) > ATTEMPTS_MAX:
            attempts = [*attempts[: ATTEMPTS_MAX - 1], attempts[-1]]
        of = len(delivery.attempts)
        found += [self.step(one.at_ns, "attempt", self._attempt(one, of), ids, side) for one in attempts]
        if delivery.outcome and (delivery.outcome != "acknowledged" or not attempts):
            text = f"the delivery ended: {delivery.outcome.replace('_', ' ')}"
            found.append(self.step(delivery.ended_ns, "outcome", text, ids, side))
        return found

    def _attempt(self, attempt: f.AttemptEnded, of: int) -> str:
        took = (attempt.at_ns - attempt.due_ns) / MILLISECOND_NS
        how = ATTEMPT_ERRORS[attempt.error] if attempt.error else f"the subject answered {attempt.status}"
        return f"attempt {attempt.attempt} of {of}: {how}, {took:,.1f} ms after it was due"

    def call(self, call: f.ApiCalled, side: Side = "") -> Step:
        """An API call of the subject with its answer."""
        api = "the Admin API" if call.api == "admin" else f"{call.api}'s API"
        said = f"{call.status or 'no answer'}, {call.outcome.replace('_', ' ')}"
        wanted = f"; injected by the scenario: {API_FAULTS[call.injected]}" if call.injected else ""
        what = call.operation or "an unknown operation"
        text = f"the subject called {what} of {api}: {said}{wanted}"
        return self.step(call.started_ns or call.at_ns, "call", text, call_ids(call.request), side)

    def read(self, shown: f.StockShown, sku: str, side: Side = "") -> Step | None:
        """What an API answer showed of one SKU."""
        ledger = self._history.ledgers.get(sku)
        if ledger is None or sku not in shown.skus:
            return None
        version = max(number for name, number in zip(shown.skus, shown.versions, strict=True) if name == sku)
        if not 0 <= version < len(ledger.first_state):
            return None
        available = ledger.available[ledger.first_state[version]]
        text = f"the answer showed {available} of {sku} available (version {version})"
        return self.step(shown.at_ns, "read", text, call_ids(shown.request), side)

    def write(self, row: f.StockChanged | f.StockUnmoved, side: Side = "") -> Step:
        """A row of the master that the subject wrote."""
        how, named = WRITES.get(row.cause, row.cause), f"; it names {row.reference}" if row.reference else ""
        if isinstance(row, f.StockChanged):
            before = row.available - row.delta
            text = f"the subject {how} {row.sku}: {before} → {row.available} (version {row.version}){named}"
        else:
            text = f"the subject {how} {row.sku}, which changed nothing (version {row.version} stays){named}"
        return self.step(row.at_ns, "write", text, call_ids(row.request), side)

    def push(self, push: f.ListingPushed, side: Side = "") -> Step:
        """A listing that the subject set."""
        text = f"the subject set {push.sku} on {push.channel} to {push.quantity}; it showed {push.shown_before}"
        return self.step(push.at_ns, "push", text, call_ids(push.request), side)

    def sold(self, sale: f.PurchaseAccepted, sku: str) -> Step:
        """A sale elsewhere that took units of a SKU."""
        count = sum(each for name, each in zip(sale.skus, sale.quantities, strict=True) if name == sku)
        text = f"{self._history.order_name(sale.order)} took {units(count)} of {sku}"
        return self.step(sale.at_ns, "order", text, {"order": sale.ref})


def cause_text(cause: str) -> str:
    """Why a level changed: "sale in the shop", "set by the subject"."""
    if cause in WRITES:
        return f"{WRITES[cause]} by the subject"
    if cause == "restock":
        return "restock or correction"  # goods, a stocktake, another app: nothing tells them apart
    name = CAUSE_NAMES.get(cause, cause)
    return f"{name} in the shop" if cause in ("sale", "cancellation", "return", "order_edit") else name


def call_ids(request: int) -> dict[str, str]:
    """The id by which the subject knows a call: the `X-Request-Id` of its answer."""
    return {"request id": request_id(request)} if request >= 0 else {}
