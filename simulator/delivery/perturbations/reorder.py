"""Reorder: some deliveries are held back so that later ones overtake them.

Shopify guarantees no order within a topic or across topics (docs/sources.md, S6). Later events are not known here, so a
selected delivery waits for at least half of the limit, and every event of that time overtakes it.
"""

import msgspec

from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import PerturbationConfig
from stockstorm.simulator.delivery.attempts import Delivery
from stockstorm.simulator.seeds import Seeds


class Reorder:
    """Holds a share of the deliveries back by half of `seconds` to all of it."""

    def __init__(self, name: str, config: PerturbationConfig, seeds: Seeds) -> None:
        self._name, self._seeds, self._config = name, seeds, config
        self._span_ns = config.seconds * SECOND_NS

    def __call__(self, deliveries: list[Delivery]) -> list[Delivery]:
        """The same deliveries, some held back."""
        return [self._held(delivery) for delivery in deliveries]

    def _held(self, delivery: Delivery) -> Delivery:
        if delivery.event is None or (self._config.topics and delivery.topic not in self._config.topics):
            return delivery
        fate, hold, *_ = self._seeds.draws(self._name, delivery.copy, *delivery.event.rng_key)
        if fate >= self._config.share:
            return delivery
        hold_ns = int((1 + hold) / 2 * self._span_ns)
        return msgspec.structs.replace(
            delivery, due_ns=delivery.due_ns + hold_ns, perturbed=(*delivery.perturbed, "reorder")
        )
