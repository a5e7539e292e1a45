"""Why the master's record of a SKU is off at rest: causes that are proven, or what fits where nothing is.

`units` is what the record shows beyond the shelf. Each cause has its share of it. Where the shares add up, the record
is explained. Of a subject that names no orders, a single order, cancellation or return of exactly these units fits.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from stockstorm.reports.history.balance import OffBalance
from stockstorm.reports.history.channel_orders import ChannelOrders
from stockstorm.reports.history.doubled import Doublings
from stockstorm.reports.history.lost_updates import LostUpdate
from stockstorm.reports.history.order_effects import Effect

CauseKind = Literal["lost_update", "applied_twice", "not_recorded", "other_units"]


class OffCause(msgspec.Struct, frozen=True):
    """One cause. `effect` is the order event that it is about, `lost` the lost update, `request` the call."""

    kind: CauseKind
    units: int
    at_ns: int
    effect: Effect | None = None
    lost: LostUpdate | None = None
    request: int = -1


class Fits(msgspec.Struct, frozen=True):
    """Order events that would explain the record, each one alone."""

    twice: tuple[Effect, ...]
    lost: tuple[Effect, ...]
    sets: int  # rows that the subject set without comparison, each of which may have undone a change


class OffStock(msgspec.Struct, frozen=True):
    """One SKU whose record is off by `units`."""

    sku: str
    units: int
    causes: tuple[OffCause, ...]
    fits: Fits | None = None  # only where the subject names no orders and nothing is proven

    @property
    def explained(self) -> bool:
        """Whether the causes explain all of it."""
        return bool(self.causes) and sum(cause.units for cause in self.causes) == self.units


class Attribution(msgspec.Struct, frozen=True):
    """What the causes are drawn from."""

    orders: ChannelOrders
    effects: Mapping[str, Sequence[Effect]]  # by SKU
    doublings: Doublings
    lost_updates: list[LostUpdate]
    off_balance: list[OffBalance]
    blind_sets: Counter[str]
    not_taken_in: frozenset[tuple[int, str]]  # (order, kind) of events that the subject did not get or did not apply


def explain(found: Attribution, sku: str, units: int) -> OffStock:
    """Why a SKU is off by `units`."""
    causes = [
        OffCause("lost_update", lost.units, lost.row.at_ns, lost=lost, request=lost.row.request)
        for lost in found.lost_updates
        if lost.row.sku == sku and lost.units
    ]
    if found.orders.net_only or not found.orders.writes:
        causes += _not_taken_in(found, sku)
        explained = causes and sum(cause.units for cause in causes) == units
        return (
            OffStock(sku, units, tuple(causes), None)
            if explained
            else OffStock(sku, units, (), _fits(found, sku, units))
        )
    causes += [
        OffCause("applied_twice", doubled.effect.delta, doubled.row.at_ns, doubled.effect, request=doubled.row.request)
        for doubled in found.doublings.every
        if doubled.effect.sku == sku
    ]
    causes += [
        OffCause("applied_twice", effect.delta, effect.version_ns, effect)
        for effect in found.orders.netted_twice
        if effect.sku == sku
    ]
    causes += [
        OffCause("other_units", other.misfit.excess, other.misfit.row.at_ns, request=other.misfit.row.request)
        for other in found.doublings.unattributed
        if other.misfit.row.sku == sku
    ]
    causes += [
        OffCause("not_recorded", -effect.delta, effect.at_ns, effect)
        for effect in found.effects.get(sku, ())
        if effect.version < 0 and not effect.settled
    ]
    return OffStock(sku, units, tuple(sorted(causes, key=lambda cause: cause.at_ns)))


def _not_taken_in(found: Attribution, sku: str) -> list[OffCause]:
    """Effects of order events that never reached the subject, or that it says it did not apply."""
    return [
        OffCause("not_recorded", -effect.delta, effect.at_ns, effect)
        for effect in found.effects.get(sku, ())
        if (effect.order, effect.kind) in found.not_taken_in
    ]


def _fits(found: Attribution, sku: str, units: int) -> Fits:
    effects = found.effects.get(sku, [])
    balance = next((off for off in found.off_balance if off.sku == sku), None)
    twice = tuple(effect for effect in effects if effect.delta == units)
    lost = tuple(effect for effect in effects if effect.delta == -units)
    sets = found.blind_sets[sku]
    if balance is None or not balance.singly:
        return Fits(twice, lost, sets)
    if balance.extra:
        return Fits(twice, (), sets)
    return Fits((), lost, sets) if balance.lost_only else Fits(twice, lost, sets)
