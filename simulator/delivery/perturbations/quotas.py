"""Quotas: the deliveries of orders with a role, exactly as the plan means them. All others get the other perturbations.

The marks say which quota a delivery fulfils, also where nothing about the delivery itself is changed.
"""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from stockstorm.simulator.clock import MILLISECOND_NS, SECOND_NS
from stockstorm.simulator.config import KeptRole, OrderRole, WorldConfig
from stockstorm.simulator.delivery.attempts import Delivery
from stockstorm.simulator.delivery.perturbations import Perturbation
from stockstorm.simulator.delivery.routes import named_uuid
from stockstorm.simulator.model import Event, Product, Sku
from stockstorm.simulator.plan.quotas import (
    AFTER_CANCELLATION_NS,
    CANCELLED_AFTER_NS,
    KEPT_KEY,
    RETURNED_AFTER_NS,
    RETURNED_AGAIN_AFTER_NS,
    Roles,
    is_bought,
    kept_skus,
    late_ns,
)
from stockstorm.simulator.seeds import Seeds

NEAR_NS: Final = 4 * MILLISECOND_NS
RESENT_NS: Final = SECOND_NS
LATE_EVENTS_NS: Final = 5 * SECOND_NS  # after the sale; copies of later events could come after the end of the run
_CANCELLATIONS: Final = ("orders/cancelled", "order.cancelled")
_RETURNS: Final = ("refunds/create", "order.returned")


class Quotas:
    """Perturbs the deliveries of orders with a role, and passes those of all other events on."""

    def __init__(
        self, config: WorldConfig, seeds: Seeds, by_sku: Mapping[Sku, Product], otherwise: Perturbation
    ) -> None:
        self._seeds, self._otherwise = seeds, otherwise
        self._roles, self._late_ns = Roles(config), late_ns(config)
        kept = kept_skus(config)
        self._bought = {sku: role for role, skus in kept.items() for n, sku in enumerate(skus) if is_bought(role, n)}
        self._restocked = {
            by_sku[sku].inventory_item_id: role
            for role, skus in kept.items()
            for n, sku in enumerate(skus)
            if not is_bought(role, n)
        }
        self._acts: dict[OrderRole, Callable[[list[Delivery], Event], list[Delivery]]] = {
            "late_duplicate": self._late,
            "resent": self._resent,
            "near_duplicate": self._near,
            "cancel_before_create": self._held,
            "duplicate_after_cancel": self._after_cancellation,
            "return_then_cancel": self._returned,
            "two_returns": self._back,
            "undone": self._undone,
            "two_lines": self._sold,
            "two_locations": self._drawn,
            "corrected": self._corrected,
        }

    def __call__(self, deliveries: list[Delivery]) -> list[Delivery]:
        """The deliveries of one event, with copies and delays."""
        event = deliveries[0].event
        if event is None:
            return deliveries
        if event.order is not None and event.order.written is not None:
            return self._otherwise(deliveries)  # an order of the subject has no role
        key = event.sale if event.order is None else event.order.key
        if key < 0:
            restocked = self._restocked.get(event.level.inventory_item_id) if event.level is not None else None
            return self._otherwise(deliveries) if restocked is None else _marked(deliveries, restocked)
        if key >= KEPT_KEY:
            return self._of_kept_sku(deliveries, event)
        part = self._roles.of(key)
        return self._otherwise(deliveries) if part is None else self._acts[part.role](deliveries, event)

    def _of_kept_sku(self, deliveries: list[Delivery], event: Event) -> list[Delivery]:
        role = self._bought.get(event.order.lines[0].sku) if event.order is not None else None
        return deliveries if role is None else _marked(deliveries, role)

    # -- roles: each gets the deliveries of one event of the order ---------------------------------------------------

    def _late(self, deliveries: list[Delivery], event: Event) -> list[Delivery]:
        order = event.order
        if order is not None and event.at_ns - order.created_ns > LATE_EVENTS_NS:
            return deliveries
        return [*deliveries, *(_copy(each, "late_duplicate", self._late_ns) for each in deliveries)]

    def _near(self, deliveries: list[Delivery], event: Event) -> list[Delivery]:
        lag_ns = int(self._seeds.draw("near duplicate", *event.rng_key) * NEAR_NS)
        return [*deliveries, *(_copy(each, "near_duplicate", lag_ns) for each in deliveries)]

    def _resent(self, deliveries: list[Delivery], event: Event) -> list[Delivery]:
        lag_ns = int(self._seeds.draw("resent", *event.rng_key) * RESENT_NS)
        return [*deliveries, *(_sent_anew(each, "resent", lag_ns) for each in deliveries)]

    def _held(self, deliveries: list[Delivery], event: Event) -> list[Delivery]:
        if event.sale < 0:
            return deliveries
        hold_ns = CANCELLED_AFTER_NS["cancel_before_create"] + AFTER_CANCELLATION_NS
        return _marked(_held_back(deliveries, hold_ns), "cancel_before_create")

    def _after_cancellation(self, deliveries: list[Delivery], event: Event) -> list[Delivery]:
        if event.sale < 0:
            return deliveries
        lag_ns = CANCELLED_AFTER_NS["duplicate_after_cancel"] + AFTER_CANCELLATION_NS
        return [*deliveries, *(_copy(each, "duplicate_after_cancel", lag_ns) for each in deliveries)]

    def _returned(self, deliveries: list[Delivery], event: Event) -> list[Delivery]:
        """Every second return is delivered after the cancellation that followed it.

        The sales of the others come once more at the end, under a new webhook id, so a subject that applies them again
        takes what was returned.
        """
        order = event.order
        if order is not None and event.sale >= 0 and not self._roles.nth(order.key) % 2:
            lag_ns = CANCELLED_AFTER_NS["return_then_cancel"] + AFTER_CANCELLATION_NS
            return [*deliveries, *(_sent_anew(each, "duplicate_after_cancel", lag_ns) for each in deliveries)]
        came_first = order is not None and order.cancelled_ns is None  # a cancellation makes a refund too
        if event.topic in _RETURNS and came_first and order is not None and self._roles.nth(order.key) % 2:
            hold_ns = CANCELLED_AFTER_NS["return_then_cancel"] - RETURNED_AFTER_NS + AFTER_CANCELLATION_NS
            return _marked(_held_back(deliveries, hold_ns), "return_then_cancel")
        return _marked(deliveries, "return_then_cancel") if event.topic in _CANCELLATIONS else deliveries

    def _back(self, deliveries: list[Delivery], event: Event) -> list[Delivery]:
        """Every second sale comes after its returns. Events of the others come twice at once, as two webhooks."""
        order = event.order
        if event.topic in _RETURNS:
            deliveries = _marked(deliveries, "two_returns")
        if order is None:
            return deliveries
        if not self._roles.nth(order.key) % 2:
            lag_ns = int(self._seeds.draw("sent twice", *event.rng_key) * NEAR_NS)
            return [*deliveries, *(_sent_anew(each, "resent", lag_ns) for each in deliveries)]
        if event.sale < 0:
            return deliveries
        hold_ns = RETURNED_AGAIN_AFTER_NS + AFTER_CANCELLATION_NS
        return _marked(_held_back(deliveries, hold_ns), "two_returns")

    def _undone(self, deliveries: list[Delivery], event: Event) -> list[Delivery]:
        """Every second sale is delivered after its returns and its cancellation."""
        order = event.order
        if order is not None and event.sale >= 0 and self._roles.nth(order.key) % 2:
            hold_ns = CANCELLED_AFTER_NS["undone"] + AFTER_CANCELLATION_NS
            deliveries = _held_back(deliveries, hold_ns)
        elif event.topic not in _CANCELLATIONS:
            return deliveries
        return _marked(deliveries, "undone")

    def _sold(self, deliveries: list[Delivery], event: Event) -> list[Delivery]:
        return _marked(deliveries, "two_lines") if event.sale >= 0 and event.order is not None else deliveries

    def _drawn(self, deliveries: list[Delivery], event: Event) -> list[Delivery]:
        return _marked(deliveries, "two_locations") if event.sale >= 0 and event.level is not None else deliveries

    def _corrected(self, deliveries: list[Delivery], event: Event) -> list[Delivery]:
        return _marked(deliveries, "corrected") if event.sale >= 0 and event.order is not None else deliveries


def _sent_anew(delivery: Delivery, role: OrderRole, lag_ns: int) -> Delivery:
    """A copy under a webhook id of its own."""
    webhook_id = named_uuid(f"resent:{delivery.webhook_id}")
    return msgspec.structs.replace(_copy(delivery, role, lag_ns), webhook_id=webhook_id)


def _held_back(deliveries: list[Delivery], hold_ns: int) -> list[Delivery]:
    return [msgspec.structs.replace(each, due_ns=each.due_ns + hold_ns) for each in deliveries]


def _copy(delivery: Delivery, role: OrderRole, lag_ns: int) -> Delivery:
    return msgspec.structs.replace(delivery, due_ns=delivery.due_ns + lag_ns, copy=1, perturbed=(role,))


def _marked(deliveries: list[Delivery], mark: OrderRole | KeptRole) -> list[Delivery]:
    return [msgspec.structs.replace(each, perturbed=(mark,)) for each in deliveries]
