"""Reconciliation: reads what shop and marketplaces have, and repairs what differs from what this service knows.

Neither Shopify nor a marketplace guarantees that a webhook is sent. One pass reads, in this order:

1. each marketplace's listings; its orders after the cursor; the listings again, if any differed (`ListingCheck`),
2. the shop's orders by `updated_at`, from a little before the newest one that is known,
3. the stock levels that changed since the last pass, or all of them if a person asked.

What is read goes the way of a webhook: through the same handlers, deduplicated by the same keys (the order's id, the
return's id, the level's time). So an order that was healed is not applied again when its webhook comes after all. What
happened a moment ago is left to the next pass, because its webhook is on its way.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from stockstorm.reference_service import limits, metrics
from stockstorm.reference_service.clients.marketplace import MarketplaceCallFailed
from stockstorm.reference_service.domain.timestamps import SECOND_NS
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.feeds.order_feed import OrderFeed
from stockstorm.reference_service.feeds.polling import StockPoll
from stockstorm.reference_service.feeds.shop_orders import ShopOrderReader
from stockstorm.reference_service.handlers.work_loop import WorkLoop
from stockstorm.reference_service.storage.healed import Pass, end_pass, healed_by, names_of
from stockstorm.reference_service.sync.listing_check import ListingCheck
from stockstorm.reference_service.wiring import Parts

FAILED = " failed"
log = structlog.get_logger()


class ChannelReader:
    """The orders of one marketplace after the cursor, and its listings."""

    def __init__(self, parts: Parts, channel: str) -> None:
        self.channel = channel
        self._parts = parts
        self._feed = OrderFeed(parts.pool, channel, parts.marketplaces[channel], parts.rng)
        handler, announce = parts.handlers[WorkType.CHANNEL], parts.announce
        self._loop = WorkLoop(
            WorkType.CHANNEL, self._feed, handler, announce, parts.rng, claim_max=limits.FEED_PAGE_MAX
        )

    async def read_orders(self, healing: Pass | None = None) -> int:
        """Applies the orders after the cursor; returns the number of notifications."""
        self._feed.healing = healing
        return await self._loop.drain()

    async def reconcile(self, healing: Pass, grace_s: float) -> dict[str, int]:
        """Orders and listings. Raises MarketplaceCallFailed."""
        check = ListingCheck(
            self._parts.pool, self._parts.marketplaces[self.channel], self._parts.pushers[self.channel]
        )
        await check.begin()
        read = await self.read_orders(healing)
        if check.suspects:
            await asyncio.sleep(grace_s)
            now = Pass(healing.run, time.time_ns())  # with the youngest: the last sale may be what differs
            read += await self.read_orders(now)
            await check.finish(healing)
        return {f"orders of {self.channel} read": read, f"listings of {self.channel} read": check.read}


class Reconciler:
    """Makes passes, one at a time. `grace_s`: what is younger is left alone."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._channels = [ChannelReader(parts, channel) for channel in parts.pushers]
        self._stock = StockPoll(parts)
        self._shop = ShopOrderReader(parts.pool, parts.admin)
        self.grace_s = min(parts.settings.reconcile_grace_s, parts.settings.reconcile_s / 2)

    async def read_missed(self, *, stock: bool = True) -> bool:
        """Orders of the marketplaces, and levels that changed unless `stock` is false: all that moves stock.

        False if a marketplace did not answer in time. It does not keep the others waiting, and has to be read again.
        """
        counts: dict[str, int] = {}
        async with asyncio.TaskGroup() as tasks:
            for channel in self._channels:
                tasks.create_task(_part(channel.channel, limits.RECONCILE_CHANNEL_S, _orders(channel), counts))
            if stock:
                tasks.create_task(self._stock.read())
        return not any(name.endswith(FAILED) for name in counts)

    async def run_pass(self, run: int, *, full: bool) -> None:
        """One pass, which answers every request up to `run`. What cannot be reached is left to the next pass."""
        started = time.monotonic()
        healing = Pass(run, time.time_ns() - round(self.grace_s * SECOND_NS))
        counts: dict[str, int] = {}
        async with asyncio.TaskGroup() as tasks:
            for channel in self._channels:
                work = _work(channel, healing, self.grace_s)
                tasks.create_task(_part(channel.channel, limits.RECONCILE_CHANNEL_S, work, counts))
            tasks.create_task(_part("shop", limits.RECONCILE_SHOP_S, lambda: self._read_shop(healing, full), counts))
        pool = self._parts.pool
        healed = await healed_by(pool, run)
        counts |= {f"{kind} healed": rows for kind, rows in healed.items()}
        await end_pass(pool, run, counts)
        metrics.RECONCILIATION_SECONDS.observe(time.monotonic() - started)
        log.info("reconciled", run=run, **{name.replace(" ", "_"): count for name, count in sorted(counts.items())})
        for kind, rows in healed.items():
            metrics.HEALED.labels(kind).inc(rows)
        if healed:
            log.warning("healed", run=run, rows=healed, first=await names_of(pool, run, limits.HEALED_LOGGED))

    async def _read_shop(self, healing: Pass, full: bool) -> dict[str, int]:
        first_since_ns = healing.until_ns - round(limits.RECONCILE_FIRST_S * SECOND_NS)
        orders = await self._shop.read(healing, first_since_ns)
        return {"orders of the shop read": orders, "levels read": await self._stock.read(healing, full=full)}


Work = Callable[[], Awaitable[dict[str, int]]]


def _orders(channel: ChannelReader) -> Work:
    async def read() -> dict[str, int]:
        return {f"orders of {channel.channel} read": await channel.read_orders()}

    return read


def _work(channel: ChannelReader, healing: Pass, grace_s: float) -> Work:
    return lambda: channel.reconcile(healing, grace_s)


async def _part(name: str, seconds: float, work: Work, counts: dict[str, int]) -> None:
    """Adds what a part of a pass counted, or that it failed."""
    try:
        async with asyncio.timeout(seconds) as limit:
            counts |= await work()
    except TimeoutError:
        if not limit.expired():
            raise
        reason = f"not read within {seconds:.0f} s"
    except MarketplaceCallFailed as failure:
        reason = str(failure)
    else:
        return
    counts[f"{name}{FAILED}"] = 1
    log.warning("not_read", part=name, reason=reason)
