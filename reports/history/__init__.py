"""The history as the checkers read it: the log of facts, and the indexes over it, each built on first use.

`History` composes the indexes. Each index is a module whose function takes what it needs as arguments; no index knows
`History`. An index takes time linear in the facts, times a logarithm for sorting.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property
from operator import attrgetter
from weakref import proxy

from stockstorm.reports.history.acks import build_acks
from stockstorm.reports.history.app_life import AppLife
from stockstorm.reports.history.balance import OffBalance, find_off_balance
from stockstorm.reports.history.channel_orders import ChannelOrders, build_channel_orders, misfit_skus
from stockstorm.reports.history.cpu_waits import CpuWaits, build_cpu_waits
from stockstorm.reports.history.deliveries import Deliveries
from stockstorm.reports.history.doubled import Doublings, find_doublings
from stockstorm.reports.history.doubts import find_doubts
from stockstorm.reports.history.elsewhere import NOWHERE, Elsewhere, shared
from stockstorm.reports.history.event_outcomes import (
    Classified,
    Proofs,
    Reported,
    classify_events,
    not_taken_in,
    report_events,
)
from stockstorm.reports.history.faults import FaultInterval, build_fault_intervals
from stockstorm.reports.history.hammering import Hammered, find_hammered
from stockstorm.reports.history.head_of_line import HeadOfLineBlocking, measure_head_of_line
from stockstorm.reports.history.held_calls import HeldCall, find_held_calls
from stockstorm.reports.history.learned import Learned, build_learned
from stockstorm.reports.history.ledger_states import build_ledgers
from stockstorm.reports.history.ledgers import Ledger
from stockstorm.reports.history.listings import Listing, build_listings
from stockstorm.reports.history.log import FactLog
from stockstorm.reports.history.lost_updates import LostUpdate, find_lost_updates, sets_without_comparison
from stockstorm.reports.history.marketplaces import (
    NO_SILENCE,
    Absences,
    Outage,
    Silences,
    absences_of,
    find_outages,
    lags_ns,
    polled_in,
)
from stockstorm.reports.history.netted import claims_of, half_written, settle_netted
from stockstorm.reports.history.off_stock import Attribution
from stockstorm.reports.history.order_effects import Effect
from stockstorm.reports.history.order_samples import OrderSample, find_order_samples
from stockstorm.reports.history.overtaking import Overtaking, count_ties, find_overtaking
from stockstorm.reports.history.pending import PendingItems, find_pending
from stockstorm.reports.history.poison_ends import PoisonEnds, find_poison_ends
from stockstorm.reports.history.removals import Removals, find_removals
from stockstorm.reports.history.repeats import Repeats, count_read_again, find_repeats
from stockstorm.reports.history.sell_outs import count_sell_outs
from stockstorm.reports.history.stalled import stalled_connections
from stockstorm.reports.history.sync_pairs import SyncPair, SyncPairs, SyncSamples, bound_open, build_sync_pairs, excuse
from stockstorm.reports.history.told_to_wait import ToldToWait, find_told_to_wait
from stockstorm.reports.history.unsent import Unsent, find_unsent, untold_orders
from stockstorm.reports.statistics.samples import Samples
from stockstorm.scenarios.loader import recorded
from stockstorm.scenarios.spec import Scenario
from stockstorm.simulator.history import facts as f

__all__ = ["FactLog", "History"]


class History(FactLog):
    """The facts of one run with every index over them."""

    @classmethod
    def of(cls, facts: Iterable[f.AnyFact], elsewhere: Elsewhere = NOWHERE, *, ordered: bool = False) -> "History":
        """Facts sorted by time. Facts of one instant keep the order in which they were written.

        `ordered`: they are sorted already.
        """
        return cls(tuple(facts if ordered else sorted(facts, key=attrgetter("at_ns"))), elsewhere)

    @cached_property
    def scenario(self) -> Scenario:
        """The scenario that was run, with flags applied. Raises `ScenarioError` if its [expect] cannot be read."""
        return recorded(self.started.scenario)

    @cached_property
    def orders(self) -> ChannelOrders:
        """Effects of marketplace orders, and the versions of the master that include them."""
        found = build_channel_orders(self)
        if groups := half_written(found):
            settle_netted(found, groups, claims_of(self.all(f.EventFired), self.reported.claimed))
        return found

    @cached_property
    def misfit_skus(self) -> set[str]:
        """SKUs whose rows moved other units, in sum, than the orders that they name, each order counted once."""
        return misfit_skus(self.orders)

    @cached_property
    def ledgers(self) -> dict[str, Ledger]:
        """Versions of every SKU, with the sales of the marketplaces beside them."""
        return build_ledgers(self, self.orders)

    @cached_property
    def listings(self) -> dict[tuple[str, str], Listing]:
        """Listings over time, by (channel, SKU)."""
        return build_listings(self, self.ledgers, self.lags_ns, find_doubts(self, self.orders))

    @cached_property
    def deliveries(self) -> Deliveries:
        """Events with their deliveries and attempts, and when each change became visible to the subject."""
        # Not the history itself: it holds the deliveries, and a cycle would keep all facts until the collector comes.
        whole: History = proxy(self)
        return Deliveries(whole, lambda: whole.ledgers)

    @cached_property
    def unsent(self) -> list[Unsent]:
        """Events that were never sent, and when the subject learned of them."""
        if "never_sent" not in self.reported.delivery:
            return []
        stock = {final.sku: max(0, final.available - self.safety_stock) for final in self.all(f.FinalStock)}
        listed = [(final.sku, final.listed, stock.get(final.sku, final.listed)) for final in self.all(f.FinalListing)]
        wrong = {sku for sku, units, wanted in listed if units > wanted or (units < wanted and not self.lists_less)}
        return find_unsent(self, self.reported, self.orders, self.deliveries.visible_version, wrong)

    @cached_property
    def untold_orders(self) -> frozenset[int]:
        """Orders of marketplaces of which nothing told the subject."""
        return untold_orders(self, self.reported)

    @cached_property
    def poison_ends(self) -> PoisonEnds | None:
        """Processes that ended whenever a delivery came that nobody can process."""
        return find_poison_ends(self.all(f.ProcessEnded), self.all(f.FaultEnded), self.deliveries.poison)

    @cached_property
    def stalled(self) -> dict[tuple[int, int], int]:
        """When each attempt was due whose connection timed out while other programs had the machine for a moment."""
        return stalled_connections(self, self.cpu_waits)

    @cached_property
    def lost_updates(self) -> list[LostUpdate]:
        """Sets that undid a change, because they ignored what was written since they read."""
        return find_lost_updates(self, self.orders, self.ledgers, self.deliveries)

    @cached_property
    def doublings(self) -> Doublings:
        """Orders that the subject's references prove to be applied more than once."""
        return find_doublings(self.orders, self.misfit_skus, {lost.seq for lost in self.lost_updates})

    @cached_property
    def off_balance(self) -> list[OffBalance]:
        """SKUs whose record is off, for a subject that names no orders."""
        return find_off_balance(self, self.orders, self.blind_sets)

    @cached_property
    def effects_of_sku(self) -> dict[str, list[Effect]]:
        """What marketplace orders should do, by SKU, in order of time."""
        found: dict[str, list[Effect]] = {}
        for effect in self.orders.effects:
            found.setdefault(effect.sku, []).append(effect)
        return found

    @cached_property
    def off_skus(self) -> frozenset[str]:
        """The same by SKU. Empty for a subject that names orders."""
        return frozenset(off.sku for off in self.off_balance) if self.orders.net_only else frozenset()

    @cached_property
    def blind_sets(self) -> Counter[str]:
        """How many rows of each SKU the subject set without comparison."""
        return sets_without_comparison(self)

    @cached_property
    def attribution(self) -> Attribution:
        """What explains SKUs whose record is off, for `off_stock.explain`."""
        missed = not_taken_in(self.classified, self.marketplaces) if self.orders.net_only else frozenset()
        return Attribution(
            orders=self.orders,
            effects=self.effects_of_sku,
            doublings=self.doublings,
            lost_updates=self.lost_updates,
            off_balance=self.off_balance,
            blind_sets=self.blind_sets,
            not_taken_in=missed,
        )

    @shared
    def acks(self) -> Samples:
        """(due in ns, ack time in ms or infinity) of every genuine attempt that was acknowledged or timed out."""
        return build_acks(self, self.deliveries, self.fault_intervals)

    @cached_property
    def sync_pairs(self) -> SyncPairs:
        """Stock movements paired with the listings that owed them a push."""
        found = build_sync_pairs(self, self.orders, self.ledgers, self.listings, self.deliveries)
        if unreflected := found.unreflected:
            bound_open(unreflected, not self.unrest, self.pending.skus, self.rest.seen_until_ns or self.end_ns)
        if self.outages:
            excuse(found, self.absences, self.silences, self)
        return found

    @cached_property
    def lags_ns(self) -> dict[str, int]:
        """By marketplace: how long after a push buyers see it. Empty where all show it at once."""
        return lags_ns(self.scenario) if self.count(f.RunStarted) else {}

    @cached_property
    def polled(self) -> frozenset[str]:
        """Marketplaces that notify nobody. What happens there is told by their feed."""
        return polled_in(self.scenario) if self.count(f.RunStarted) else frozenset()

    @cached_property
    def outages(self) -> tuple[Outage, ...]:
        """When marketplaces were down, as the scenario wanted it."""
        return find_outages(self.scenario, self) if self.count(f.RunStarted) else ()

    @cached_property
    def silences(self) -> Silences:
        """When marketplaces that are polled could not be."""
        return Silences.of(self.scenario, self.absences, self) if self.outages else NO_SILENCE

    @cached_property
    def cpu_waits(self) -> CpuWaits:
        """How long processes of the run waited for a CPU that other programs used."""
        return build_cpu_waits(self)

    @cached_property
    def told_to_wait(self) -> ToldToWait:
        """Answers of marketplaces that said how long to wait, and calls that came earlier."""
        return find_told_to_wait(self)

    @cached_property
    def held_calls(self) -> tuple[HeldCall, ...]:
        """Calls that were never answered, and how long the subject waited for each."""
        return find_held_calls(self)

    @cached_property
    def hammered(self) -> tuple[Hammered, ...]:
        """Calls that failed and were tried again without a pause."""
        return find_hammered(self)

    @cached_property
    def absences(self) -> Mapping[str, Absences]:
        """By marketplace, when it could not be called."""
        return absences_of(self.outages)

    @cached_property
    def order_samples(self) -> list[OrderSample]:
        """How long each marketplace order took to reach the master."""
        return list(find_order_samples(self, self.orders, self.pending, self.silences))

    @shared
    def sell_outs(self) -> int:
        """Sell-outs of SKUs that buyers on two or more channels wanted."""
        return count_sell_outs(self)

    @cached_property
    def owed_pairs(self) -> list[SyncPair]:
        """The owed pairs that the latency is measured on: those that did not become moot."""
        return [pair for pair in self.sync_pairs.pairs if not pair.moot]

    @cached_property
    def _samples(self) -> tuple[SyncSamples, SyncSamples]:
        return SyncSamples.of(self.sync_pairs.pairs)

    @cached_property
    def sync_samples(self) -> SyncSamples:
        """Latencies of the owed pairs."""
        return self._samples[0]

    @cached_property
    def sync_samples_with_moot(self) -> SyncSamples:
        """The same with the pairs that became moot."""
        return self._samples[1]

    @cached_property
    def classified(self) -> list[Classified]:
        """Every event with how it was delivered and what effect it had."""
        proofs = Proofs(self.doublings.by_order, self.off_skus, self.untold_orders)
        return classify_events(self, self.orders, proofs, self.ledgers, self.listings, self.reported)

    @shared
    def reported(self) -> Reported:
        """What the deliveries and the effects probe say of every event."""
        return report_events(self, self.deliveries)

    @shared
    def probed_twice(self) -> list[f.EffectProbed]:
        """What the subject's own probe reports as applied more than once."""
        return [probed for probed in self.all(f.EffectProbed) if probed.state == "applied" and probed.times > 1]

    @shared
    def probed_strangers(self) -> list[f.EffectProbed]:
        """What the subject's own probe reports of webhook ids that no genuine delivery has."""
        genuine = {one.planned.webhook_id for one in self.deliveries.by_id.values() if not one.planned.forged}
        return [row for row in self.all(f.EffectProbed) if row.webhook_id not in genuine]

    @cached_property
    def pending(self) -> PendingItems:
        """What had something pending at the end, and so is not judged."""
        return find_pending(self.classified, self.orders)

    def event_name(self, event: int) -> str:
        """An event in words: "order.cancelled of mercado's order mercado-1004", "inventory_levels/update of MUG"."""
        fired = self.deliveries.events.get(event)
        if fired is None:
            return f"event {event}"
        about = fired.sku or (self.order_name(fired.order) if fired.order >= 0 else "")
        return f"{fired.topic} of {about}" if about else fired.topic

    @cached_property
    def head_of_line(self) -> HeadOfLineBlocking:
        """How long good events waited behind dead-lettered ones."""
        return measure_head_of_line(self.classified, self.marketplaces, self.orders, self.ledgers, self.listings)

    @shared
    def repeats(self) -> Repeats:
        """How often orders of marketplaces reached the subject again, or in an unusual order."""
        return find_repeats(self, self.deliveries, self.fault_intervals)

    @cached_property
    def read_again(self) -> int:
        """Orders that an API answer showed although an earlier one had."""
        return count_read_again(self)

    @shared
    def overtaking(self) -> Overtaking:
        """Versions of stock that were reported after a later one."""
        several = any(item.locations for item in self.items.values())
        return find_overtaking(self.deliveries, self.ledgers if several else {})

    @cached_property
    def ties(self) -> int:
        """Versions of stock within one second of the one before."""
        found = self.all(f.RunStarted)
        return count_ties(self.ledgers, found[0].wall_ns - found[0].at_ns if found else 0)

    @cached_property
    def app(self) -> AppLife:
        """What happened to the app's installation, and what its scopes allow."""
        return AppLife(self, self.scenario.app)

    @cached_property
    def learned(self) -> Learned:
        """When the subject learned of each change of stock. Of use where a subscription was removed."""
        return build_learned(self, self.deliveries, self.ledgers)

    @shared
    def removals(self) -> Removals:
        """Subscriptions that Shopify removed because deliveries failed."""
        return find_removals(self, self.deliveries.by_id.values(), self.fault_intervals)

    @cached_property
    def fault_intervals(self) -> list[FaultInterval]:
        """When the scenario disturbed the subject, in order of begin."""
        return build_fault_intervals(self)
