"""The facts of a history: a closed union of frozen values, named in the past tense, each tagged with its own name.

One fact is one JSON line. `at_ns` is monotonic nanoseconds. Order keys are positions in the plan (-1: none). `event`
and `delivery` are serial numbers within the run. No fact holds a secret or personal data. Each is declared in the file
of what it is about.
"""

import msgspec

from stockstorm.simulator.history.attempt_errors import AttemptError
from stockstorm.simulator.history.call_facts import (
    ApiCalled,
    CallGivenUp,
    EffectProbed,
    EffectState,
    Injected,
    OrdersShown,
    OwnViewRead,
    Probe,
    ProbeEnded,
    RowsNotListed,
    StockProbed,
    StockShown,
)
from stockstorm.simulator.history.delivery_facts import (
    AttemptEnded,
    DeliveryEnded,
    DeliveryOutcome,
    DeliveryPlanned,
    DeliveryWithheld,
    EventUnheard,
    SubscriptionChanged,
    SubscriptionCreated,
    SubscriptionRemoved,
    WithheldFor,
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
from stockstorm.simulator.history.shop_facts import (
    ChannelOpened,
    EventFired,
    FinalListing,
    FinalStock,
    FollowUpVoid,
    ItemStocked,
    ListingPushed,
    OrderCancelled,
    OrderPaid,
    OrderReturned,
    OrderWritten,
    PurchaseAccepted,
    PurchaseRefused,
    StockChanged,
    StockUnmoved,
    WrittenAs,
)

__all__ = [  # what is declared in other files and named here too
    "ApiCalled",
    "AppChanged",
    "AttemptEnded",
    "AttemptError",
    "CallGivenUp",
    "ChannelOpened",
    "DatabaseCounted",
    "DeliveryEnded",
    "DeliveryOutcome",
    "DeliveryPlanned",
    "DeliveryWithheld",
    "EffectProbed",
    "EffectState",
    "EventFired",
    "EventUnheard",
    "Fact",
    "FaultEnded",
    "FaultName",
    "FaultStarted",
    "FinalListing",
    "FinalStock",
    "FollowUpVoid",
    "GeneratorHeld",
    "GeneratorSampled",
    "Injected",
    "ItemStocked",
    "ListingPushed",
    "LoadStopped",
    "MachineSampled",
    "OrderCancelled",
    "OrderPaid",
    "OrderReturned",
    "OrderWritten",
    "OrdersShown",
    "OwnViewRead",
    "PhaseStarted",
    "Probe",
    "ProbeEnded",
    "ProcessEnded",
    "ProcessSeen",
    "PurchaseAccepted",
    "PurchaseRefused",
    "QuietReached",
    "ResourcesSampled",
    "RestBy",
    "RowsNotListed",
    "RunEnded",
    "RunStarted",
    "StockChanged",
    "StockProbed",
    "StockShown",
    "StockUnmoved",
    "SubscriptionChanged",
    "SubscriptionCreated",
    "SubscriptionRemoved",
    "VersionAsked",
    "WithheldFor",
    "WrittenAs",
]

SCHEMA_VERSION = 1

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
