"""What the shop's own staff does: goods that arrive or are written off, goods that move, and edits of products."""

from stockstorm.simulator.catalogue import Catalogue, by_product
from stockstorm.simulator.model import Product, Sku
from stockstorm.simulator.plan.items import PlannedProductEdit, PlannedRestock, PlannedTransfer
from stockstorm.simulator.shop.edits import Edits
from stockstorm.simulator.shop.firing import Action
from stockstorm.simulator.shop.ledger import Entry, Ledger, PhysicalStock

Work = PlannedRestock | PlannedTransfer | PlannedProductEdit


class Staff:
    """Applies it to the stock and the products of one shop."""

    def __init__(self, catalogue: Catalogue, edits: Edits, ledger: Ledger, physical: PhysicalStock) -> None:
        self._by_sku, self._unlisted = catalogue.by_sku, catalogue.unlisted
        self._edits, self._ledger, self._physical = edits, ledger, physical
        self._by_product = by_product(catalogue.in_shop)

    def does(self, item: Work, action: Action) -> None:
        """A restock and an edit touch an unlisted variant too."""
        product = self._by_sku[item.sku]
        own = self._unlisted[item.serial % len(self._unlisted)] if self._unlisted else None
        match item:
            case PlannedRestock():
                units = self._there(item, product)
                if units:
                    self._physical.add(item.sku, units)
                    self._restock(item, units, product, action)
                if own is not None:
                    self._restock(item, abs(item.delta), own, action)
            case PlannedTransfer():
                self._transfer(item, product, action)
            case PlannedProductEdit():
                for each in (product,) if own is None else (product, own):
                    self.tell(self._edits.of(each), action)

    def tell(self, product: Product, action: Action) -> None:
        """Fire the event of an edited product: all variants as they are now, and the units that can be sold of each."""
        found = self._by_product[product.product_id]
        variants = tuple([(self._edits.of(each), self._ledger.available(each.inventory_item_id)) for each in found])
        action.product(product, variants)

    def tell_of(self, product: Product, action: Action) -> None:
        """The same, of a product as the catalogue has it."""
        self.tell(self._edits.of(product), action)

    def _there(self, item: PlannedRestock, product: Product) -> int:
        """The units of a restock. Nobody writes off units that are not on the shelf, or that are promised."""
        if item.delta >= 0:
            return item.delta
        free = min(self._physical.units(Sku(product.sku)), self._ledger.available(product.inventory_item_id))
        return max(item.delta, -max(0, free))

    def _restock(self, item: PlannedRestock, units: int, product: Product, action: Action) -> None:
        """Goods arrive at the locations of an item in turn, without a draw of their own, or are written off there."""
        number = product.inventory_item_id
        levels = self._ledger.levels(number)
        place = levels[item.serial % len(levels)].location_id
        level, fact = self._ledger.record(number, units, Entry("restock"), action.now_ns, location_id=place)
        action.note_of(product.sku, fact)
        action.stock(level, product.sku)

    def _transfer(self, item: PlannedTransfer, product: Product, action: Action) -> None:
        """Units move from the fullest location of the item to the emptiest one, at once. The sum stays.

        Where the level is to be below zero, they move the other way: sold at a till, say, before they are booked.
        """
        number, now_ns = product.inventory_item_id, action.now_ns
        levels = sorted(self._ledger.levels(number), key=lambda level: level.available)
        emptiest, fullest = levels[0], levels[-1]
        units = emptiest.available + item.below if item.below else -min(item.units, fullest.available)
        if len(levels) < 2 or (units <= 0 if item.below else units >= 0):
            return
        moved = []
        for place, delta in ((fullest.location_id, units), (emptiest.location_id, -units)):
            entry = Entry("transfer")
            level, fact = self._ledger.record(number, delta, entry, now_ns, location_id=place, moved=True)
            action.note(fact)
            moved.append(level)
        for level in moved:
            action.stock(level, item.sku)
