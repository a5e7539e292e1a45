"""Changes to the plan of deliveries: protocol, no-op, `compose` and the registry. One variant a file.

Random numbers are keyed by the event and never drawn in sequence. An event is therefore perturbed in the same way in
every run and architecture, whatever other deliveries there are, and for all its subscriptions. Forged deliveries are
not perturbed.
"""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from stockstorm.simulator.config import PerturbationConfig
from stockstorm.simulator.delivery.attempts import Delivery
from stockstorm.simulator.delivery.perturbations.delay import Delay
from stockstorm.simulator.delivery.perturbations.duplicate import Duplicate
from stockstorm.simulator.delivery.perturbations.lost import Lost
from stockstorm.simulator.delivery.perturbations.reorder import Reorder
from stockstorm.simulator.seeds import Seeds


class Perturbation(Protocol):
    """Delays due times, adds copies and marks what is never sent. It removes no delivery and makes none due earlier."""

    def __call__(self, deliveries: list[Delivery]) -> list[Delivery]: ...


REGISTRY: Final[dict[str, Callable[[str, PerturbationConfig, Seeds], Perturbation]]] = {
    "delay": Delay,
    "duplicate": Duplicate,
    "lost": Lost,
    "reorder": Reorder,
}


def unperturbed(deliveries: list[Delivery]) -> list[Delivery]:
    """The no-op: the same list."""
    return deliveries


def compose(perturbations: Sequence[Perturbation]) -> Perturbation:
    """Applies the perturbations one after the other, in the given order."""
    if not perturbations:
        return unperturbed
    if len(perturbations) == 1:
        return perturbations[0]

    def composed(deliveries: list[Delivery]) -> list[Delivery]:
        for perturbation in perturbations:
            deliveries = perturbation(deliveries)
        return deliveries

    return composed


def build(configs: Sequence[PerturbationConfig], seeds: Seeds) -> Perturbation:
    """The perturbations of a scenario. The n-th of a kind draws the same numbers whatever other kinds there are."""
    seen: dict[str, int] = {}
    made: list[Perturbation] = []
    for config in configs:
        seen[config.kind] = seen.get(config.kind, 0) + 1
        made.append(REGISTRY[config.kind](f"{config.kind}.{seen[config.kind]}", config, seeds))
    return compose(made)
