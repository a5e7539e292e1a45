"""The kinds of forgery: how each signs its body, which body is sent, and what its headers say.

All but two must be refused. What was signed for another shop, and what was signed before and is replayed under a new
webhook id, may be acknowledged, because a signature proves neither shop nor time. It must have no effect.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from stockstorm.simulator.config import ForgeryKind
from stockstorm.simulator.events.encoding import sign

JUDGED_BY_EFFECT: Final[frozenset[ForgeryKind]] = frozenset({"other_shop", "replayed"})
OTHER_DOMAIN: Final = "another-shop.myshopify.com"
_KEPT: Final = 22  # of the 44 characters of a signature


class Attack(msgspec.Struct, frozen=True):
    """What an attacker has: a claim that nobody sent, a body that was sent before, and the sender's key.

    Only kinds that pretend use the key itself; the others use signatures that were made with it.
    """

    claimed: bytes
    sent: bytes
    secret: bytes


class Signed(msgspec.Struct, frozen=True):
    """The bytes that are sent, and the value of the signature header; None for no header."""

    body: bytes
    signature: str | None


def _wrong(attack: Attack) -> str:
    return sign(hashlib.sha256(b"not " + attack.secret).digest(), attack.claimed)


def _tampered(attack: Attack) -> Signed:
    """The signature of a body that was sent, with another body. Some topics always have the same one."""
    other = attack.claimed if attack.claimed != attack.sent else attack.claimed + b" "
    return Signed(other, sign(attack.secret, attack.sent))


def _unsigned(attack: Attack) -> Signed:
    """There is no signature header."""
    return Signed(attack.claimed, None)


def _empty_signature(attack: Attack) -> Signed:
    """There is a signature header without a value."""
    return Signed(attack.claimed, "")


def _wrong_key(attack: Attack) -> Signed:
    """Signed correctly, with a wrong key."""
    return Signed(attack.claimed, _wrong(attack))


def _stale_key(attack: Attack) -> Signed:
    """Signed correctly, with a key that was replaced before the run. The subject was never given it."""
    stale = hashlib.sha256(b"replaced by " + attack.secret).digest()
    return Signed(attack.claimed, sign(stale, attack.claimed))


def _empty_key(attack: Attack) -> Signed:
    """Signed with a key of no bytes, as by a service in which a secret is not set."""
    return Signed(attack.claimed, sign(b"", attack.claimed))


def _other_case(attack: Attack) -> Signed:
    """The right signature with small letters for large ones, and the other way round. Base64 tells them apart."""
    return Signed(attack.claimed, sign(attack.secret, attack.claimed).swapcase())


def _truncated(attack: Attack) -> Signed:
    """The first half of the right signature. A comparison of what both have in common accepts it."""
    return Signed(attack.claimed, sign(attack.secret, attack.claimed)[:_KEPT])


def _prefix(attack: Attack) -> Signed:
    """As long as a signature, and right in its first half only."""
    right, wrong = sign(attack.secret, attack.claimed), _wrong(attack)
    return Signed(attack.claimed, right[:_KEPT] + wrong[_KEPT:])


def _hex_digest(attack: Attack) -> Signed:
    """The right digest in hexadecimal, where the sender writes base64."""
    return Signed(attack.claimed, hmac.digest(attack.secret, attack.claimed, "sha256").hex())


def _reserialised(attack: Attack) -> Signed:
    """The signature of one spelling of the JSON with another one. Only the bytes that were signed may be accepted."""
    return Signed(json.dumps(json.loads(attack.claimed), indent=1).encode(), sign(attack.secret, attack.claimed))


def _right(attack: Attack) -> Signed:
    """Signed correctly, with the right key."""
    return Signed(attack.claimed, sign(attack.secret, attack.claimed))


KINDS: Final[Mapping[ForgeryKind, Callable[[Attack], Signed]]] = {
    "tampered": _tampered,
    "unsigned": _unsigned,
    "wrong_key": _wrong_key,
    "empty_signature": _empty_signature,
    "truncated": _truncated,
    "prefix": _prefix,
    "hex_digest": _hex_digest,
    "reserialised": _reserialised,
    "other_shop": _right,
    "replayed": _right,
    "stale_key": _stale_key,
    "empty_key": _empty_key,
    "other_case": _other_case,
}
