"""Oversell: units of accepted order lines that were not on the shelf, and how stale the channel's listing was.

Staleness is the age of the oldest movement that the listing (for the own store: the master) did not reflect at the
sale. If nothing was oversold, the rule of three over the exposures (sell-outs with buyers on two or more channels)
bounds, at 95 %, the share of sell-outs that are oversold.

Some oversells are inevitable: channels that sell on their own can sell the last unit twice within one latency. So they
are judged against the run's own latency. A line is *late*, and invalid, if the units had been gone for longer than the
slowest order and the slowest change took. So are more units than scenarios/floor.py allows at that latency. What a
marketplace alone caused (`evidence.beyond_shelf`) is counted apart and not judged.
"""

from bisect import bisect_left, bisect_right
from typing import Final, cast

import msgspec

from stockstorm.reports.checkers.checker import Checker, Measure
from stockstorm.reports.evidence.beyond_shelf import (
    SLACK_NS,
    OversoldLine,
    apart,
    excused_ns,
    oversold,
    slowest_ms,
)
from stockstorm.reports.history import History
from stockstorm.reports.history.ledgers import Ledger, moves_stock
from stockstorm.reports.history.listings import Listing
from stockstorm.reports.history.shelf import build_shelves
from stockstorm.reports.result import Check, Finding, Incident, Tally, counted, units, unknown, verb
from stockstorm.reports.statistics.quantiles import quantile
from stockstorm.scenarios.floor import oversell_bound_units, oversell_floor_units
from stockstorm.simulator.history import facts as f

CAUSES_KEPT = 5
SKUS_KEPT = 5
LATENCY_MIN_S: Final = 0.25  # of the bound: buyers of a burst come at once, whatever the latency


class _Over(msgspec.Struct):
    """What was oversold in all, on one channel, or of one SKU."""

    incidents: int = 0
    units: int = 0
    value_minor: int = 0

    def add(self, units: int, value_minor: int) -> None:
        self.incidents, self.units = self.incidents + 1, self.units + units
        self.value_minor += value_minor

    def measures(self, of: str) -> dict[str, float]:
        return {
            f"oversell.{of}incidents": float(self.incidents),
            f"oversell.{of}units": float(self.units),
            f"oversell.{of}value": self.value_minor / 100,
        }


class Oversell(Checker):
    name = "oversell"
    measures = (
        Measure("oversell.incidents", "oversells", "count", "order lines sold beyond physical stock", headline=True),
        Measure("oversell.units", "oversold units", "units", "units sold beyond physical stock", headline=True),
        Measure(
            "oversell.value",
            "oversold value",
            "money",
            "worth of the units sold beyond physical stock, in currency units",
            headline=True,
        ),
        Measure(
            "oversell.exposures",
            "sell-outs across channels",
            "count",
            "sell-outs of SKUs that buyers on two or more channels wanted",
            more_is_worse=None,
            headline=True,
        ),
        Measure(
            "oversell.bound_per_exposure",
            "share of sell-outs oversold, at most",
            "share",
            "upper bound, at 95 %, of the share of sell-outs that are oversold; only if none was",
            headline=True,
        ),
        Measure(
            "oversell.beyond_reach.incidents",
            "oversells of marketplaces alone",
            "count",
            "order lines sold beyond physical stock because a marketplace showed a push late or was down; in no other "
            "figure",
        ),
        Measure(
            "oversell.beyond_reach.units",
            "units oversold by marketplaces alone",
            "units",
            "units sold beyond physical stock because a marketplace showed a push late or was down; in no other figure",
        ),
        Measure(
            "oversell.late",
            "oversells beyond the own latency",
            "count",
            "order lines oversold when the units had been gone for longer than the run's own latency",
        ),
        Measure(
            "oversell.bound_units",
            "oversold units that are natural",
            "units",
            "most units that channels can oversell at this run's own latency; only if something was oversold",
            more_is_worse=None,
        ),
        Measure(
            "oversell.*.incidents", "oversells", "count", "order lines of one channel or SKU sold beyond physical stock"
        ),
        Measure(
            "oversell.*.units", "oversold units", "units", "units of one channel or SKU sold beyond physical stock"
        ),
        Measure("oversell.*.value", "oversold value", "money", "worth of these units, in currency units"),
    )

    def __call__(self, history: History) -> Check:
        lines, beyond = apart(history, list(oversold(history)))
        tally, total = Tally(), _Over()
        by_channel: dict[str, _Over] = {}
        by_sku: dict[str, _Over] = {}
        for line in lines:
            item = history.items.get(line.sku)
            worth = line.over * (item.price_minor if item else 0)
            channel = line.sale.channel
            for part in (total, by_channel.setdefault(channel, _Over()), by_sku.setdefault(line.sku, _Over())):
                part.add(line.over, worth)
            if tally.full:
                tally.count()
            else:
                tally.add(_incident(history, line, worth))
        measures = total.measures("") | _parts(by_channel, by_sku)
        notes = _beyond_reach(history, beyond, measures)
        exposed = history.sell_outs
        measures["oversell.exposures"] = float(exposed)
        if not history.count(f.PurchaseAccepted) and not history.count(f.PurchaseRefused):
            return unknown(self.name, "nobody tried to buy anything", measures)
        if not tally.total:
            if exposed:
                measures["oversell.bound_per_exposure"] = min(1.0, 3 / exposed)
            reason = f"nothing was oversold in {exposed} sell-outs with buyers on two or more channels"
            return tally.check(self.name, "valid", reason, measures, notes)
        reason = f"{units(total.units)} oversold in {counted(tally.total, 'order line')}"
        verdict, why = _beyond_latency(history, lines, exposed, measures)
        return tally.check(self.name, verdict, f"{reason}; {why}", measures, notes)

    def exposure(self, history: History) -> dict[str, int]:
        lines, beyond = apart(history, list(oversold(history)))
        found = {"sell-outs across channels": history.sell_outs, "order lines beyond the shelf": len(lines)}
        return found | ({"of marketplaces alone": len(beyond)} if beyond else {})


def _beyond_reach(history: History, beyond: list[OversoldLine], measures: dict[str, float]) -> tuple[str, ...]:
    """Measures and a note on what marketplaces alone caused. Nothing where they show pushes at once and are up."""
    if not (history.lags_ns or history.outages):
        return ()
    over = sum(line.over for line in beyond)
    measures["oversell.beyond_reach.incidents"] = float(len(beyond))
    measures["oversell.beyond_reach.units"] = float(over)
    late = [f"{channel} shows a push {lag / 1e9:g} s after it accepts it" for channel, lag in history.lags_ns.items()]
    down = [f"{channel} was down for a time" for channel in history.absences]
    return (
        f"{'; '.join([*late, *down])}: {units(over)} oversold in {counted(len(beyond), 'order line')} by that alone",
    )


def _beyond_latency(
    history: History, lines: list[OversoldLine], exposed: int, measures: dict[str, float]
) -> tuple[Finding, str]:
    """Whether these oversells are more than the run's own latency explains, and why. Adds what it measured."""
    syncs = history.sync_samples_with_moot.fired.finite
    if not syncs:
        return "measured", "no latency was measured that could explain them"
    latest_ms = slowest_ms(history)
    shelves = build_shelves(history, {line.sku for line in lines})
    late = 0
    for line in lines:
        shelf = shelves.get(line.sku)
        if shelf is not None:
            since_ns = shelf.short_since(line.wanted, line.seq)
            gone_ns = line.sale.at_ns - since_ns - excused_ns(history, line.sale.channel, since_ns, line.sale.at_ns)
            late += gone_ns > latest_ms * 1e6 + SLACK_NS
    measures["oversell.late"] = float(late)
    if late:
        return "invalid", (
            f"{late} of them when the units had been gone for longer than {latest_ms:,.0f} ms, the slowest that an "
            "order and a listing took in this run"
        )
    sold, bound = sum(line.over for line in lines), _bound(history, quantile(syncs, 0.99) / 1e3, exposed)
    if bound is None:
        return "valid", "all within the run's own latency"
    measures["oversell.bound_units"] = float(bound)
    natural = (
        f"at most {bound} {verb(bound, 'are')} natural at the run's own latency (p99 {quantile(syncs, 0.99):,.0f} ms)"
    )
    return ("invalid" if sold > bound else "valid"), natural


def _bound(history: History, latency_s: float, exposed: int) -> int | None:
    """Units that any subject with this latency may oversell. None: the scenario has no hot SKUs to compute it from."""
    scenario = history.scenario if history.last(f.RunStarted) is not None else None
    if scenario is None or scenario.events.restock_hot or not oversell_floor_units(scenario, LATENCY_MIN_S):
        return None
    return oversell_bound_units(scenario, max(LATENCY_MIN_S, latency_s), exposed)


def _parts(by_channel: dict[str, _Over], by_sku: dict[str, _Over]) -> dict[str, float]:
    measures: dict[str, float] = {}
    for channel, part in sorted(by_channel.items()):
        measures |= part.measures(f"{channel}.")
    for sku, part in sorted(by_sku.items(), key=lambda entry: (-entry[1].units, entry[0]))[:SKUS_KEPT]:
        measures |= part.measures(f"sku.{sku}.")
    return measures


def _incident(history: History, line: OversoldLine, worth: int) -> Incident:
    seq, sale, sku, over = line.seq, line.sale, line.sku, line.over
    listing, ledger = history.listings.get((sale.channel, sku)), history.ledgers.get(sku)
    unseen = _unseen(history, ledger, seq, _known(ledger, listing, seq)) if ledger is not None else []
    staleness_ms = (sale.at_ns - unseen[0][0]) / 1e6 if unseen else 0.0
    events = tuple(event for _, event in unseen if event >= 0)[-CAUSES_KEPT:]
    text = (
        f"{sale.channel} sold {units(over)} of {sku} that {verb(over, 'were')} not on the shelf, at "
        f"{history.offset(sale.at_ns)}: what it showed was {staleness_ms:,.0f} ms old"
    )
    if events:
        more = f" and {counted(len(events) - 1, 'event')} before it" if len(events) > 1 else ""
        text += f" and lacked {history.event_name(events[-1])}{more}"
    return Incident(
        "oversell",
        sale.at_ns,
        text,
        channel=sale.channel,
        sku=sku,
        order=sale.order,
        units=over,
        value_minor=worth,
        events=events,
        details={"staleness_ms": f"{staleness_ms:.3f}"},
    )


def _known(ledger: Ledger, listing: Listing | None, seq: int) -> int:
    """Sequence number of the last change that the channel reflected at the sale."""
    if listing is None:
        return ledger.seqs[ledger.version_at(seq)]
    push = listing.last_push(seq)
    return max(listing.known[push], ledger.seqs[0]) if push >= 0 else ledger.seqs[0]


def _unseen(history: History, ledger: Ledger, seq: int, known: int) -> list[tuple[int, int]]:
    """(fired at, event) of earlier movements that the channel did not reflect, oldest first.

    The own store sells from the master, so it lacks the marketplace sales that the master does not include yet.
    """
    dispatch, sku = history.deliveries, ledger.item.sku
    seller = cast(f.PurchaseAccepted, history.facts[seq]).channel
    own = (seller, sku) not in history.listings
    found = [
        (ledger.times_ns[state], dispatch.version_event.get((sku, ledger.numbers[state]), -1))
        for state in range(ledger.version_at(known) + 1, bisect_left(ledger.seqs, seq))
        if moves_stock(ledger.causes[state])
    ]
    first = 0 if own else bisect_right(ledger.sale_seqs, known)
    for index in range(first, bisect_left(ledger.sale_seqs, seq)):
        sale = cast(f.PurchaseAccepted, history.facts[ledger.sale_seqs[index]])
        if sale.channel == seller or (own and _included(history, sale.order, sku, seq)):
            continue
        found.append((sale.at_ns, dispatch.order_event.get((sale.order, "order.created"), -1)))
    return sorted(found)


def _included(history: History, order: int, sku: str, seq: int) -> bool:
    return any(effect.sku == sku and 0 <= effect.version_seq < seq for effect in history.orders.of_order(order, "sale"))
