"""How Shopify writes values: JSON text, times, money, derived ids, and the signature of a body."""

import binascii
import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Final

import msgspec

from stockstorm.simulator.clock import SECOND_NS, WallPair
from stockstorm.simulator.ids import EXACT_MAX, within_kind


def escaped(text: bytes) -> bytes:
    """Compact JSON with Shopify's escapes. It parses to the same value, but re-serialising gives other bytes."""
    return text.replace(b"/", rb"\/").replace(b"&", rb"\u0026").replace(b"<", rb"\u003c").replace(b">", rb"\u003e")


# The offset in Shopify's examples (docs/sources.md, S8). Since it is not zero, ignoring it gives wrong times.
SHOP_OFFSET: Final = timezone(timedelta(hours=-5))


class Times:
    """Formats monotonic times as wall times."""

    def __init__(self, wall: WallPair, offset: timezone = SHOP_OFFSET) -> None:
        self._to_wall_ns = wall.wall_ns - wall.monotonic_ns
        self._offset = offset
        self._shop_second = self._utc_second = -1
        self._shop_text = self._utc_text = ""

    def shop(self, at_ns: int) -> str:
        """Local time of the shop, cut to the second: 2026-11-24T07:05:00-05:00."""
        second = (at_ns + self._to_wall_ns) // SECOND_NS
        if second != self._shop_second:
            self._shop_text = datetime.fromtimestamp(second, self._offset).isoformat()
            self._shop_second = second
        return self._shop_text

    def utc(self, at_ns: int) -> str:
        """UTC with nine decimals: 2026-11-24T12:05:00.877041743Z."""
        second, nanoseconds = divmod(at_ns + self._to_wall_ns, SECOND_NS)
        if second != self._utc_second:
            self._utc_text = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
            self._utc_second = second
        return f"{self._utc_text}.{nanoseconds:09d}Z"


CACHED_MAX: Final = 20_000


@lru_cache(maxsize=CACHED_MAX)  # an order has some 15 amounts, and a shop has few prices
def amount(minor: int) -> str:
    """Minor units (pence) as "51.50". Negative amounts keep their sign: -5 gives "-0.05"."""
    sign, minor = ("-", -minor) if minor < 0 else ("", minor)
    return f"{sign}{minor // 100}.{minor % 100:02d}"


def number(minor: int) -> msgspec.Raw:
    """Minor units as a JSON number with two decimals, 51.50, as Ruby writes its decimals."""
    return msgspec.Raw(amount(minor).encode())


class Money:
    """Encodes amounts of one currency."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self._sets: dict[int, msgspec.Raw] = {}

    def in_both(self, minor: int) -> msgspec.Raw:
        """`{"shop_money": …, "presentment_money": …}`. Both are equal, since buyers pay in the shop's currency."""
        cached = self._sets.get(minor)
        if cached is None:
            if len(self._sets) >= CACHED_MAX:
                self._sets.clear()
            money = f'{{"amount":"{amount(minor)}","currency_code":"{self.currency}"}}'
            cached = msgspec.Raw(f'{{"shop_money":{money},"presentment_money":{money}}}'.encode())
            self._sets[minor] = cached
        return cached


def derived_id(kind: str, *parts: int) -> int:
    """A stable id from a kind and the ids of what it belongs to. It is big (above 2^53) where one of those is."""
    name = f"{kind}:{':'.join(map(str, parts))}".encode()
    digest = int.from_bytes(hashlib.blake2b(name, digest_size=8).digest())
    return within_kind(digest, big=max(parts) > EXACT_MAX)


def derived_token(kind: str, *parts: int) -> str:
    """A stable token of 32 hexadecimal digits, from a kind and ids."""
    name = f"{kind}:{':'.join(map(str, parts))}".encode()
    return hashlib.blake2b(name, digest_size=16).hexdigest()


def sign(secret: bytes, body: bytes) -> str:
    """The value of X-Shopify-Hmac-Sha256, 44 characters: base64 of the HMAC-SHA256 of the raw body, without headers.

    Source: docs/sources.md, S2.
    """
    keyed = _keyed(secret).copy()
    keyed.update(body)
    return binascii.b2a_base64(keyed.digest(), newline=False).decode("ascii")


@lru_cache(maxsize=16)  # a run has a few secrets
def _keyed(secret: bytes) -> hmac.HMAC:
    return hmac.new(secret, digestmod="sha256")


def matches(secret: bytes, body: bytes, signature: str) -> bool:
    """Whether the signature belongs to the body, compared in constant time."""
    return hmac.compare_digest(sign(secret, body).encode(), signature.encode())


_AMOUNT: Final = re.compile(r"(-?)(\d{1,12})(?:\.(\d{1,9}))?", re.ASCII)


def minor_of(text: str) -> int | None:
    """An amount such as "51.5" in minor units, rounded half up. None for other text."""
    found = _AMOUNT.fullmatch(text)
    if found is None:
        return None
    sign, whole, part = found[1], int(found[2]), (found[3] or "").ljust(3, "0")
    minor = whole * 100 + int(part[:2]) + (part[2] >= "5")
    return -minor if sign else minor
