"""Forged deliveries, which an attacker sends and a subject must refuse: their bodies and signatures.

Each looks like a valid inventory_levels/update that claims a wrong quantity, so that its effect would be visible.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from stockstorm.simulator.config import ForgeryKind
from stockstorm.simulator.events.encoding import sign
from stockstorm.simulator.events.payloads import Payloads
from stockstorm.simulator.model import Event, Level

TOPIC: Final = "inventory_levels/update"
CLAIMED_AVAILABLE: Final = 999


def _tampered(secret: bytes, honest: bytes, claimed: bytes) -> str | None:  # noqa: ARG001 - the kinds share a signature
    """The body was changed after it had been signed."""
    return sign(secret, honest)


def _unsigned(secret: bytes, honest: bytes, claimed: bytes) -> str | None:  # noqa: ARG001 - the kinds share a signature
    """There is no signature."""
    return None


def _wrong_key(secret: bytes, honest: bytes, claimed: bytes) -> str | None:  # noqa: ARG001 - the kinds share a signature
    """Signed correctly, with a wrong key."""
    return sign(hashlib.sha256(b"not " + secret).digest(), claimed)


KINDS: Final[Mapping[ForgeryKind, Callable[[bytes, bytes, bytes], str | None]]] = {
    "tampered": _tampered,
    "unsigned": _unsigned,
    "wrong_key": _wrong_key,
}


def forged_signature(kind: ForgeryKind, secret: bytes, *, honest: bytes, claimed: bytes) -> str | None:
    """The signature that goes with the `claimed` body, None for no header."""
    return KINDS[kind](secret, honest, claimed)


def claimed_available(available: int) -> int:
    """A quantity that is not the true one."""
    return CLAIMED_AVAILABLE if available != CLAIMED_AVAILABLE else CLAIMED_AVAILABLE - 1


def forged_bodies(payloads: Payloads, level: Level, now_ns: int) -> tuple[bytes, bytes]:
    """(honest, claimed): equal except for the available quantity. Both are dated now, so that neither looks stale."""
    honest = msgspec.structs.replace(level, updated_ns=now_ns)
    claimed = msgspec.structs.replace(honest, available=claimed_available(level.available))
    bodies = [payloads.body(Event(-1, "", "shopify", TOPIC, now_ns, (), level=each)) for each in (honest, claimed)]
    return bodies[0], bodies[1]
