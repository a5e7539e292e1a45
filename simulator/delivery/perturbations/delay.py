"""Delay: some deliveries fall due later than the event, by any time up to a limit.

Shopify says that deliveries can be late, but not by how much (docs/sources.md, S6).
"""

import msgspec

from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import PerturbationConfig
from stockstorm.simulator.delivery.attempts import Delivery
from stockstorm.simulator.seeds import Seeds


class Delay:
    """Shifts a share of the deliveries by up to `seconds`, uniformly. Each copy is drawn separately."""

    def __init__(self, name: str, config: PerturbationConfig, seeds: Seeds) -> None:
        self._name, self._seeds, self._config = name, seeds, config
        self._span_ns = config.seconds * SECOND_NS

    def __call__(self, deliveries: list[Delivery]) -> list[Delivery]:
        """The same deliveries, some due later."""
        return [self._shifted(delivery) for delivery in deliveries]

    def _shifted(self, delivery: Delivery) -> Delivery:
        if delivery.event is None or (self._config.topics and delivery.topic not in self._config.topics):
            return delivery
        fate, lag, *_ = self._seeds.draws(self._name, delivery.copy, *delivery.event.rng_key)
        if fate >= self._config.share:
            return delivery
        return msgspec.structs.replace(
            delivery, due_ns=delivery.due_ns + int(lag * self._span_ns), perturbed=(*delivery.perturbed, "delay")
        )
