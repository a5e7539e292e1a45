"""What buyers want: on which channel, which SKUs, how many. Everything is drawn by dice keyed on the order."""

from bisect import bisect_right

from stockstorm.simulator.catalogue import hot_count, sku_names
from stockstorm.simulator.config import WorldConfig
from stockstorm.simulator.model import Sku
from stockstorm.simulator.plan.drafts import steps, zipf_steps
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
        self.hot, self.ordinary = names[:hot], names[hot:]
        self._popularity = zipf_steps(len(self.ordinary), config.shop.zipf)

    def wants_hot(self, hot_share: float, die: float) -> bool:
        """Whether a buyer comes for a hot SKU; without one kind of SKU every buyer wants the other."""
        return bool(self.hot) and (not self.ordinary or die < hot_share)

    def lines_max(self, hot: bool) -> int:
        """Most lines of a purchase: its SKUs are distinct, and at most one is hot where there are ordinary ones."""
        distinct = len(self.ordinary) + hot if self.ordinary else len(self.hot)
        return min(self._orders.lines_max, distinct)

    def purchase(self, key: int, hot_share: float) -> tuple[str, int, tuple[tuple[Sku, int], ...]]:
        """Channel, buyer and lines of the purchase with this key."""
        channel_die, buyer_die, hot_die, lines_die, *_ = self._seeds.draws("purchase", key)
        hot = self.wants_hot(hot_share, hot_die)
        count = 1 + int(lines_die * self.lines_max(hot))
        chosen: dict[Sku, int] = {}
        for line in range(count):
            sku_die, quantity_die, *_ = self._seeds.draws("line", key, line)
            sku = self._one_of_hot(sku_die) if hot and line == 0 else self.popular(sku_die)
            if sku in chosen:
                sku = self._another(key, line, chosen)
            chosen[sku] = 1 + int(quantity_die * self._orders.quantity_max)
        channel = self._channels[bisect_right(self._channel_steps, channel_die)]
        return channel, int(buyer_die * self._buyers), tuple(chosen.items())

    def popular(self, die: float) -> Sku:
        """An ordinary SKU by Zipf's law (a hot one if there is no other)."""
        if not self.ordinary:
            return self._one_of_hot(die)
        return self.ordinary[bisect_right(self._popularity, die)]

    def restocked(self, die: float, with_hot: bool) -> Sku | None:
        """Which goods arrive: ordinary SKUs in proportion to demand; with hot ones, one of them every second time."""
        if with_hot and self.hot:
            return self._one_of_hot(2 * die) if die < 0.5 else self.popular(2 * die - 1)
        return self.popular(die) if self.ordinary else None

    def any_sku(self, die: float) -> Sku:
        """Any SKU, all alike."""
        place = int(die * (len(self.hot) + len(self.ordinary)))
        return self.hot[place] if place < len(self.hot) else self.ordinary[place - len(self.hot)]

    def _one_of_hot(self, die: float) -> Sku:
        return self.hot[int(die * len(self.hot))]

    def _another(self, key: int, line: int, chosen: dict[Sku, int]) -> Sku:
        for die in self._seeds.draws("line again", key, line)[:_REDRAWS]:
            sku = self.popular(die)
            if sku not in chosen:
                return sku
        # Under a steep law few SKUs hold nearly all of the demand; then the most popular one left is taken.
        return next(sku for sku in self.ordinary or self.hot if sku not in chosen)
