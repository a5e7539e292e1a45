"""What the service decides about orders and stock levels."""

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec.structs import replace

from stockstorm.reference_service.domain.order import KnownOrder
from stockstorm.reference_service.domain.payloads import ChannelLine, ChannelNotification, ChannelOrder, ChannelReturn
from stockstorm.reference_service.domain.stock_level import Level, Reading
from stockstorm.reference_service.domain.timestamps import SECOND_NS
from stockstorm.reference_service.seams import Seams
from tests.unit.reference_service.flaws.case import Case

LINES = [ChannelLine("A", 2), ChannelLine("B", 1), ChannelLine("A", 1)]
SALE, NOTHING = {"A": -3, "B": -1}, {"A": 0, "B": 0}
RETURNS = {
    "returned": ChannelReturn("r1", True, [ChannelLine("A", 1)]),
    "more": ChannelReturn("r3", True, [ChannelLine("A", 1)]),
    "lost": ChannelReturn("r2", False, [ChannelLine("A", 1)]),
}


def net(*events: str, channel: str = "bazaar") -> Callable[[Seams], Awaitable[dict[str, int]]]:
    """What the notifications of one order add up to, units by SKU. All are written to Shopify at once."""

    async def observe(seams: Seams) -> dict[str, int]:
        known: KnownOrder | None = None
        total, returns = dict(NOTHING), set[str]()
        for event in events:
            returned = RETURNS.get(event)
            topic = "order.returned" if returned else f"order.{event}"
            notification = ChannelNotification(topic, ChannelOrder("o1", LINES, returned))
            seen = {returned.return_id} & returns if returned else set()
            outcome = seams.decide(channel, notification, known, sale_waits=False, returns=seen)
            known = outcome.order or known
            returns |= {outcome.return_id} if outcome.return_id else set()
            for sku, units in (outcome.effect.units if outcome.effect else {}).items():
                total[sku] += units
        return total

    return observe


async def units_of_two_marketplaces(seams: Seams) -> int:
    """Units of SKU A that orders of the same number take, one of each marketplace."""
    order = ChannelNotification("order.created", ChannelOrder("1001", [ChannelLine("A", 2)]))
    outcomes = [seams.decide(name, order, None, sale_waits=False, returns=()) for name in ("bazaar", "mercado")]
    return sum(outcome.effect.units["A"] for outcome in outcomes if outcome.effect)


async def units_of_two_equal_orders(seams: Seams) -> int:
    """Units of SKU A that two orders of one marketplace take, which came at the same time."""
    orders = [ChannelNotification("order.created", ChannelOrder(number, [ChannelLine("A", 2)])) for number in "12"]
    outcomes = [seams.decide("bazaar", order, None, sale_waits=False, returns=()) for order in orders]
    return sum(outcome.effect.units["A"] for outcome in outcomes if outcome.effect)


async def lines_read(seams: Seams) -> int:
    """Of an order of twelve."""
    lines = [ChannelLine(f"S{number}", 1) for number in range(12)]
    order = ChannelNotification("order.created", ChannelOrder("o1", lines))
    effect = seams.decide("bazaar", order, None, sale_waits=False, returns=()).effect
    return len(effect.units) if effect else 0


KNOWN = Level(11, 1, "gid", "A", Reading(10, 5 * SECOND_NS + 500, 5 * SECOND_NS + 500))


def shown_after(available: int, at_ns: int, item: int = 11) -> Callable[[Seams], Awaitable[Any]]:
    """The quantity after a stock event, and whether the level is to be read again."""

    async def observe(seams: Seams) -> Any:
        level = replace(KNOWN, inventory_item_id=item)
        level, _ = seams.apply_reading(level, Reading(available, at_ns, at_ns + (0 if at_ns % 1000 else 400)))
        return level.reading.available, level.doubtful

    return observe


async def topics(seams: Seams) -> bool:
    return "inventory_levels/update" in seams.topics


async def registered(seams: Seams) -> list[str]:
    return [channel for channel in ("bazaar", "mercado") if seams.registers(channel)]


CASES = (
    Case("no_order_dedup", net("created", "created"), SALE, {"A": -6, "B": -2}),
    Case("dedup_by_webhook_id", net("created", "created"), SALE, {"A": -6, "B": -2}),
    Case("dedup_by_webhook_id", net("created", "cancelled", "cancelled"), NOTHING, {"A": 3, "B": 1}),
    Case("dedup_per_source", net("created", "returned", "returned"), {"A": -2, "B": -1}, {"A": -1, "B": -1}),
    Case("cancelled_orders_forgotten", net("created", "cancelled", "created"), NOTHING, SALE),
    Case("cancelled_orders_forgotten", net("created", "created"), SALE, SALE),
    Case("one_return_per_order", net("created", "returned", "more"), {"A": -1, "B": -1}, {"A": -2, "B": -1}),
    Case("sale_again_after_cancel", net("created", "returned", "cancelled", "created"), NOTHING, {"A": -1, "B": 0}),
    Case("cancel_before_create_ignored", net("cancelled", "created"), NOTHING, SALE),
    Case("cancel_before_create_ignored", net("created", "cancelled"), NOTHING, NOTHING),
    Case("create_after_cancel_applied", net("cancelled", "created"), NOTHING, SALE),
    Case("first_line_only", net("created"), SALE, {"A": -2, "B": 0}),
    Case("same_sku_overwrites", net("created"), SALE, {"A": -1, "B": -1}),
    Case("quantity_ignored", net("created"), SALE, {"A": -2, "B": -1}),
    Case("restock_flag_ignored", net("created", "lost"), SALE, {"A": -2, "B": -1}),
    Case("return_of_whole_order", net("created", "returned"), {"A": -2, "B": -1}, NOTHING),
    Case("returns_ignored", net("created", "returned"), {"A": -2, "B": -1}, SALE),
    Case("cancellations_ignored", net("created", "cancelled"), NOTHING, SALE),
    Case("cancel_ignores_returns", net("created", "returned", "cancelled"), NOTHING, {"A": 1, "B": 0}),
    Case("return_after_cancel_applied", net("created", "cancelled", "returned"), NOTHING, {"A": 1, "B": 0}),
    Case("second_return_overwrites", net("created", "returned", "more", "cancelled"), NOTHING, {"A": 1, "B": 0}),
    Case("second_return_overwrites", net("created", "returned", "cancelled"), NOTHING, NOTHING),
    Case("unknown_cached", net("created", "created"), SALE, {"A": -6, "B": -2}),
    Case("unknown_cached", net("returned", "created", "returned"), {"A": -2, "B": -1}, {"A": -1, "B": -1}),
    Case("return_before_create_ignored", net("returned", "created"), {"A": -2, "B": -1}, SALE),
    Case("return_before_create_ignored", net("created", "returned"), {"A": -2, "B": -1}, {"A": -2, "B": -1}),
    Case("undone_order_keeps_returns", net("returned", "more", "cancelled", "created"), NOTHING, {"A": 2, "B": 0}),
    Case("undone_order_keeps_returns", net("cancelled", "created"), NOTHING, NOTHING),
    Case("lines_cut", lines_read, 12, 10),
    Case("equal_orders_as_one", units_of_two_equal_orders, -4, -2),
    Case("equal_orders_as_one", net("created", "created"), SALE, SALE),
    Case("orders_known_by_number", units_of_two_marketplaces, -4, -2),
    Case("cancel_of_first_line", net("created", "cancelled"), NOTHING, {"A": 0, "B": -1}),
    Case("cancellations_of_one_channel_ignored", net("created", "cancelled"), NOTHING, NOTHING),
    Case("cancellations_of_one_channel_ignored", net("created", "cancelled", channel="mercado"), NOTHING, SALE),
    Case("last_write_wins", shown_after(99, SECOND_NS + 1), (10, False), (99, False)),
    Case("ties_by_second", shown_after(99, 5 * SECOND_NS + 1), (10, False), (99, False)),
    Case("ties_by_second", shown_after(99, 4 * SECOND_NS + 1), (10, False), (10, False)),
    Case("ties_dropped", shown_after(99, 5 * SECOND_NS + 501), (99, False), (10, False)),
    Case("variants_by_number_left_out", shown_after(99, 6 * SECOND_NS), (99, False), (99, False)),
    Case("variants_by_number_left_out", shown_after(99, 6 * SECOND_NS, item=20), (99, False), (10, False)),
    Case("topic_not_subscribed", topics, True, False),
    Case("channel_not_registered", registered, ["bazaar", "mercado"], ["bazaar"]),
)
