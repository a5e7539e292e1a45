"""Facts of what the subject did at the played APIs, and of what it says itself when it is read."""

from typing import Literal

from stockstorm.simulator.config import ApiFaultKind
from stockstorm.simulator.history.ranges import Balance, Count, Name, Nanoseconds, OptionalId, Status, Text
from stockstorm.simulator.history.run_facts import Fact
from stockstorm.simulator.model import ApiOutcome

EffectState = Literal["applied", "superseded", "dead_lettered", "pending"]
Probe = Literal["effects", "stock"]
Injected = ApiFaultKind | Literal[""]


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
