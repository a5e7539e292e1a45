"""What is done with the entries of each work_type, whoever claims them: the worker's work_types, a reader, or the receiver."""

from collections.abc import Mapping

from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.flaws import Flaws
from stockstorm.reference_service.handlers import Handler
from stockstorm.reference_service.handlers.marketplace_orders import ChannelEvents
from stockstorm.reference_service.handlers.shop import ShopEvents
from stockstorm.reference_service.handlers.stock import StockEvents


def handlers_of(flaws: Flaws) -> Mapping[WorkType, Handler]:
    """The work of every work_type that has any."""
    return {
        WorkType.CHANNEL: ChannelEvents(repeats=flaws.repeats_channel_orders),
        WorkType.STOCK: StockEvents(in_any_order=flaws.applies_stock_in_any_order),
        WorkType.SHOP: ShopEvents(),
    }
