"""Facts of subscriptions and of what is delivered to them: planned, attempted, ended."""

from typing import Literal

from stockstorm.simulator.config import DeliveryMark, ForgeryKind, PoisonKind
from stockstorm.simulator.history.attempt_errors import AttemptError
from stockstorm.simulator.history.ranges import (
    AttemptNumber,
    Count,
    Name,
    Nanoseconds,
    OptionalId,
    Positive,
    Status,
    Text,
)
from stockstorm.simulator.history.run_facts import Fact

# "refused": a forged delivery was turned away. "pending": the run ended first.
# "never_sent": the scenario loses it before the first attempt, as Shopify loses some.
DeliveryOutcome = Literal["acknowledged", "given_up", "refused", "subscription_removed", "pending", "never_sent"]
WithheldFor = Literal["filter", "unchanged"]  # the subscription's filter; a payload of chosen fields sent just before


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
