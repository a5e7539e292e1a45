"""A small world with a delivery service, for tests of delivery."""

from stockstorm.simulator.config import (
    ChannelConfig,
    DeliveryConfig,
    PerturbationConfig,
    PhaseConfig,
    RemovalRule,
    WorldConfig,
)
from stockstorm.simulator.delivery.attempts import Address
from stockstorm.simulator.delivery.policy import PolicyName
from stockstorm.simulator.delivery.service import DeliveryService, Secrets
from stockstorm.simulator.events.payloads import Payloads
from stockstorm.simulator.seeds import Seeds
from stockstorm.simulator.world import World
from tests.literal_shop import CATALOGUE, START_NS, WALL

SECRETS = Secrets(b"client secret", b"channel secret")


class DeliverySetup:
    """A world with its delivery service. `resolved` lists the addresses that it resolved."""

    def __init__(self, config: WorldConfig) -> None:
        self.resolved: list[str] = []
        self.world = World(config, CATALOGUE, Seeds(1))
        self.world.opening(START_NS)
        payloads = Payloads(CATALOGUE, config.shop, WALL)
        self.deliveries = DeliveryService(self.world, payloads, config, Seeds(1), SECRETS, self._address)

    def subscribe(self, topic: str = "inventory_levels/update", source: str = "shopify", by_api: bool = True) -> int:
        uri = f"http://127.0.0.1:8080/hooks/{source}"
        made, _ = self.world.subscribe(source, topic, uri, now_ns=START_NS, by_api=by_api)
        return made.subscription_id

    def _address(self, uri: str) -> Address:
        self.resolved.append(uri)
        return Address("127.0.0.1", 8080, "/" + uri.split("/", 3)[3])


def config(
    policy: PolicyName = "shopify_2024_09",
    perturbations: tuple[PerturbationConfig, ...] = (),
    scale: float = 1.0,
    removal: RemovalRule = "exhausted",
) -> WorldConfig:
    return WorldConfig(
        channels=(ChannelConfig(name="online"), ChannelConfig(name="bazaar")),
        phases=(PhaseConfig(name="steady", seconds=1),),
        perturbations=perturbations,
        delivery=DeliveryConfig(policy=policy, retry_time_scale=scale, removal=removal),
    )
