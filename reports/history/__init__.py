"""The history as the checkers read it: facts in order of time, with indexes that are built when first asked for.

The position of a fact in that order is its *sequence number*. Indexes compare sequence numbers instead of times, since
many facts share one instant (all of a burst, for instance) and their order tells cause from effect. Every index is
built in time linear in the facts (times a logarithm for sorting).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from operator import attrgetter
from typing import TypeVar, cast

from stockstorm.reports.history import (
    channel_orders,
    deliveries,
)
from stockstorm.reports.history import (
    event_outcomes as event_effects,
)
from stockstorm.reports.history import (
    ledgers as ledger,
)
from stockstorm.reports.history import (
    listings as shelves,
)
from stockstorm.reports.history import (
    sync_pairs as movements,
)
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f

F = TypeVar("F", bound=f.Fact)


class History:
    """One run's facts. Cheap to make; give it facts in the order in which they were written."""

    def __init__(self, facts: tuple[f.AnyFact, ...]) -> None:
        self.facts = facts

    @classmethod
    def of(cls, facts: Iterable[f.AnyFact]) -> "History":
        """Facts sorted by time; those of one instant keep the order in which they were written."""
        return cls(tuple(sorted(facts, key=attrgetter("at_ns"))))

    # -- facts by kind ---------------------------------------------------------------------------------------------

    @cached_property
    def _seqs(self) -> dict[type[f.Fact], list[int]]:
        found: dict[type[f.Fact], list[int]] = defaultdict(list)
        for seq, fact in enumerate(self.facts):
            found[type(fact)].append(seq)
        return dict(found)

    @cached_property
    def _kept(self) -> dict[type[f.Fact], list[f.Fact]]:
        return {}

    def all(self, kind: type[F]) -> list[F]:
        """Every fact of one kind, in order."""
        kept = self._kept.get(kind)
        if kept is None:
            facts = self.facts
            kept = self._kept[kind] = [facts[seq] for seq in self._seqs.get(kind, ())]
        return cast(list[F], kept)

    def numbered(self, kind: type[F]) -> Iterator[tuple[int, F]]:
        """Every fact of one kind with its sequence number, in order."""
        return zip(self._seqs.get(kind, ()), self.all(kind), strict=True)

    def last(self, kind: type[F]) -> F | None:
        """The last fact of one kind, or None."""
        found = self.all(kind)
        return found[-1] if found else None

    # -- the run ---------------------------------------------------------------------------------------------------

    @property
    def started(self) -> f.RunStarted:
        """Fact 0. LookupError when the history has none."""
        found = self.all(f.RunStarted)
        if not found:
            raise LookupError("the history has no RunStarted fact")
        return found[0]

    @cached_property
    def start_ns(self) -> int:
        """Start of load; of a history without one, its first fact."""
        found = self.all(f.RunStarted)
        if found:
            return found[0].at_ns
        return self.facts[0].at_ns if self.facts else 0

    @cached_property
    def end_ns(self) -> int:
        """When the last fact was written."""
        return self.facts[-1].at_ns if self.facts else 0

    @cached_property
    def load_ns(self) -> int:
        """How long load lasted: to `LoadStopped`, else as planned, else to the end."""
        stopped = self.last(f.LoadStopped)
        if stopped is not None:
            return stopped.at_ns - self.start_ns
        found = self.all(f.RunStarted)
        return found[0].duration_ns if found else self.end_ns - self.start_ns

    @cached_property
    def safety_stock(self) -> int:
        """Units that the subject declared to hold back on every listing."""
        found = self.all(f.RunStarted)
        return found[0].safety_stock if found else 0

    @cached_property
    def seed(self) -> int:
        found = self.all(f.RunStarted)
        return found[0].seed if found else 0

    @cached_property
    def unrest(self) -> str:
        """Why the end of this history is no state of rest, in one sentence; empty when it is one."""
        quiet = self.last(f.QuietReached)
        if quiet is None:
            return "the run never came to rest: its history has no QuietReached fact"
        if quiet.quiet:
            return ""
        ran_out = f"when the wait of {quiet.waited_ns / SECOND_NS:.0f} s ran out"
        failed = {attempt.delivery for attempt in self.all(f.AttemptEnded)}
        ended = self.all(f.DeliveryEnded)
        waiting = sum(each.outcome == "pending" and each.delivery in failed for each in ended)
        if waiting:
            noun = "delivery" if waiting == 1 else "deliveries"
            return f"{waiting:,} {noun} still waited for the next retry {ran_out}"
        return f"the subject was still at work {ran_out}"

    def offset(self, at_ns: int) -> str:
        """A time for people: "12.345 s" into the load."""
        return f"{(at_ns - self.start_ns) / SECOND_NS:.3f} s"

    # -- indexes ---------------------------------------------------------------------------------------------------

    @cached_property
    def items(self) -> dict[str, f.ItemStocked]:
        """What was stocked before load, by SKU."""
        return {fact.sku: fact for fact in self.all(f.ItemStocked)}

    @cached_property
    def marketplaces(self) -> tuple[str, ...]:
        """Channels with listings of their own."""
        return tuple(fact.channel for fact in self.all(f.ChannelOpened) if not fact.online)

    @cached_property
    def orders(self) -> "channel_orders.ChannelOrders":
        """What marketplace orders should do to the master, and where the master shows it."""
        return channel_orders.build(self)

    @cached_property
    def ledgers(self) -> dict[str, "ledger.Ledger"]:
        """Versions of every SKU with what channels sold beside them."""
        return ledger.build(self)

    @cached_property
    def shelves(self) -> dict[tuple[str, str], "shelves.Shelf"]:
        """What every marketplace showed for every SKU over time, by (channel, SKU)."""
        return shelves.build(self)

    @cached_property
    def dispatch(self) -> "deliveries.Dispatch":
        """Events with their deliveries and attempts, and when the subject could see each movement."""
        return deliveries.build(self)

    @cached_property
    def movements(self) -> "movements.Movements":
        """Movements of stock with the listings that owed them a push."""
        return movements.movements(self)

    @cached_property
    def classified(self) -> "list[event_effects.Classified]":
        """Every event with how it was delivered and what effect it had."""
        return event_effects.classify(self)

    @cached_property
    def misfit_skus(self) -> set[str]:
        """SKUs whose rows with references moved other units, in sum, than the orders they name, each taken once."""
        expected: dict[str, int] = {}
        for effect in self.orders.effects:
            if effect.times:
                expected[effect.sku] = expected.get(effect.sku, 0) + effect.delta
        named = self.orders.named_delta
        return (
            {sku for sku, delta in named.items() if delta != expected.get(sku, 0)}
            if not self.orders.net_only
            else set()
        )
