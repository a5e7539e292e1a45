"""What is done with the entries of each lane, whoever claims them: the worker's lanes, a reader, or the receiver."""

from collections.abc import Mapping

from reference_service.channel_events import ChannelEvents
from reference_service.flaws import Flaws
from reference_service.lanes import LaneWork
from reference_service.shop_events import ShopEvents
from reference_service.stock_events import StockEvents
from reference_service.topics import Lane


def works_of(flaws: Flaws) -> Mapping[Lane, LaneWork]:
    """The work of every lane that has any."""
    return {
        Lane.CHANNEL: ChannelEvents(repeats=flaws.repeats_channel_orders),
        Lane.STOCK: StockEvents(in_any_order=flaws.applies_stock_in_any_order),
        Lane.SHOP: ShopEvents(),
    }
