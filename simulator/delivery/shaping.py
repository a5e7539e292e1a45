"""What a subscription changes of its deliveries: `includeFields`, `metafieldNamespaces`, `filter`, and debouncing.

The fields are chosen first, and the filter tests what is left, so a filter needs its fields included. A payload of
chosen fields that equals the last one about the same resource is not sent again within a short time. Shopify documents
the debouncing and not its time, which is `delivery.debounce_s` here.
"""

from collections.abc import Hashable, Iterable
from typing import Any, Final

import msgspec

from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.delivery.filters import make_filter
from stockstorm.simulator.events.encoding import escaped
from stockstorm.simulator.events.metafields import metafield_bodies, order_metafields, product_metafields
from stockstorm.simulator.events.product_payload import LISTED_SINCE
from stockstorm.simulator.history.facts import WithheldFor
from stockstorm.simulator.model import Event, Subscription

RESOURCES_MAX: Final = 20_000  # of which a subscription's last payload is remembered
# Each of these is about something new, which no earlier payload can have been about.
ONCE: Final = frozenset(
    {"refunds/create", "fulfillments/create", "orders/edited", "draft_orders/create", "bulk_operations/finish"}
)
_Chosen = dict[str, "_Chosen"]  # names of fields, with those chosen within them; empty: the whole field


class Shape:
    """The shape of one subscription's deliveries. Remembers what was sent last of each resource."""

    def __init__(self, subscription: Subscription, debounce_s: float) -> None:
        self._chosen = _chosen(subscription.include_fields)
        self._namespaces = frozenset(subscription.metafield_namespaces)
        self._wants = make_filter(subscription.filter) if subscription.filter else None
        self._debounce_ns = round(debounce_s * SECOND_NS)
        self._last: dict[Hashable, tuple[bytes, int]] = {}  # by resource: payload, and when it was sent

    def shaped(self, event: Event, body: bytes) -> bytes | WithheldFor:
        """The bytes for this subscription, or why it gets none."""
        payload: Any = msgspec.json.decode(body)
        if self._namespaces:
            self._add_metafields(event, payload)
        if self._chosen:
            payload = _cut(payload, self._chosen)
        if self._wants is not None and not self._wants(payload):
            return "filter"
        if not self._chosen and not self._namespaces:
            return body
        made = escaped(msgspec.json.encode(payload))
        return "unchanged" if self._chosen and self._repeats(event, made) else made

    def _add_metafields(self, event: Event, payload: dict[str, Any]) -> None:
        """Only bodies that are a product or an order have any."""
        if event.product is not None and event.topic.startswith("products/"):
            found, since = product_metafields(event.product), LISTED_SINCE
        elif event.order is not None and event.topic.startswith("orders/") and event.topic != "orders/edited":
            found, since = order_metafields(event.order.order_id), payload["created_at"]
        else:
            return
        payload["metafields"] = msgspec.to_builtins(metafield_bodies(found, self._namespaces, since))

    def _repeats(self, event: Event, made: bytes) -> bool:
        """Whether the resource's last payload was the same, a short time ago."""
        resource = _resource(event)
        last, sent_ns = self._last.pop(resource, (b"", 0))
        repeats = last == made and event.at_ns - sent_ns < self._debounce_ns
        self._last[resource] = (last, sent_ns) if repeats else (made, event.at_ns)
        if len(self._last) > RESOURCES_MAX:
            del self._last[next(iter(self._last))]
        return repeats


def _resource(event: Event) -> Hashable:
    """What an event is about. Two events about different things are never the same, however little is sent of them."""
    if event.topic in ONCE:
        return event.event
    if event.rng_key[0] != "call":
        return event.rng_key[:-1]  # without the number of the change
    if event.order is not None:
        return event.topic, event.order.key
    return event.topic, event.event if event.product is None else event.product.inventory_item_id


def shape_of(subscription: Subscription, debounce_s: float) -> Shape | None:
    """None for a subscription that gets every payload as it is, as nearly all do."""
    if subscription.filter or subscription.include_fields or subscription.metafield_namespaces:
        return Shape(subscription, debounce_s)
    return None


def _chosen(paths: Iterable[str]) -> _Chosen:
    """A field that is chosen as a whole stays whole, whatever is chosen within it besides."""
    found: _Chosen = {}
    whole = set(paths)
    for path in paths:
        names = path.split(".")
        if any(".".join(names[:length]) in whole for length in range(1, len(names))):
            continue
        place = found
        for name in names:
            place = place.setdefault(name, {})
    return found


def _cut(payload: Any, chosen: _Chosen) -> Any:
    """The chosen fields, in their order in the payload. A name that the payload lacks is left out."""
    if not chosen:
        return payload
    if isinstance(payload, list):
        return [_cut(each, chosen) for each in payload]
    if not isinstance(payload, dict):
        return payload
    return {name: _cut(value, chosen[name]) for name, value in payload.items() if name in chosen}
