"""All chance of a run comes from here: one seed, split into streams and dice by name.

A stream is drawn in sequence and serves one purpose. A die is keyed and stateless: the same key meets the same fate
in every run, whatever else was drawn before it. So a new draw in one place moves nothing elsewhere.
"""

import random
from hashlib import blake2b
from struct import Struct

_EIGHT_WORDS = Struct(">8Q")
_TO_UNIT = 2.0**-53
_DIGEST_BITS = 512

Dice = tuple[float, float, float, float, float, float, float, float]


class Seeds:
    """Named chance out of one seed. Any integer is a seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._hash = blake2b(str(seed).encode(), digest_size=64)

    def _digest(self, key: tuple[str | int, ...]) -> bytes:
        # The representation of a tuple tells 1 from "1" and ("ab", "c") from ("a", "bc").
        hashed = self._hash.copy()
        hashed.update(repr(key).encode())
        return hashed.digest()

    def stream(self, name: str) -> random.Random:
        """A generator of its own for one purpose; asking twice gives the same stream from its start."""
        return random.Random(int.from_bytes(self._digest(("stream", name))))

    def die(self, name: str, *key: str | int) -> float:
        """A number in [0, 1) that depends on seed, name and key only."""
        return (int.from_bytes(self._digest((name, *key))[:8]) >> 11) * _TO_UNIT

    def die_int(self, name: str, *key: str | int, bits: int = 53) -> int:
        """An integer in [0, 2**bits), with 1 to 512 bits."""
        if not 1 <= bits <= _DIGEST_BITS:
            raise ValueError(f"bits must be within 1 and {_DIGEST_BITS}, got {bits}")
        return int.from_bytes(self._digest((name, *key))) >> (_DIGEST_BITS - bits)

    def dice(self, name: str, *key: str | int) -> Dice:
        """Eight independent numbers in [0, 1) for the price of one hash; the first equals `die` of the same key."""
        a, b, c, d, e, f, g, h = _EIGHT_WORDS.unpack(self._digest((name, *key)))
        return (
            (a >> 11) * _TO_UNIT,
            (b >> 11) * _TO_UNIT,
            (c >> 11) * _TO_UNIT,
            (d >> 11) * _TO_UNIT,
            (e >> 11) * _TO_UNIT,
            (f >> 11) * _TO_UNIT,
            (g >> 11) * _TO_UNIT,
            (h >> 11) * _TO_UNIT,
        )

    def uuid(self, name: str, *key: str | int) -> str:
        """A UUID in its usual spelling (version 4, variant 1), the same for the same key."""
        digits = self._digest((name, *key))[:16].hex()
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
