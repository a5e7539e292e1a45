"""What is unusual about orders of the own store: where they were placed, and how much the buyer attached.

Only scenarios with a share of them have any. Their draws are their own.
"""

from stockstorm.simulator.config import OrdersConfig
from stockstorm.simulator.model import OrderKey, Origin
from stockstorm.simulator.seeds import Seeds


def variety(key: OrderKey, orders: OrdersConfig, seeds: Seeds) -> tuple[Origin, int] | tuple[()]:
    """Origin, and size of what is attached in kB. Empty for a usual order."""
    if not (orders.pos_share or orders.draft_share or orders.large_share):
        return ()
    origin_draw, large_draw, *_ = seeds.draws("variety", key)
    origin: Origin = "web"
    if origin_draw < orders.pos_share:
        origin = "pos"
    elif origin_draw >= 1 - min(orders.draft_share, 1 - orders.pos_share):
        origin = "draft"
    large = orders.large_kb if large_draw < orders.large_share else 0
    return (origin, large) if origin != "web" or large else ()
