"""The handler of each work type, for every caller: the worker's loops, the feeds and the synchronous inbox."""

from collections.abc import Mapping

from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.flaws import Flaws
from stockstorm.reference_service.handlers import Handler
from stockstorm.reference_service.handlers.marketplace_orders import MarketplaceOrdersHandler
from stockstorm.reference_service.handlers.shop import ShopHandler
from stockstorm.reference_service.handlers.stock import StockHandler


def handlers_of(flaws: Flaws) -> Mapping[WorkType, Handler]:
    """One handler per work type. WorkType.IGNORED has none."""
    return {
        WorkType.CHANNEL: MarketplaceOrdersHandler(repeats=flaws.repeats_channel_orders),
        WorkType.STOCK: StockHandler(in_any_order=flaws.applies_stock_in_any_order),
        WorkType.SHOP: ShopHandler(),
    }
