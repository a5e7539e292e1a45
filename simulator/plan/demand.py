"""What buyers want: on which channel, which SKUs, how many. All random numbers are keyed on the order.

The SKUs that are kept for the events next to faults are wanted by nobody else.
"""

from bisect import bisect_right

from stockstorm.simulator.catalogue import hot_count, sku_names
from stockstorm.simulator.config import WorldConfig
from stockstorm.simulator.model import Sku
from stockstorm.simulator.plan.drafts import steps, zipf_steps
from stockstorm.simulator.plan.quotas import Part, kept_skus
from stockstorm.simulator.seeds import Seeds

_REDRAWS = 8


class Demand:
    """Draws purchases for one configuration. Stateless apart from its tables."""

    def __init__(self, config: WorldConfig, seeds: Seeds) -> None:
        self._orders, self._seeds = config.orders, seeds
        self._buyers = config.shop.buyers
        self._channels = [channel.name for channel in config.channels]
        self._channel_steps = steps([channel.share for channel in config.channels])
        names, hot = sku_names(config.shop), hot_count(config.shop)
        kept = sum(map(len, kept_skus(config).values()))
        self.hot, self.ordinary = names[:hot], names[hot : len(names) - kept]
        self._popularity = zipf_steps(len(self.ordinary), config.shop.zipf)

    def wants_hot(self, hot_share: float, draw: float) -> bool:
        """Whether a buyer wants a hot SKU. If only one kind of SKU exists, every buyer wants that kind."""
        return bool(self.hot) and (not self.ordinary or draw < hot_share)

    def lines_max(self, hot: bool) -> int:
        """The most lines of a purchase. Its SKUs are distinct, and at most one is hot if there are ordinary ones."""
        distinct = len(self.ordinary) + hot if self.ordinary else len(self.hot)
        return min(self._orders.lines_max, distinct)

    def purchase(self, key: int, hot_share: float) -> tuple[str, int, tuple[tuple[Sku, int], ...]]:
        """Channel, buyer and lines of the purchase with this key."""
        channel_draw, buyer_draw, hot_draw, lines_draw, *_ = self._seeds.draws("purchase", key)
        hot = self.wants_hot(hot_share, hot_draw)
        count = 1 + int(lines_draw * self.lines_max(hot))
        chosen: dict[Sku, int] = {}
        for line in range(count):
            sku_draw, quantity_draw, *_ = self._seeds.draws("line", key, line)
            sku = self._one_of_hot(sku_draw) if hot and line == 0 else self.popular(sku_draw)
            if sku in chosen:
                sku = self._another(key, line, chosen)
            chosen[sku] = 1 + int(quantity_draw * self._orders.quantity_max)
        channel = self._channels[bisect_right(self._channel_steps, channel_draw)]
        return channel, int(buyer_draw * self._buyers), tuple(chosen.items())

    def role_purchase(self, key: int, part: Part) -> tuple[str, int, tuple[tuple[Sku, int], ...]]:
        """The same for an order with a role. Its SKUs are of the less popular half, so that they do not sell out."""
        buyer_draw, quantity_draw, sku_draw, other_draw, *_ = self._seeds.draws("role", key)
        skus = self.ordinary[len(self.ordinary) // 2 :] or self.hot
        sku, other = skus[int(sku_draw * len(skus))], skus[int(other_draw * len(skus))]
        lines: tuple[tuple[Sku, int], ...] = ((sku, 1 + int(quantity_draw * self._orders.quantity_max)),)
        if part.role == "two_lines":
            lines = ((sku, 1), (sku, 1))
        elif part.role in ("two_locations", "two_returns"):
            lines = ((sku, 2),)
        elif part.role == "undone":
            lines = ((sku, 3),)
        elif part.role == "return_then_cancel" and sku != other and self._orders.lines_max > 1:
            lines = (*lines, (other, 1))
        return part.channel, int(buyer_draw * self._buyers), lines

    def popular(self, draw: float) -> Sku:
        """An ordinary SKU by Zipf's law, or a hot one if there is no other."""
        if not self.ordinary:
            return self._one_of_hot(draw)
        return self.ordinary[bisect_right(self._popularity, draw)]

    def restocked(self, draw: float, with_hot: bool) -> Sku | None:
        """The SKU to restock: an ordinary one in proportion to demand, or half of the time a hot one (`with_hot`)."""
        if with_hot and self.hot:
            return self._one_of_hot(2 * draw) if draw < 0.5 else self.popular(2 * draw - 1)
        return self.popular(draw) if self.ordinary else None

    def any_sku(self, draw: float) -> Sku:
        """Any SKU, all with the same probability."""
        place = int(draw * (len(self.hot) + len(self.ordinary)))
        return self.hot[place] if place < len(self.hot) else self.ordinary[place - len(self.hot)]

    def _one_of_hot(self, draw: float) -> Sku:
        return self.hot[int(draw * len(self.hot))]

    def _another(self, key: int, line: int, chosen: dict[Sku, int]) -> Sku:
        for draw in self._seeds.draws("line again", key, line)[:_REDRAWS]:
            sku = self.popular(draw)
            if sku not in chosen:
                return sku
        # With a high exponent few SKUs hold nearly all demand, so the most popular one that is left is taken.
        return next(sku for sku in self.ordinary or self.hot if sku not in chosen)
