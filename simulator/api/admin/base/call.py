"""The interface between executors and resolvers: arguments, and the context of one call.

Resolvers are plain functions `(source, arguments, call) -> value`. Both executors use the same ones.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

import msgspec
from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableNode,
    get_argument_values,
    get_directive_values,
)
from graphql.execution.values import VariableValues
from graphql.language import Visitor, visit

from stockstorm.simulator.api.admin.base.bulk import BulkOperations
from stockstorm.simulator.api.admin.base.idempotency import IdempotencyKeys
from stockstorm.simulator.api.admin.base.other_stock import OtherStock
from stockstorm.simulator.api.admin.base.views import AdjustmentGroup, Location
from stockstorm.simulator.api.not_played import Kind, message, named
from stockstorm.simulator.catalogue import LEVEL_IDS_PER_LOCATION, Catalogue
from stockstorm.simulator.clock import SECOND_NS, WallPair
from stockstorm.simulator.events.product_payload import LISTED_S
from stockstorm.simulator.history.facts import AnyFact, OrdersShown, StockShown, VersionAsked
from stockstorm.simulator.limits import ANSWER_VALUES_MAX, IDEMPOTENCY_KEY_MAX, SEARCH_TESTS_MAX
from stockstorm.simulator.model import API_CLIENT_ID, ONLINE, ApiOutcome, Event, Level, Order, Product
from stockstorm.simulator.shop.records import TooMuchWork
from stockstorm.simulator.versions import NEWEST, ApiVersion, Behaviour, in_force
from stockstorm.simulator.world import Changes, World

Arguments = dict[str, Any]  # argument name → coerced value
Resolver = Callable[[Any, Arguments, "Call"], Any]
IDEMPOTENCY_KEY: Final = "@idempotent"  # not a valid name of an argument


def arguments_of(
    schema: GraphQLSchema, definition: GraphQLField, node: FieldNode, variables: VariableValues | None
) -> Arguments:
    """Argument name → coerced value. The key of an `@idempotent` directive is under `IDEMPOTENCY_KEY`.

    Raises GraphQLError if a null variable is given to a required argument.
    """
    arguments = get_argument_values(definition, node, variables)
    if node.directives:
        directive = schema.get_directive("idempotent")
        found = get_directive_values(directive, node, variables) if directive else None
        if found is not None:
            arguments[IDEMPOTENCY_KEY] = found["key"]
    return arguments


def key_of(schema: GraphQLSchema, operation: OperationDefinitionNode, variables: VariableValues) -> str:
    """The idempotency key of an operation that is not executed; "" if it has none that can be read."""
    directive = schema.get_directive("idempotent")
    for node in operation.selection_set.selections:
        if directive is None or not isinstance(node, FieldNode) or not node.directives:
            continue
        with suppress(GraphQLError):
            if (found := get_directive_values(directive, node, variables)) is not None:
                return str(found["key"])[:IDEMPOTENCY_KEY_MAX]
    return ""


def depends_on_variables(node: FieldNode) -> bool:
    """Whether an argument or directive of the field itself contains a variable. Nested fields do not count."""
    finder = _VariableFinder()
    for part in (*(node.arguments or ()), *(node.directives or ())):
        visit(part, finder)
    return finder.found


class _VariableFinder(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def enter_variable(self, _node: VariableNode, *_args: Any) -> None:
        self.found = True


class AdminOptions(msgspec.Struct, frozen=True):
    """Behaviour that is relaxed for a simulator, or that no recording of Shopify shows.

    `allow_http`: accept subscriptions to http:// and to hosts of this machine. False refuses them, as Shopify does.
    `stale_field`: the last element of the `field` path of CHANGE_FROM_QUANTITY_STALE. It is in no recording.
    `retry_failed_key`: accept a key again after an attempt with user errors. False answers
    IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED, as the text of that code says. It is in no recording.
    `api_client_id`: the app whose event sources a subscription may name. None: any app's.
    """

    allow_http: bool = True
    stale_field: str = "changeFromQuantity"
    retry_failed_key: bool = False
    api_client_id: str | None = str(API_CLIENT_ID)


class LevelIds:
    """Ids of levels: which item and location each names, whether the item is stocked there or not."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._locations = catalogue.locations
        self._first = {product.level_id: product for product in catalogue.in_shop}

    def named(self, level_id: int) -> tuple[Product, int] | None:
        """Product and location. None for an id that no level can have."""
        if (product := self._first.get(level_id)) is not None:
            return product, product.location_id
        for location in self._locations:
            level_id -= LEVEL_IDS_PER_LOCATION
            if (product := self._first.get(level_id)) is not None:
                return product, location
        return None

    def __contains__(self, level_id: object) -> bool:
        return isinstance(level_id, int) and self.named(level_id) is not None


class AdminState:
    """The state of the API between calls, apart from the world, and sorted views of the catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        decoder = msgspec.msgpack.Decoder[AdjustmentGroup | None](AdjustmentGroup | None)
        self.keys = IdempotencyKeys(msgspec.msgpack.encode, decoder.decode)
        self.refund_keys = IdempotencyKeys(msgspec.msgpack.encode, msgspec.msgpack.Decoder[int](int).decode)
        self.bulk = BulkOperations(lambda _text, _version: "Bulk queries cannot run here.")
        self.groups = 0  # number of adjustment groups so far
        self.other_stock = OtherStock()
        self._asked: set[str] = set()  # versions in the addresses of calls so far
        self.locations = {number: Location(number, index) for index, number in enumerate(catalogue.locations, 1)}
        self.items = tuple(sorted(catalogue.in_shop, key=lambda product: product.inventory_item_id))
        self.item_ids = catalogue.by_item.keys()
        self.level_ids = LevelIds(catalogue)
        self.by_variant = {product.variant_id: product for product in self.items}
        self.sku_counts = Counter(product.shown_sku for product in self.items if product.shown_sku)

    def newly_asked(self, asked: str, served: ApiVersion, now_ns: int) -> list[VersionAsked]:
        """A fact of the first call that asks for a version."""
        if asked in self._asked:
            return []
        self._asked.add(asked)
        return [VersionAsked(now_ns, asked, served)]


class AnswerTooLarge(BaseException):
    """The answer has more than ANSWER_VALUES_MAX fields. No Exception, because graphql-core continues after those."""


class SearchWarning(msgspec.Struct, frozen=True):
    """An ignored part of a `query` argument, as `extensions.search` lists it; `of_time`: of which field's bare time."""

    root: str
    query: str
    field: str
    of_time: str = ""


class Call:
    """The context of one request. `facts` and `events` come from the world; `shown()` adds what the answer showed."""

    def __init__(
        self,
        world: World,
        wall: WallPair,
        state: AdminState,
        options: AdminOptions,
        *,
        request: int,
        now_ns: int,
        version: ApiVersion = NEWEST,
        host: str = "",
        tells_costs: bool = False,
        bounded: bool = True,
    ) -> None:
        self._bounded = bounded  # False for a bulk operation, which has a bound of its own
        self.tells_costs = tells_costs  # the caller asked for the cost of each field
        self.cost_fields: list[Any] | None = None
        self.world, self.wall, self.state, self.options = world, wall, state, options
        self.version, self.host = version, host
        self.catalogue = world.catalogue
        self.request, self.now_ns = request, now_ns
        self.facts: list[AnyFact] = []
        self.events: list[Event] = []
        self.outcome: ApiOutcome = "ok"
        self.refusals: list[str] = []  # texts of user errors, whether the caller asked for them or not
        self.unplayed: list[str] = []  # names of what user errors say is not played
        self.key = ""  # of the last mutation with an idempotency key
        self.rows = self._rows_done = 0
        self._tests_left = SEARCH_TESTS_MAX
        self.warnings: list[SearchWarning] = []
        self._levels_shown: dict[tuple[str, int], None] = {}  # sku and version, in the order of the answer
        self._orders_shown: dict[int, None] = {}
        self._done: dict[str, tuple[bool, Any]] = {}
        self._values_left = ANSWER_VALUES_MAX

    def once(self, key: str, resolve: Resolver, arguments: Arguments) -> Any:
        """The result (or the exception) of the mutation with this response key. Only the first call executes it."""
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

    def in_force(self, behaviour: Behaviour) -> bool:
        """Whether the version of the call behaves so."""
        return in_force(behaviour, self.version)

    def refuse(self, texts: Iterable[str]) -> None:
        """Record user errors."""
        self.outcome = "user_error"
        self.refusals.extend(texts)

    def lacks(self, kind: Kind, what: str) -> str:
        """The text of the user error for what is not played. The history learns of it."""
        self.unplayed.append(named(kind, what))
        return message(kind, what)

    def spend(self, values: int) -> None:
        """Count fields of the answer. Raises AnswerTooLarge."""
        self._values_left -= values
        if self._values_left < 0 and self._bounded:
            raise AnswerTooLarge

    def test(self, rows: int, terms: int = 1) -> None:
        """Count what searches compare in memory. Raises TooMuchWork for too much: in a call, or at once in bulk."""
        left = self._tests_left - rows * terms
        if left < 0:
            raise TooMuchWork
        if self._bounded:
            self._tests_left = left

    def start_over(self) -> None:
        """Discard what was shown, since the answer is built again or not given. Changes of the world remain."""
        self._levels_shown.clear()
        self._orders_shown.clear()
        self.warnings.clear()
        self.rows = self._rows_done

    def changed(self, changes: Changes) -> None:
        """Add the changes of a command to the world."""
        self.facts.extend(changes.facts)
        self.events.extend(changes.events)

    def show_level(self, product: Product, level: Level) -> None:
        """Record that the answer shows this ledger version. The history does not know unlisted variants."""
        if product.sku:
            self._levels_shown[product.sku, level.version] = None

    def show_orders(self, orders: Sequence[Order]) -> None:
        """Record that the answer shows these orders."""
        for order in orders:
            if order.written is None:  # the history knows only what buyers placed
                self._orders_shown[order.key] = None

    def take_shown(self) -> tuple[dict[tuple[str, int], None], dict[int, None]]:
        """What was shown so far, which is forgotten here: SKUs with versions, and orders."""
        levels, orders = self._levels_shown, self._orders_shown
        self._levels_shown, self._orders_shown = {}, {}
        return levels, orders

    def shown(self) -> list[AnyFact]:
        """What the answer showed, as facts."""
        facts: list[AnyFact] = []
        if self._levels_shown:
            skus, versions = zip(*self._levels_shown, strict=True)
            facts.append(StockShown(at_ns=self.now_ns, request=self.request, skus=skus, versions=versions))
        if self._orders_shown:
            orders = tuple(self._orders_shown)
            facts.append(OrdersShown(at_ns=self.now_ns, request=self.request, channel=ONLINE, orders=orders))
        return facts

    @property
    def listed_ns(self) -> int:
        """When the shop and all that it has were created, long before the run."""
        return LISTED_S * SECOND_NS + self.wall.monotonic_ns - self.wall.wall_ns

    def time_text(self, at_ns: int) -> str:
        """A monotonic time as Shopify's DateTime, cut to whole seconds: 2026-11-24T06:30:00Z."""
        return _second_text(self.wall.wall(at_ns) // SECOND_NS)


@lru_cache(maxsize=8192)  # answers repeat the same few seconds thousands of times
def _second_text(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
