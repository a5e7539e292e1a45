"""Which changes a listing lacks at rest.

A push includes changes up to a moment, which its quantity tells (`push_attribution`). The changes after it are what the
listing lacks, if their units add up to what is missing. Otherwise nothing is said: the quantity then fits several
moments, or none.
"""

from collections.abc import Iterable, Sequence

import msgspec

from stockstorm.reports.history.deliveries import Deliveries
from stockstorm.reports.history.ledgers import moves_stock
from stockstorm.reports.history.listings import Listing
from stockstorm.reports.history.order_effects import Effect

TOPICS = {"sale": "order.created", "cancelled": "order.cancelled", "returned": "order.returned"}


class Change(msgspec.Struct, frozen=True):
    """One change of the stock of a SKU: a movement in the own store, or what an order did on a marketplace."""

    at_ns: int
    units: int
    event: int  # that tells of it; -1: none does
    order: int  # of the marketplace; -1: a version of the master
    what: str  # sale, cancelled, returned, or the cause of the version


def changes_lacking(
    listing: Listing, of_sku: Sequence[Effect], deliveries: Deliveries, listed: int, wanted: int
) -> tuple[Change, ...] | None:
    """The changes that a listing lacks, in order of time; None if that cannot be told. `of_sku`: effects of its SKU."""
    effects = [effect for effect in of_sku if effect.version >= 0]
    push = listing.push_seqs[-1] if listing.push_seqs else listing.seqs[0]
    quantity = listing.pushes[-1].quantity if listing.pushes else listing.listed[0]
    for plain in (listing.plain, not listing.plain):
        curve = listing.ledger.shown_curve if plain else listing.ledger.left_curve
        known = curve.equal_by(quantity, push) if plain else curve.known_by(quantity, push)
        if known < 0:
            continue
        found = [*_versions(listing, deliveries, known), *_effects(listing, effects, deliveries, known, push, plain)]
        if found and sum(change.units for change in found) == wanted - listed:
            return tuple(sorted(found, key=lambda change: change.at_ns))
    return None


def _versions(listing: Listing, deliveries: Deliveries, known: int) -> Iterable[Change]:
    ledger = listing.ledger
    for state in range(len(ledger.seqs) - 1, 0, -1):
        if ledger.seqs[state] <= known:
            return
        if moves_stock(ledger.causes[state]):
            units = ledger.available[state] - ledger.available[state - 1]
            event = deliveries.version_event.get((ledger.item.sku, ledger.numbers[state]), -1)
            yield Change(ledger.times_ns[state], units, event, -1, ledger.causes[state])


def _effects(
    listing: Listing, effects: list[Effect], deliveries: Deliveries, known: int, push: int, plain: bool
) -> Iterable[Change]:
    """What marketplaces did after that moment. A sale of the channel itself after the push lowered its own listing."""
    for effect in effects:
        since = effect.version_seq if plain else effect.seq
        own = effect.kind == "sale" and effect.channel == listing.channel and effect.seq > push
        if since > known and not own:
            event = deliveries.order_event.get((effect.order, TOPICS[effect.kind]), -1)
            yield Change(effect.at_ns, effect.delta, event, effect.order, effect.kind)
