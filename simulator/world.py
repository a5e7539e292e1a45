"""The world: shop, channels and subscriptions. A command and a time go in, facts and events come out.

It has state, but no clock, random source or I/O. The world decides the effect of plan items and of the subject's calls;
the ledger, the order book and the channels apply it.
"""

from collections.abc import Collection, Mapping, Sequence

from stockstorm.simulator.catalogue import Catalogue
from stockstorm.simulator.channels import Channel, Marketplace, OnlineStore
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import WorldConfig
from stockstorm.simulator.history.facts import (
    AnyFact,
    ChannelOpened,
    FinalListing,
    FinalStock,
    ItemStocked,
    PhaseStarted,
)
from stockstorm.simulator.ids import ids_of
from stockstorm.simulator.model import ONLINE, Event, Level, Order, OrderKey, Product, Refund, Sku, Subscription
from stockstorm.simulator.plan.items import (
    AnyPlanItem,
    PlannedCancellation,
    PlannedFault,
    PlannedForgery,
    PlannedLife,
    PlannedOrderEdit,
    PlannedPayment,
    PlannedPhase,
    PlannedPoison,
    PlannedProductEdit,
    PlannedPurchase,
    PlannedRestock,
    PlannedReturn,
    PlannedTransfer,
)
from stockstorm.simulator.plan.quotas import Roles
from stockstorm.simulator.seeds import Seeds
from stockstorm.simulator.shop.app import App
from stockstorm.simulator.shop.edits import Edits
from stockstorm.simulator.shop.feed import Feeds
from stockstorm.simulator.shop.firing import Action, Changes, Firing
from stockstorm.simulator.shop.ledger import (
    Ledger,
    LevelChange,
    LevelSet,
    PhysicalStock,
    StaleQuantity,
    connect,
    record_rows,
)
from stockstorm.simulator.shop.life import live
from stockstorm.simulator.shop.order_search import Condition, FoundOrders
from stockstorm.simulator.shop.orders import OrderBook
from stockstorm.simulator.shop.staff import Staff
from stockstorm.simulator.shop.subscriptions import Subscriptions
from stockstorm.simulator.shop.written import Mover, OrderWrites
from stockstorm.simulator.trade import Trade

__all__ = ["Changes", "LevelChange", "LevelSet", "StaleQuantity", "World"]


class World:
    """One shop with its channels. Not safe for concurrent use: commands run one at a time, in order of their times."""

    def __init__(self, config: WorldConfig, catalogue: Catalogue, seeds: Seeds) -> None:
        self.config, self.catalogue = config, catalogue
        self.app = App(config.app)
        self.channels: tuple[str, ...] = tuple(channel.name for channel in config.channels)
        self.marketplaces: tuple[str, ...] = tuple(name for name in self.channels if name != ONLINE)
        self.notifying: tuple[str, ...] = tuple(
            channel.name for channel in config.channels if channel.name != ONLINE and channel.tells != "feed"
        )
        self._ledger = Ledger(catalogue.in_shop)
        self._physical = PhysicalStock(catalogue.products)
        self.edits = Edits()
        self._staff = Staff(catalogue, self.edits, self._ledger, self._physical)
        self._book = OrderBook(ids_of(big=config.shop.big_ids), plain=config.shop.plain_orders)
        self._firing = Firing(seeds, apart=config.delivery.stock_event_ids == "own")
        self._subscriptions = Subscriptions()
        self._calls = 0
        listed = {
            product.sku: max(0, product.initial_available - config.subject.safety_stock)
            for product in catalogue.products
        }
        self._feeds = Feeds()
        self._markets = {
            channel.name: Marketplace(channel.name, listed, self._feeds, round(channel.lag_s * SECOND_NS))
            for channel in config.channels
            if channel.name != ONLINE
        }
        tell = self._staff.tell_of if config.events.products_told_when_ordered else None
        online = OnlineStore(self._ledger, catalogue.by_sku, tell)
        channels: dict[str, Channel] = {ONLINE: online, **self._markets}
        apart = Roles(config) if config.quotas.two_locations else None
        self._trade = Trade(catalogue, self.edits, self._book, self._physical, channels, online, apart)
        self.order_writes = OrderWrites(
            Mover(self._ledger, self._physical, self._book, catalogue.by_sku, online, self._call)
        )

    def opening(self, now_ns: int) -> list[AnyFact]:
        """Facts about stock and channels before load. Sets the time of the first levels."""
        self._ledger.open(now_ns)
        items = []
        for product in self.catalogue.products:
            item, at = product.inventory_item_id, product.stocked if product.others else ()
            locations, levels = tuple([each.location_id for each in at]), tuple([each.available for each in at])
            units, price = product.initial_available, product.price_minor
            first, hot = product.location_id, product.hot
            items.append(ItemStocked(now_ns, product.sku, item, first, units, price, hot, locations, levels))
        return [*items, *(ChannelOpened(now_ns, name, name == ONLINE) for name in self.channels)]

    def apply(self, item: AnyPlanItem, now_ns: int) -> Changes:
        """Apply one plan item. Faults and forgeries change nothing here, because the driver applies them."""
        action = self._firing.action(now_ns, "plan", item.serial)
        match item:
            case PlannedPurchase():
                self._trade.purchase(item, action)
            case PlannedPayment():
                self._trade.payment(item, action)
            case PlannedCancellation():
                self._trade.cancellation(item, action)
            case PlannedReturn():
                self._trade.returned(item, action)
            case PlannedOrderEdit():
                self._trade.edit_order(item, action)
            case PlannedRestock() | PlannedTransfer() | PlannedProductEdit():
                self._staff.does(item, action)
            case PlannedPhase():
                action.note(PhaseStarted(now_ns, item.name))
            case PlannedLife():
                live(item, self.app, self.newest_order(ONLINE), action)
            case PlannedForgery() | PlannedPoison() | PlannedFault():
                pass
        return action.changes

    # -- the master record, for the Admin API ----------------------------------------------------------------------

    def level(self, inventory_item_id: int, location_id: int) -> Level | None:
        """The newest level. None for an unknown item and for an item that is not stocked there."""
        return self._ledger.level(inventory_item_id, location_id)

    def levels(self, inventory_item_id: int) -> tuple[Level, ...]:
        """The newest level at each location of an item, by ascending location. KeyError for an unknown item."""
        return self._ledger.levels(inventory_item_id)

    def available(self, inventory_item_id: int) -> int:
        """Units of an item that can be sold: the sum over its locations. KeyError for an unknown item."""
        return self._ledger.available(inventory_item_id)

    def stocked_at(self, location_id: int) -> Sequence[Product]:
        """The products that a location stocks, by ascending inventory item. A view."""
        return self._ledger.stocked_at(location_id)

    def begin_call(self) -> None:
        """A new API call begins. Its searches raise TooMuchWork when they have read too much together."""
        self._book.begin_call()

    def orders(self, conditions: Sequence[Condition] = ()) -> FoundOrders:
        """The own store's orders, in their current values, that fulfil every condition."""
        return self._book.own(conditions)

    def product_edited_ns(self, product_id: int) -> int | None:
        """Time of the last edit of a product. None if it was never edited."""
        return self._firing.edited_ns.get(product_id)

    def edited_products(self) -> Mapping[int, int]:
        """Product id → time of its last edit, of the products that were edited."""
        return self._firing.edited_ns

    def newest_order(self, channel: str) -> Order | None:
        """The newest accepted order of a channel."""
        key = self._trade.newest.get(channel)
        return None if key is None else self._book.get(key)

    def order(self, key: OrderKey) -> Order | None:
        """An order of any channel by its key. None if it was never accepted."""
        return self._book.get(key)

    def order_by_id(self, order_id: int) -> Order | None:
        """An order of the own store by its Shopify id."""
        return self._book.own_by_id(order_id)

    def refund_by_id(self, refund_id: int) -> tuple[Order, Refund] | None:
        """A refund of the own store by its Shopify id, with its order."""
        return self._book.own_by_refund(refund_id)

    def order_by_parcel(self, parcel_id: int) -> Order | None:
        """The order of a parcel by the parcel's Shopify id."""
        return self._book.own_by_parcel(parcel_id)

    def next_parcel(self) -> int:
        """An id for a new parcel."""
        return self._book.next_parcel()

    # Neither command changes physical stock: the subject only records what happened elsewhere.

    def adjust(self, changes: Sequence[LevelChange], *, reference: str, request: int, now_ns: int) -> Changes:
        """Add available units, all rows or none. Raises StaleQuantity, or KeyError for an unknown item."""
        action = self._call(now_ns)
        record_rows(self._ledger, changes, action, cause="subject_adjust", reference=reference, request=request)
        return action.changes

    def set_available(self, sets: Sequence[LevelSet], *, reference: str, request: int, now_ns: int) -> Changes:
        """Set available units, all rows or none. Raises StaleQuantity, or KeyError for an unknown item."""
        action = self._call(now_ns)
        record_rows(self._ledger, sets, action, cause="subject_set", reference=reference, request=request)
        return action.changes

    def connect(self, inventory_item_id: int, location_id: int, *, now_ns: int) -> Changes:
        """Stock an item at one more location of the shop, with no units. KeyError for an unknown item."""
        action = self._call(now_ns)
        if self._ledger.level(inventory_item_id, location_id) is None:
            connect(self._ledger, inventory_item_id, location_id, action)
        return action.changes

    def disconnect(self, inventory_item_id: int, location_id: int, *, request: int, now_ns: int) -> Changes:
        """Set the units of an item at a location to 0 and stock it there no longer. KeyError if it is not."""
        action = self._call(now_ns)
        sets = [LevelSet(inventory_item_id, location_id, 0, None)]
        record_rows(self._ledger, sets, action, cause="subject_set", reference="", request=request)
        level = self._ledger.level(inventory_item_id, location_id)
        self._ledger.disconnect(inventory_item_id, location_id)
        if level is not None:
            action.connection("inventory_levels/disconnect", level, self._ledger.newest(inventory_item_id)[0])
        return action.changes

    def edit(self, products: Sequence[Product], *, of_items: Collection[int], now_ns: int) -> Changes:
        """New values of variants of one product. `of_items`: the inventory items that changed themselves."""
        action = self._call(now_ns)
        for product in products:
            self.edits.change(product)
        self._staff.tell(products[0], action)
        for product in products:
            if product.inventory_item_id in of_items:
                action.item(product)
        return action.changes

    def bulk_finished(self, body: bytes, now_ns: int) -> Changes:
        """A bulk operation has ended; `body` tells it."""
        action = self._call(now_ns)
        action.bulk(body)
        return action.changes

    def _call(self, now_ns: int) -> Action:
        self._calls += 1
        return self._firing.action(now_ns, "call", self._calls)

    # -- marketplaces and physical stock ---------------------------------------------------------------------------

    def push_listings(self, channel: str, listings: Sequence[tuple[Sku, int]], *, request: int, now_ns: int) -> Changes:
        """Set listings of a marketplace. KeyError for an unknown channel or SKU."""
        action = self._call(now_ns)
        self._markets[channel].push(listings, request, action)
        return action.changes

    def listings(self, channel: str) -> Mapping[Sku, int]:
        """Current listings of a marketplace. KeyError for the own store, which has none."""
        return self._markets[channel].listings

    def channel_feed(self, channel: str, since: int, limit: int) -> list[Event]:
        """At most `limit` events of a marketplace from a position on, oldest first. KeyError for the own store."""
        return self._feeds.read(self._markets[channel].name, since, limit)

    def physical(self, sku: Sku) -> int:
        """Units that really exist, over all channels."""
        return self._physical.units(sku)

    # -- subscriptions ---------------------------------------------------------------------------------------------

    def subscribe(
        self,
        source: str,
        topic: str,
        uri: str,
        *,
        now_ns: int,
        name: str | None = None,
        include_fields: tuple[str, ...] = (),
        filter: str | None = None,  # noqa: A002 - the name in the API and in the model
        by_api: bool = True,
        metafield_namespaces: tuple[str, ...] = (),
    ) -> tuple[Subscription, Changes]:
        """Subscribe `uri` to a topic (`EVERY_TOPIC` for a marketplace)."""
        subscription, fact = self._subscriptions.add(
            source,
            topic,
            uri,
            now_ns,
            name=name,
            include_fields=include_fields,
            filter_query=filter,
            by_api=by_api,
            metafield_namespaces=metafield_namespaces,
        )
        return subscription, Changes(facts=[fact])

    def change_subscription(self, new: Subscription) -> Changes:
        """A new value of a subscription. KeyError for an unknown id."""
        return Changes(facts=[self._subscriptions.change(new)])

    def unsubscribe(self, subscription_id: int, *, by_policy: bool, now_ns: int) -> Changes:
        """Remove a subscription. An unknown id changes nothing."""
        fact = self._subscriptions.remove(subscription_id, by_policy=by_policy, now_ns=now_ns)
        return Changes(facts=[] if fact is None else [fact])

    def subscription(self, subscription_id: int) -> Subscription | None:
        """An active subscription by its id."""
        return self._subscriptions.get(subscription_id)

    def subscriptions(self, source: str, topic: str | None = None) -> list[Subscription]:
        """Subscriptions to a topic of a source (None: to any topic), oldest first."""
        return self._subscriptions.subscribed(source, topic)

    # -- at rest ---------------------------------------------------------------------------------------------------

    def final_facts(self, now_ns: int) -> list[AnyFact]:
        """Facts about stock and listings at rest."""
        facts: list[AnyFact] = []
        for product in self.catalogue.products:
            item, physical = product.inventory_item_id, self._physical.units(product.sku)
            available, version = self._ledger.available(item), self._ledger.newest(item)[1]
            at = self._ledger.levels(item) if self._ledger.several(item) else ()
            locations, levels = tuple([each.location_id for each in at]), tuple([each.available for each in at])
            facts.append(FinalStock(now_ns, product.sku, available, physical, version, locations, levels))
        for name, market in self._markets.items():
            facts.extend(FinalListing(now_ns, name, sku, listed) for sku, listed in market.listings.items())
        return facts
