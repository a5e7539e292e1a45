"""How Shopify writes values: JSON text, times, money, derived ids, and the signature of a body."""

import binascii
import hashlib
import hmac
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

import msgspec

from stockstorm.simulator.clock import SECOND_NS, WallPair


def escaped(text: bytes) -> bytes:
    """Compact JSON with Shopify's escapes. Parses to the same value; re-serialising it gives other bytes."""
    return text.replace(b"/", rb"\/").replace(b"&", rb"\u0026").replace(b"<", rb"\u003c").replace(b">", rb"\u003e")


# Shopify's own examples show this offset (docs/sources.md, S8). It is not zero, so a receiver that drops it is seen to
# err.
SHOP_OFFSET: Final = timezone(timedelta(hours=-5))


class Times:
    """Writes monotonic times as wall times."""

    def __init__(self, wall: WallPair, offset: timezone = SHOP_OFFSET) -> None:
        self._to_wall_ns = wall.wall_ns - wall.monotonic_ns
        self._offset = offset
        self._shop_second = self._utc_second = -1
        self._shop_text = self._utc_text = ""

    def shop(self, at_ns: int) -> str:
        """For example 2026-11-24T07:05:00-05:00, cut to the second."""
        second = (at_ns + self._to_wall_ns) // SECOND_NS
        if second != self._shop_second:
            self._shop_text = datetime.fromtimestamp(second, self._offset).isoformat()
            self._shop_second = second
        return self._shop_text

    def utc(self, at_ns: int) -> str:
        """For example 2026-11-24T12:05:00.877041743Z, nine decimals always."""
        second, nanoseconds = divmod(at_ns + self._to_wall_ns, SECOND_NS)
        if second != self._utc_second:
            self._utc_text = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
            self._utc_second = second
        return f"{self._utc_text}.{nanoseconds:09d}Z"


KEPT_MAX: Final = 20_000


def amount(minor: int) -> str:
    """Minor units (pence) as "51.50". Negative amounts keep their sign: -5 gives "-0.05"."""
    sign, minor = ("-", -minor) if minor < 0 else ("", minor)
    return f"{sign}{minor // 100}.{minor % 100:02d}"


def number(minor: int) -> msgspec.Raw:
    """Minor units as a JSON number that keeps its zeros, 51.50, as Ruby's decimals do."""
    return msgspec.Raw(amount(minor).encode())


class Money:
    """Encodes amounts of one currency."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self._sets: dict[int, msgspec.Raw] = {}

    def in_both(self, minor: int) -> msgspec.Raw:
        """The set `{"shop_money": …, "presentment_money": …}`, which are equal: buyers pay in the shop's currency."""
        kept = self._sets.get(minor)
        if kept is None:
            if len(self._sets) >= KEPT_MAX:
                self._sets.clear()
            money = f'{{"amount":"{amount(minor)}","currency_code":"{self.currency}"}}'
            kept = msgspec.Raw(f'{{"shop_money":{money},"presentment_money":{money}}}'.encode())
            self._sets[minor] = kept
        return kept


_HEAD = 1 << 62  # above 2**53, where doubles lose precision, and below 2**63


def derived_id(kind: str, *parts: int) -> int:
    """A stable id in [2**62, 2**63) for a thing named by its kind and the ids that it belongs to."""
    name = f"{kind}:{':'.join(map(str, parts))}".encode()
    return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest()) >> 2 | _HEAD


def derived_token(kind: str, *parts: int) -> str:
    """A stable token of 32 hexadecimal digits."""
    name = f"{kind}:{':'.join(map(str, parts))}".encode()
    return hashlib.blake2b(name, digest_size=16).hexdigest()


def sign(secret: bytes, body: bytes) -> str:
    """The value of X-Shopify-Hmac-Sha256 for these bytes, 44 characters."""
    return binascii.b2a_base64(hmac.digest(secret, body, "sha256"), newline=False).decode("ascii")


def matches(secret: bytes, body: bytes, signature: str) -> bool:
    """Whether the signature is that of the body, compared in constant time."""
    return hmac.compare_digest(sign(secret, body).encode(), signature.encode())
