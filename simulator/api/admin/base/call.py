"""One call of the Admin API while it is being answered: what resolvers read, and what they write down.

Resolvers are plain functions `(source, arguments, call) -> value`, the same for the lean executor and for graphql-core.

What is not known for certain about Shopify, or is relaxed for a simulator, as parameters with their defaults.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from stockstorm.simulator.api.admin.base.idempotency import IdempotencyKeys
from stockstorm.simulator.api.admin.base.text import utc_text
from stockstorm.simulator.api.admin.base.views import AdjustmentGroup, Place
from stockstorm.simulator.catalogue.catalogue import Catalogue
from stockstorm.simulator.clock import WallPair
from stockstorm.simulator.history.facts import AnyFact, ApiOutcome, OrdersShown, StockShown
from stockstorm.simulator.model import ONLINE, Event, Level, Order, Product
from stockstorm.simulator.world import Changes, World


class AdminOptions(msgspec.Struct, frozen=True):
    """`allow_http`: accept subscriptions to http:// and to hosts of this machine (False refuses them as Shopify does).

    `stale_field`: the last element of the `field` path of CHANGE_FROM_QUANTITY_STALE; it is not in the recordings.
    `retry_failed_key`: let a key whose attempt ended in user errors be used again. False answers
    IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED, as the text of that code says; no recording shows it.
    """

    allow_http: bool = True
    stale_field: str = "changeFromQuantity"
    retry_failed_key: bool = False


Resolver = Callable[[Any, dict[str, Any], "Call"], Any]


class AdminState:
    """What the API remembers from call to call, beside the world, and sorted views of the catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.keys: IdempotencyKeys[AdjustmentGroup | None] = IdempotencyKeys()
        self.groups = 0  # adjustment groups made so far
        self.places = {number: Place(number, index) for index, number in enumerate(catalogue.locations, 1)}
        self.items = tuple(sorted(catalogue.products, key=lambda product: product.inventory_item_id))
        self.items_at: dict[int, tuple[Product, ...]] = {
            place: tuple(product for product in self.items if product.location_id == place) for place in self.places
        }
        self.by_level = {product.level_id: product for product in self.items}
        self.by_variant = {product.variant_id: product for product in self.items}


class SearchWarning(msgspec.Struct, frozen=True):
    """A part of a `query` argument that was ignored, as Shopify does and says in `extensions.search`."""

    root: str
    query: str
    field: str


class Call:
    """Context of one request. `facts` and `events` are what the world did; what was shown is added at the end."""

    def __init__(
        self, world: World, wall: WallPair, state: AdminState, options: AdminOptions, *, request: int, now_ns: int
    ) -> None:
        self.world, self.wall, self.state, self.options = world, wall, state, options
        self.catalogue = world.catalogue
        self.request, self.now_ns = request, now_ns
        self.facts: list[AnyFact] = []
        self.events: list[Event] = []
        self.outcome: ApiOutcome = "ok"
        self.rows = self._rows_done = 0
        self.warnings: list[SearchWarning] = []
        self._levels_shown: dict[tuple[str, int], None] = {}  # sku and version, in the order of the answer
        self._orders_shown: dict[int, None] = {}
        self._done: dict[str, tuple[bool, Any]] = {}

    def once(self, key: str, resolve: Resolver, arguments: dict[str, Any]) -> Any:
        """The result (or the exception) of a mutation under its response key; it is carried out the first time only."""
        if key not in self._done:
            try:
                self._done[key] = (True, resolve(None, arguments, self))
            except Exception as error:
                self._done[key] = (False, error)
                raise
            finally:
                self._rows_done = self.rows
        good, value = self._done[key]
        if not good:
            raise value
        return value

    def start_over(self) -> None:
        """Forget what was shown; the answer is made anew. What the world did stays done."""
        self._levels_shown.clear()
        self._orders_shown.clear()
        self.warnings.clear()
        self.rows = self._rows_done

    def changed(self, changes: Changes) -> None:
        """Take over what a command to the world did."""
        self.facts.extend(changes.facts)
        self.events.extend(changes.events)

    def show_level(self, product: Product, level: Level) -> None:
        """Note that the answer tells this ledger version."""
        self._levels_shown[product.sku, level.version] = None

    def show_orders(self, orders: Sequence[Order]) -> None:
        """Note that the answer tells these orders."""
        for order in orders:
            self._orders_shown[order.key] = None

    def shown(self) -> list[AnyFact]:
        """What the answer told, as facts."""
        facts: list[AnyFact] = []
        if self._levels_shown:
            skus, versions = zip(*self._levels_shown, strict=True)
            facts.append(StockShown(at_ns=self.now_ns, request=self.request, skus=skus, versions=versions))
        if self._orders_shown:
            orders = tuple(self._orders_shown)
            facts.append(OrdersShown(at_ns=self.now_ns, request=self.request, channel=ONLINE, orders=orders))
        return facts

    def time_text(self, at_ns: int) -> str:
        """A monotonic time as Shopify's DateTime."""
        return utc_text(self.wall.wall_ns + at_ns - self.wall.monotonic_ns)
