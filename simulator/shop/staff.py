"""What the shop's own staff does to stock: goods that arrive, and goods that move from one location to another."""

from stockstorm.simulator.model import Product
from stockstorm.simulator.plan.items import PlannedRestock, PlannedTransfer
from stockstorm.simulator.shop.firing import Action
from stockstorm.simulator.shop.ledger import Entry, Ledger


def restock(item: PlannedRestock, units: int, product: Product, ledger: Ledger, action: Action) -> None:
    """Goods arrive at the locations of an item in turn, without a draw of their own, or are written off there."""
    levels = ledger.levels(product.inventory_item_id)
    place = levels[item.serial % len(levels)].location_id
    entry = Entry("restock")
    level, fact = ledger.record(product.inventory_item_id, units, entry, action.now_ns, location_id=place)
    if product.sku:
        action.note(fact)
    action.stock(level, product.sku)


def transfer(item: PlannedTransfer, product: Product, ledger: Ledger, action: Action) -> None:
    """Units move from the fullest location of the item to the emptiest one, at once. The sum stays."""
    levels = sorted(ledger.levels(product.inventory_item_id), key=lambda level: level.available)
    units = min(item.units, levels[-1].available)
    if len(levels) < 2 or units <= 0:
        return
    moved = []
    for place, delta in ((levels[-1].location_id, -units), (levels[0].location_id, units)):
        level, fact = ledger.record(
            product.inventory_item_id, delta, Entry("transfer"), action.now_ns, location_id=place, moved=True
        )
        action.note(fact)
        moved.append(level)
    for level in moved:
        action.stock(level, item.sku)
