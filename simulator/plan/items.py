"""The plan: everything that will be attempted in a run and does not depend on the subject, as a value.

Offsets are nanoseconds from the start of load. One (scenario, seed) gives one plan, byte for byte. Items are sorted by
(offset_ns, serial). Follow-ups of a purchase that is refused in the run have no effect.
"""

import hashlib
from collections.abc import Iterator

import msgspec

from stockstorm.simulator.config import FaultKind, ForgeryKind, LifeChange, PoisonKind
from stockstorm.simulator.model import SHOPIFY, OrderKey, Origin, Sku, Topic


class PlanItem(msgspec.Struct, frozen=True, tag_field="plan"):
    """Base: the time, and the serial that breaks ties."""

    offset_ns: int
    serial: int


class PlannedPurchase(PlanItem, frozen=True, tag="purchase", omit_defaults=True):
    """A buyer tries to buy on a channel. What is as usual is not written, so plans without it stay as they were."""

    order: OrderKey
    channel: str
    buyer: int
    lines: tuple[tuple[Sku, int], ...]  # (sku, quantity)
    origin: Origin = "web"
    large_kb: int = 0


class PlannedPayment(PlanItem, frozen=True, tag="payment"):
    order: OrderKey


class PlannedCancellation(PlanItem, frozen=True, tag="cancellation"):
    order: OrderKey


class PlannedReturn(PlanItem, frozen=True, tag="return"):
    """A refund on the own store, a return on a marketplace."""

    order: OrderKey
    lines: tuple[tuple[Sku, int], ...]
    restock: bool


class PlannedOrderEdit(PlanItem, frozen=True, tag="order_edit"):
    """The shop's staff takes units of an order's lines out, and adds lines of other SKUs."""

    order: OrderKey
    removed: tuple[tuple[Sku, int], ...]
    added: tuple[tuple[Sku, int], ...]


class PlannedRestock(PlanItem, frozen=True, tag="restock"):
    """Goods arrive (positive) or are written off (negative), by the shop's own staff or another app."""

    sku: Sku
    delta: int


class PlannedTransfer(PlanItem, frozen=True, tag="transfer"):
    """The shop's own staff moves at most `units` from one location of an item to another.

    With `below` it moves so many from the emptiest one that the level there is this far below zero.
    """

    sku: Sku
    units: int
    below: int = 0


class PlannedProductEdit(PlanItem, frozen=True, tag="product_edit"):
    """Somebody edits a product, which fires products/update."""

    sku: Sku


class PlannedForgery(PlanItem, frozen=True, tag="forgery"):
    """An attacker sends a delivery that must be refused, or have no effect."""

    kind: ForgeryKind
    sku: Sku  # that the delivery is about, where it is not about an order of a buyer
    source: str = SHOPIFY  # or a channel's name
    topic: Topic = "inventory_levels/update"


class PlannedPoison(PlanItem, frozen=True, tag="poison"):
    """A source sends a delivery that is signed and that nobody can process."""

    kind: PoisonKind
    sku: Sku
    source: str
    topic: Topic


class PlannedPhase(PlanItem, frozen=True, tag="phase"):
    """A named interval of the schedule begins; for progress and reports."""

    name: str


class PlannedFault(PlanItem, frozen=True, tag="fault"):
    """A fault of the subject, which ends after `duration_ns`."""

    kind: FaultKind
    duration_ns: int


class PlannedLife(PlanItem, frozen=True, tag="life"):
    """Something happens to the app's installation. What it is told is due `after_ns` later."""

    change: LifeChange
    after_ns: int = 0
    scopes: tuple[str, ...] = ()


AnyPlanItem = (
    PlannedPurchase
    | PlannedPayment
    | PlannedCancellation
    | PlannedReturn
    | PlannedOrderEdit
    | PlannedRestock
    | PlannedTransfer
    | PlannedProductEdit
    | PlannedForgery
    | PlannedPoison
    | PlannedPhase
    | PlannedFault
    | PlannedLife
)


_encode = msgspec.json.Encoder(order="deterministic").encode


def header_line(scenario: str, seed: int, duration_ns: int, *, expected_events: int, items: int) -> bytes:
    """The first line of a plan."""
    header = {
        "scenario": scenario,
        "seed": seed,
        "duration_ns": duration_ns,
        "expected_events": expected_events,
        "items": items,
    }
    return _encode(header) + b"\n"


def item_line(item: AnyPlanItem) -> bytes:
    """A line of a plan."""
    return _encode(item) + b"\n"


class Plan(msgspec.Struct, frozen=True):
    """A plan in memory, the length of its load, and the number of events if every purchase is accepted."""

    scenario: str
    seed: int
    duration_ns: int
    expected_events: int
    items: tuple[AnyPlanItem, ...]

    def lines(self) -> Iterator[bytes]:
        """The plan as JSON lines: a header, then one item a line. What `stockstorm plan` writes."""
        events, items = self.expected_events, len(self.items)
        yield header_line(self.scenario, self.seed, self.duration_ns, expected_events=events, items=items)
        yield from map(item_line, self.items)

    def digest(self) -> str:
        """SHA-256 of the lines, hexadecimal: two runs with the same digest had the same plan."""
        total = hashlib.sha256()
        for line in self.lines():
            total.update(line)
        return total.hexdigest()
