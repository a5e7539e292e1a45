"""The shop whose modelled runs are judged in benchmarks."""

from stockstorm.simulator.config import (
    ChannelConfig,
    OrdersConfig,
    PhaseConfig,
    ShopConfig,
    ShopEventsConfig,
    WorldConfig,
)


def trade(seconds: float) -> WorldConfig:
    """300 SKUs on four channels. A second of it makes about 2,400 facts."""
    return WorldConfig(
        shop=ShopConfig(skus=300, hot_skus=4, stock=120, hot_stock=60, buyers=1),
        channels=tuple(ChannelConfig(name=name) for name in ("online", "bazaar", "mercado", "tradepost")),
        phases=(PhaseConfig(name="load", kind="poisson", seconds=seconds, rate=300, hot_share=0.1),),
        orders=OrdersConfig(cancel_share=0.05, cancel_after_s=0.5, return_share=0.05, return_after_s=0.8),
        events=ShopEventsConfig(restocks_per_s=20, restock_units=10, restock_hot=True),
    )
