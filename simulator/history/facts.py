"""The facts of a history: a closed union of frozen values, named in the past tense, each tagged with its own name.

One fact is one JSON line. `at_ns` is monotonic nanoseconds. Order keys are positions in the plan (-1: none). `event`
and `delivery` are serial numbers within the run. No fact holds a secret or personal data.
"""

from typing import Literal

import msgspec

from stockstorm.simulator.config import ApiFaultKind, DeliveryMark, ForgeryKind, PoisonKind
from stockstorm.simulator.history.attempt_errors import AttemptError
from stockstorm.simulator.history.ranges import (
    AttemptNumber,
    Balance,
    Count,
    Name,
    Nanoseconds,
    OptionalId,
    Positive,
    Quantity,
    Status,
    Text,
    Units,
)
from stockstorm.simulator.history.run_facts import (
    AppChanged,
    DatabaseCounted,
    Fact,
    FaultEnded,
    FaultName,
    FaultStarted,
    GeneratorHeld,
    GeneratorSampled,
    LoadStopped,
    MachineSampled,
    PhaseStarted,
    ProcessEnded,
    ProcessSeen,
    QuietReached,
    ResourcesSampled,
    RestBy,
    RunEnded,
    RunStarted,
    VersionAsked,
)
from stockstorm.simulator.model import ApiOutcome, ApiStockCause, OrderChange, StockCause

__all__ = [  # what is declared in other files and named here too
    "AppChanged",
    "AttemptError",
    "DatabaseCounted",
    "Fact",
    "FaultEnded",
    "FaultName",
    "FaultStarted",
    "GeneratorHeld",
    "GeneratorSampled",
    "LoadStopped",
    "MachineSampled",
    "PhaseStarted",
    "ProcessEnded",
    "ProcessSeen",
    "QuietReached",
    "ResourcesSampled",
    "RestBy",
    "RunEnded",
    "RunStarted",
    "VersionAsked",
]

SCHEMA_VERSION = 1

# "refused": a forged delivery was turned away. "pending": the run ended first.
# "never_sent": the scenario loses it before the first attempt, as Shopify loses some.
DeliveryOutcome = Literal["acknowledged", "given_up", "refused", "subscription_removed", "pending", "never_sent"]
EffectState = Literal["applied", "superseded", "dead_lettered", "pending"]
Probe = Literal["effects", "stock"]
WithheldFor = Literal["filter", "unchanged"]  # the subscription's filter; a payload of chosen fields sent just before
WrittenAs = Literal["created", "cancelled", "refunded", "fulfilled"]
Injected = ApiFaultKind | Literal[""]


# -- the world -------------------------------------------------------------------------------------------------------


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


# -- subscriptions and delivery --------------------------------------------------------------------------------------


class SubscriptionCreated(Fact, frozen=True, tag=True):
    subscription: Positive
    source: Name
    topic: Name
    uri: Name
    by_api: bool = True
    filter: Text = ""  # the subject's own: what it does not fit is not delivered
    include_fields: tuple[Text, ...] = ()  # the only fields of its payloads; empty: all


class SubscriptionChanged(Fact, frozen=True, tag=True):
    """The subject changed a subscription. From now on events go to `uri`, as `filter` and `include_fields` say."""

    subscription: Positive
    source: Name
    topic: Name
    uri: Name
    filter: Text = ""
    include_fields: tuple[Text, ...] = ()


class SubscriptionRemoved(Fact, frozen=True, tag=True):
    subscription: Positive
    source: Name
    topic: Name
    by_policy: bool  # True: because of failures; False: by the subject's request


class EventUnheard(Fact, frozen=True, tag=True):
    """No subscription existed when the event fired, so nothing is delivered."""

    event: Count


class DeliveryWithheld(Fact, frozen=True, tag=True):
    """An event that a subscription does not get, because the subject had asked for that."""

    event: Count
    subscription: Positive
    why: WithheldFor


class DeliveryPlanned(Fact, frozen=True, tag=True):
    """One notification to one subscription (`copy` 0) or a duplicate of it (1, 2, …).

    A duplicate has the same webhook id, unless it was "resent".
    """

    delivery: Count
    event: OptionalId  # -1 for a forged delivery
    webhook_id: Name
    subscription: Positive
    topic: Name
    due_ns: Nanoseconds
    copy: Count = 0
    perturbed: tuple[DeliveryMark, ...] = ()  # perturbations that changed it, or the quota that it fulfils
    # A forged delivery must be refused, or have no effect. A poisonous one is signed, and nobody can process it.
    forged: ForgeryKind | PoisonKind | Literal[""] = ""
    source: Text = ""  # of a forged delivery: "shopify" or the channel's name
    claim: Text = ""  # of a forged delivery: the order that nobody placed, or the quantity that was never there


class AttemptEnded(Fact, frozen=True, tag=True):
    """One attempt, which ended at `at_ns`. The time of a step that was not reached is 0."""

    delivery: Count
    attempt: AttemptNumber  # from 1
    due_ns: Nanoseconds
    started_ns: Nanoseconds  # a connection began it
    sent_ns: Nanoseconds  # last byte handed to the kernel
    answered_ns: Nanoseconds  # last byte of the answer read
    free_ns: Nanoseconds  # when it could have started: due, or once a connection was free. Lateness is started - free
    status: Status = 0  # HTTP status, 0 if none
    error: AttemptError = ""
    resent: bool = False  # older versions: sent again within the attempt, where it is now "dropped" and a second one
    bytes_sent: Count = 0
    said: Text = ""  # the start of an answer that is no 2xx; of a run with many, a part of them (`SAID_ALL`)


class DeliveryEnded(Fact, frozen=True, tag=True):
    delivery: Count
    outcome: DeliveryOutcome


# -- what the subject did at the simulated APIs ----------------------------------------------------------------------


class ApiCalled(Fact, frozen=True, tag=True):
    """One API call of the subject, executed at `at_ns`. `request` numbers the calls of a run.

    `injected`: the fault of the scenario that the call met. `outcome` tells whether it was executed, `status` what the
    subject was told; the status of a call without an answer is 0.
    """

    request: Count
    api: Name  # "admin" or a channel's name
    operation: Text  # the mutation or query field, or e.g. "PUT listings"; method and path of what is not played
    status: Status  # HTTP status
    outcome: ApiOutcome
    started_ns: Nanoseconds = 0
    cost: Count = 0
    rows: Count = 0
    errors: tuple[Text, ...] = ()  # the first texts that said why it was refused, or that something does not exist
    strangers: tuple[Text, ...] = ()  # of a call with errors: the first ids that it named and the shop does not have
    key: Text = ""  # its idempotency key
    injected: Injected = ""
    unplayed: tuple[Text, ...] = ()  # the first things that it asked for and that Stockstorm does not play, by name
    retry_after_s: Count = 0  # what Retry-After of its answer said, in whole seconds; 0: it had none

    @property
    def server_failed(self) -> bool:
        """Whether it was answered with a 5xx. 501 of what is not played tells of no failure."""
        return self.status >= 500 and not self.unplayed


class CallGivenUp(Fact, frozen=True, tag=True):
    """The subject closed the connection of a call that was not answered, or only by half."""

    request: Count


class RowsNotListed(Fact, frozen=True, tag=True):
    """A marketplace did not take these rows of a push: a fault rejected them, or it refused the call for the moment."""

    request: Count
    channel: Name
    skus: tuple[Name, ...]


class StockShown(Fact, frozen=True, tag=True):
    """An API answer showed the subject these ledger versions."""

    request: Count
    skus: tuple[Name, ...]
    versions: tuple[Count, ...]


class OrdersShown(Fact, frozen=True, tag=True):
    """An API answer showed the subject these orders."""

    request: Count
    channel: Name
    orders: tuple[Count, ...]


# -- final reads of the subject, by probe where it has one ------------------------------------------------------


class EffectProbed(Fact, frozen=True, tag=True):
    """What the subject reports of one notification. `times` is how often it was applied."""

    webhook_id: Name
    state: EffectState
    times: Count


class StockProbed(Fact, frozen=True, tag=True):
    sku: Name
    available: Balance


class OwnViewRead(Fact, frozen=True, tag=True):
    """One read of the stock and orders that the subject keeps itself. Only SKUs that changed since the last one.

    What is shown was so at some time from `began_ns` to `at_ns`.
    """

    began_ns: Nanoseconds
    skus: tuple[Name, ...] = ()
    available: tuple[Balance, ...] = ()
    orders: OptionalId = -1  # their number; -1: not read
    reason: Text = ""  # why it failed; "" if it did not
    final: bool = False  # at rest, of all SKUs


class ProbeEnded(Fact, frozen=True, tag=True):
    """The end of a final read. `ok` False: the subject has no such probe, or it failed for `reason`."""

    probe: Probe
    ok: bool
    reason: Text = ""


AnyFact = (
    RunStarted
    | ProcessSeen
    | ProcessEnded
    | PhaseStarted
    | LoadStopped
    | QuietReached
    | RunEnded
    | ResourcesSampled
    | MachineSampled
    | DatabaseCounted
    | GeneratorSampled
    | GeneratorHeld
    | VersionAsked
    | FaultStarted
    | FaultEnded
    | AppChanged
    | ItemStocked
    | ChannelOpened
    | PurchaseAccepted
    | PurchaseRefused
    | FollowUpVoid
    | OrderPaid
    | OrderCancelled
    | OrderReturned
    | OrderWritten
    | StockChanged
    | StockUnmoved
    | ListingPushed
    | EventFired
    | FinalStock
    | FinalListing
    | SubscriptionCreated
    | SubscriptionChanged
    | SubscriptionRemoved
    | EventUnheard
    | DeliveryWithheld
    | DeliveryPlanned
    | AttemptEnded
    | DeliveryEnded
    | ApiCalled
    | CallGivenUp
    | RowsNotListed
    | StockShown
    | OrdersShown
    | EffectProbed
    | StockProbed
    | OwnViewRead
    | ProbeEnded
)

encoder = msgspec.json.Encoder()
decoder = msgspec.json.Decoder(AnyFact)
