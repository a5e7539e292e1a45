"""Facts of the shop and its channels: what was stocked, sold, changed, listed and fired, and what is left at rest."""

from typing import Literal

from stockstorm.simulator.history.ranges import Balance, Count, Name, OptionalId, Positive, Quantity, Text, Units
from stockstorm.simulator.history.run_facts import Fact
from stockstorm.simulator.model import ApiStockCause, OrderChange, StockCause

WrittenAs = Literal["created", "cancelled", "refunded", "fulfilled"]


class ItemStocked(Fact, frozen=True, tag=True):
    """A SKU before load, at ledger version 0. Every marketplace then lists `available` less the safety stock.

    Of an item that several locations stock, `locations` and `levels` name all of them, and `available` is the sum.
    """

    sku: Name
    inventory_item_id: Positive
    location_id: Positive
    available: Quantity
    price_minor: Count
    hot: bool
    locations: tuple[Positive, ...] = ()
    levels: tuple[Balance, ...] = ()


class ChannelOpened(Fact, frozen=True, tag=True):
    channel: Name
    online: bool  # the shop's own store, which sells from the master and has no listings


class PurchaseAccepted(Fact, frozen=True, tag=True):
    """An accepted order. The tuples are parallel, with one element for each line."""

    order: Count
    channel: Name
    ref: Name
    skus: tuple[Name, ...]
    quantities: tuple[Units, ...]
    physical_before: tuple[Balance, ...]  # physical stock of the SKU just before this line
    shown_before: tuple[Balance, ...]  # master's available (online) or the listing (marketplace)


class PurchaseRefused(Fact, frozen=True, tag=True):
    """A purchase that was refused because a line showed too little stock. The tuples are parallel."""

    order: Count
    channel: Name
    skus: tuple[Name, ...]
    quantities: tuple[Units, ...]
    physical_before: tuple[Balance, ...]
    shown_before: tuple[Balance, ...]


class FollowUpVoid(Fact, frozen=True, tag=True):
    """A planned follow-up without effect: its purchase had been refused, or its order already cancelled."""

    order: Count
    follow_up: OrderChange


class OrderPaid(Fact, frozen=True, tag=True):
    order: Count
    channel: Name


class OrderCancelled(Fact, frozen=True, tag=True):
    """An order was cancelled on its channel. All units that had not been returned came back to physical stock."""

    order: Count
    channel: Name
    ref: Name
    skus: tuple[Name, ...]
    quantities: tuple[Units, ...]


class OrderReturned(Fact, frozen=True, tag=True):
    order: Count
    channel: Name
    ref: Name
    return_id: Positive
    skus: tuple[Name, ...]
    quantities: tuple[Units, ...]
    restocked: bool


class OrderWritten(Fact, frozen=True, tag=True):
    """The subject created, cancelled, refunded or shipped an order of the own store by a call.

    `order` is -1 for an order that it created. `reference` names the marketplace's order that such an order stands for.
    Its stock changes are `StockChanged` facts, and the change of a buyer's order is a fact of its own too.
    """

    how: WrittenAs
    order_id: Positive
    skus: tuple[Name, ...]
    quantities: tuple[Count, ...]
    request: OptionalId = -1
    order: OptionalId = -1
    reference: Text = ""


class StockChanged(Fact, frozen=True, tag=True):
    """One entry of the master's ledger: version `version` of the item, which changed its level at one location.

    `delta` and `available` are of the sum over the item's locations. A transfer between two of them makes two versions
    that leave the sum as it is.
    """

    sku: Name
    inventory_item_id: Positive
    location_id: Positive
    version: Count
    delta: Balance
    available: Balance  # after the change
    cause: StockCause
    order: OptionalId = -1  # for a sale, cancellation or return of the own store
    reference: Text = ""  # the subject's referenceDocumentUri
    compared: bool = False  # the subject sent changeFromQuantity, and it matched
    request: OptionalId = -1  # serial number of the API call
    level: Balance | None = None  # units at the location after the change; None: the item has no other location


class StockUnmoved(Fact, frozen=True, tag=True):
    """A row of 0 units in a write of the subject. It makes no ledger entry, but may record orders that net to 0.

    A set of the quantity that is there already is such a row too.
    """

    sku: Name
    version: Count  # the newest version, which is unchanged
    reference: Text
    request: OptionalId = -1
    cause: ApiStockCause = "subject_adjust"  # older versions wrote this for a set too
    compared: bool = False  # as in StockChanged
    location_id: OptionalId = -1  # -1: the item has no other location


class ListingPushed(Fact, frozen=True, tag=True):
    """The subject set a listing. From now on the channel shows `quantity`, less what it sells."""

    channel: Name
    sku: Name
    quantity: Quantity
    shown_before: Quantity
    request: OptionalId = -1


class EventFired(Fact, frozen=True, tag=True):
    """Something happened that subscribers are told of. `source` is "shopify" or a channel's name."""

    event: Count
    event_id: Name
    source: Name
    topic: Name
    order: OptionalId = -1
    sku: Text = ""
    version: OptionalId = -1  # ledger version for inventory_levels/update


class FinalStock(Fact, frozen=True, tag=True):
    """Master and physical stock of a SKU at rest. `locations` and `levels` are as in ItemStocked."""

    sku: Name
    available: Balance
    physical: Balance
    version: Count
    locations: tuple[Positive, ...] = ()
    levels: tuple[Balance, ...] = ()


class FinalListing(Fact, frozen=True, tag=True):
    channel: Name
    sku: Name
    listed: Quantity
