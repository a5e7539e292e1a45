"""Lost: some events are never sent, to no subscription and at no time.

Shopify does not guarantee that a webhook is delivered, and tells apps to read what they miss (docs/sources.md, S6).
"""

import msgspec

from stockstorm.simulator.config import PerturbationConfig
from stockstorm.simulator.delivery.attempts import Delivery
from stockstorm.simulator.seeds import Seeds


class Lost:
    """Marks all deliveries of a share of the events. The delivery service then makes no attempt of them."""

    def __init__(self, name: str, config: PerturbationConfig, seeds: Seeds) -> None:
        self._name, self._seeds, self._config = name, seeds, config

    def __call__(self, deliveries: list[Delivery]) -> list[Delivery]:
        """The same deliveries, all of them marked or none."""
        return [self._marked(delivery) for delivery in deliveries]

    def _marked(self, delivery: Delivery) -> Delivery:
        event, topics = delivery.event, self._config.topics
        if event is None or (topics and delivery.topic not in topics):
            return delivery
        if self._seeds.draw(self._name, *event.rng_key) >= self._config.share:
            return delivery
        return msgspec.structs.replace(delivery, perturbed=(*delivery.perturbed, "lost"))
