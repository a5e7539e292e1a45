"""The bodies of a forged delivery: what the shop would have said of this stock, and what the forger claims instead."""

import msgspec

from simulator.events.payloads import Payloads
from simulator.perturbations.forge import TOPIC, claimed_available
from simulator.shop.model import Event, Level


def forged_bodies(payloads: Payloads, level: Level, now_ns: int) -> tuple[bytes, bytes]:
    """(honest, claimed): equal but for the available quantity, and dated now, so that neither looks stale."""
    honest = msgspec.structs.replace(level, updated_ns=now_ns)
    claimed = msgspec.structs.replace(honest, available=claimed_available(level.available))
    bodies = [payloads.body(Event(-1, "", "shopify", TOPIC, now_ns, (), level=each)) for each in (honest, claimed)]
    return bodies[0], bodies[1]
