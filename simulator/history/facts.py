"""The history's facts: a closed union of frozen values, in the past tense, each tagged with its own name.

One fact is one JSON line. `at_ns` is monotonic nanoseconds. Order keys are plan positions (-1: none), `event` and
`delivery` are serials within the run. Nothing here holds a secret or a person's data.
"""

from typing import Any

import msgspec

SCHEMA_VERSION = 1


class Fact(msgspec.Struct, frozen=True, gc=False, tag_field="fact", omit_defaults=True):
    at_ns: int


# -- the run ---------------------------------------------------------------------------------------------------------


class RunStarted(Fact, frozen=True, tag=True):
    """Fact 0: all that the checkers need. `at_ns` is the start of load; plan offsets count from it."""

    schema: int
    run: str
    scenario: dict[str, Any]  # the whole scenario as loaded, with [expect] and flags applied
    seed: int
    plan_digest: str
    wall_ns: int  # wall time at `at_ns`
    duration_ns: int
    safety_stock: int
    subject: str
    driver: str  # "live" or "virtual"
    replay: str  # the command that replays this run
    commit: str
    versions: dict[str, str]
    machine: dict[str, str]
    notes: tuple[str, ...] = ()  # what a reader must know, e.g. "retry gaps shortened 20 times"
    polls: bool = False  # the subject asks for no notifications by design, and reads by itself
    ceilings: dict[str, float] = {}  # measured events a second of an emulator that took part, by its description


class ProcessSeen(Fact, frozen=True, tag=True):
    """A process that takes part, with the same instant on both clocks (`at_ns`, `wall_ns`)."""

    process: str  # generator, receiver, worker, postgres
    pid: int
    wall_ns: int


class PhaseStarted(Fact, frozen=True, tag=True):
    phase: str


class LoadStopped(Fact, frozen=True, tag=True):
    """The last planned item was applied; faults are off; retries and late stock changes go on until quiet."""


class QuietReached(Fact, frozen=True, tag=True):
    quiet: bool  # False: the bound on waiting ran out first
    waited_ns: int


class RunEnded(Fact, frozen=True, tag=True):
    """Last fact of a whole run. Without it the run was interrupted and every verdict is unknown."""

    complete: bool
    reason: str = ""


class ResourcesSampled(Fact, frozen=True, tag=True):
    """CPU time used so far and resident memory of one process (or of all of PostgreSQL's together)."""

    process: str
    cpu_ns: int
    rss_bytes: int


class DatabaseCounted(Fact, frozen=True, tag=True):
    """What the subject's database had done so far, by its own statistics; `statements` as the subject counts."""

    transactions: int
    rows_written: int
    statements: int | None = None


class GeneratorSampled(Fact, frozen=True, tag=True):
    """The generator's own health over the last interval (about one second)."""

    interval_ns: int
    hub_gap_max_ns: int  # longest time the event loop did not come round
    connections: int
    connections_max: int
    waiting_attempts: int  # queued for a free connection
    journal_backlog: int


class FaultStarted(Fact, frozen=True, tag=True):
    fault: str
    target: str


class FaultEnded(Fact, frozen=True, tag=True):
    fault: str
    target: str


# -- the world -------------------------------------------------------------------------------------------------------


class ItemStocked(Fact, frozen=True, tag=True):
    """A SKU before load: ledger version 0. Every marketplace lists `available - safety stock` then."""

    sku: str
    inventory_item_id: int
    location_id: int
    available: int
    price_minor: int
    hot: bool


class ChannelOpened(Fact, frozen=True, tag=True):
    channel: str
    online: bool  # the shop's own store, which sells from the master and has no listing of its own


class PurchaseAccepted(Fact, frozen=True, tag=True):
    """One accepted order with one line each in the parallel tuples."""

    order: int
    channel: str
    ref: str
    skus: tuple[str, ...]
    quantities: tuple[int, ...]
    physical_before: tuple[int, ...]  # physical stock of the SKU just before this line
    shown_before: tuple[int, ...]  # master's available (online) or the listing (marketplace)


class PurchaseRefused(Fact, frozen=True, tag=True):
    """A buyer was turned away since some line showed too little."""

    order: int
    channel: str
    skus: tuple[str, ...]
    quantities: tuple[int, ...]
    physical_before: tuple[int, ...]
    shown_before: tuple[int, ...]


class FollowUpVoid(Fact, frozen=True, tag=True):
    """A planned payment, cancellation or return whose purchase had been refused (or was cancelled already)."""

    order: int
    follow_up: str


class OrderPaid(Fact, frozen=True, tag=True):
    order: int
    channel: str


class OrderCancelled(Fact, frozen=True, tag=True):
    """All units of the order came back to physical stock, on the channel where it was taken."""

    order: int
    channel: str
    ref: str
    skus: tuple[str, ...]
    quantities: tuple[int, ...]


class OrderReturned(Fact, frozen=True, tag=True):
    order: int
    channel: str
    ref: str
    return_id: int
    skus: tuple[str, ...]
    quantities: tuple[int, ...]
    restocked: bool


class StockChanged(Fact, frozen=True, tag=True):
    """One entry of the master's ledger: version `version` of the item. Each item is stocked at one location only."""

    sku: str
    inventory_item_id: int
    location_id: int
    version: int
    delta: int
    available: int  # after the change
    cause: str  # sale, cancellation, return, restock, subject_adjust, subject_set
    order: int = -1  # for sale, cancellation, return of the own store
    reference: str = ""  # referenceDocumentUri that the subject gave
    compared: bool = False  # the subject gave changeFromQuantity and it matched
    request: int = -1  # serial of the API call


class StockUnmoved(Fact, frozen=True, tag=True):
    """A row of 0 units in the subject's adjustment: no ledger entry; its reference may record orders that net to 0."""

    sku: str
    version: int  # the newest one, which stays
    reference: str
    request: int = -1


class ListingPushed(Fact, frozen=True, tag=True):
    """The subject set a listing; the channel shows `quantity` from now on, less what it sells."""

    channel: str
    sku: str
    quantity: int
    shown_before: int
    request: int = -1


class EventFired(Fact, frozen=True, tag=True):
    event: int
    event_id: str
    source: str
    topic: str
    order: int = -1
    sku: str = ""
    version: int = -1  # ledger version for inventory_levels/update


class FinalStock(Fact, frozen=True, tag=True):
    """Master and physical stock of a SKU at rest."""

    sku: str
    available: int
    physical: int
    version: int


class FinalListing(Fact, frozen=True, tag=True):
    channel: str
    sku: str
    listed: int


# -- subscriptions and delivery --------------------------------------------------------------------------------------


class SubscriptionCreated(Fact, frozen=True, tag=True):
    subscription: int
    source: str
    topic: str
    uri: str
    by_api: bool = True


class SubscriptionRemoved(Fact, frozen=True, tag=True):
    subscription: int
    source: str
    topic: str
    by_policy: bool  # True: consecutive failures; False: the subject asked for it


class EventUnheard(Fact, frozen=True, tag=True):
    """Nobody was subscribed when the event fired: it is gone."""

    event: int


class DeliveryPlanned(Fact, frozen=True, tag=True):
    """One notification to one subscription (`copy` 0) or a duplicate of it (1, 2, …) with the same webhook id."""

    delivery: int
    event: int  # -1 for a forged delivery
    webhook_id: str
    subscription: int
    topic: str
    due_ns: int
    copy: int = 0
    perturbed: tuple[str, ...] = ()  # names of the perturbations that touched it
    forged: str = ""  # kind of forgery; must be refused


class AttemptEnded(Fact, frozen=True, tag=True):
    """One try. `at_ns` is when it ended. Times of things that did not happen are 0."""

    delivery: int
    attempt: int  # from 1
    due_ns: int
    started_ns: int  # a connection took it up
    sent_ns: int  # last byte handed to the kernel
    answered_ns: int  # last byte of the answer read
    free_ns: int  # when it could have started: due, or once a connection was free; started - free is scheduler lateness
    status: int = 0  # HTTP status, 0 if none
    error: str = ""  # connect_timeout, connect_refused, answer_timeout, disconnected, protocol
    resent: bool = False  # reconnected within the attempt, since the kept-alive connection had been closed
    bytes_sent: int = 0


class DeliveryEnded(Fact, frozen=True, tag=True):
    delivery: int
    outcome: str  # acknowledged, given_up, refused (forged and turned away), subscription_removed, pending


# -- what the subject did at the played APIs -------------------------------------------------------------------------


class ApiCalled(Fact, frozen=True, tag=True):
    """One call of the subject. `request` counts all calls; `at_ns` is when it was answered."""

    request: int
    api: str  # "admin" or a channel's name
    operation: str  # name of the mutation or query field, or e.g. "PUT listings"
    status: int  # HTTP status
    outcome: str  # ok, user_error, error, throttled, denied, replayed, bad_request
    started_ns: int = 0
    cost: int = 0
    rows: int = 0


class StockShown(Fact, frozen=True, tag=True):
    """An API answer told the subject these ledger versions."""

    request: int
    skus: tuple[str, ...]
    versions: tuple[int, ...]


class OrdersShown(Fact, frozen=True, tag=True):
    """An API answer told the subject these orders."""

    request: int
    channel: str
    orders: tuple[int, ...]


# -- final reads of the subject (by probe, where it offers one) ------------------------------------------------------


class EffectProbed(Fact, frozen=True, tag=True):
    """What the subject says became of one notification: `state` is applied, superseded, dead_lettered or pending."""

    webhook_id: str
    state: str
    times: int


class StockProbed(Fact, frozen=True, tag=True):
    sku: str
    available: int


class ProbeEnded(Fact, frozen=True, tag=True):
    """A final read of the subject was tried. `ok` False: it has no such probe or it failed, see `reason`."""

    probe: str  # effects, stock
    ok: bool
    reason: str = ""


AnyFact = (
    RunStarted
    | ProcessSeen
    | PhaseStarted
    | LoadStopped
    | QuietReached
    | RunEnded
    | ResourcesSampled
    | DatabaseCounted
    | GeneratorSampled
    | FaultStarted
    | FaultEnded
    | ItemStocked
    | ChannelOpened
    | PurchaseAccepted
    | PurchaseRefused
    | FollowUpVoid
    | OrderPaid
    | OrderCancelled
    | OrderReturned
    | StockChanged
    | StockUnmoved
    | ListingPushed
    | EventFired
    | FinalStock
    | FinalListing
    | SubscriptionCreated
    | SubscriptionRemoved
    | EventUnheard
    | DeliveryPlanned
    | AttemptEnded
    | DeliveryEnded
    | ApiCalled
    | StockShown
    | OrdersShown
    | EffectProbed
    | StockProbed
    | ProbeEnded
)

encoder = msgspec.json.Encoder()
decoder = msgspec.json.Decoder(AnyFact)
