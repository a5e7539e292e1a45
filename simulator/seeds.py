"""The source of all random numbers of a run: one seed, split by name into streams and keyed draws.

A stream is drawn in sequence and serves one purpose. A keyed draw has no state: the same key gives the same number in
every run, whatever was drawn before. A new draw in one place therefore changes nothing elsewhere.
"""

import random
from hashlib import blake2b
from struct import Struct

_EIGHT_WORDS = Struct(">8Q")
_TO_UNIT = 2.0**-53
_DIGEST_BITS = 512

Draws = tuple[float, float, float, float, float, float, float, float]


class Seeds:
    """Random numbers of one seed, by name. Any integer is a seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._hash = blake2b(str(seed).encode(), digest_size=64)

    def _digest(self, key: tuple[str | int, ...]) -> bytes:
        # The repr of a tuple distinguishes 1 from "1" and ("ab", "c") from ("a", "bc").
        hashed = self._hash.copy()
        hashed.update(repr(key).encode())
        return hashed.digest()

    def stream(self, name: str) -> random.Random:
        """A separate generator for one purpose. A second call returns the same stream from its start."""
        return random.Random(int.from_bytes(self._digest(("stream", name))))

    def draw(self, name: str, *key: str | int) -> float:
        """A number in [0, 1) that depends on seed, name and key only."""
        return (int.from_bytes(self._digest((name, *key))[:8]) >> 11) * _TO_UNIT

    def draw_int(self, name: str, *key: str | int, bits: int = 53) -> int:
        """An integer in [0, 2**bits). ValueError unless `bits` is 1 to 512."""
        if not 1 <= bits <= _DIGEST_BITS:
            raise ValueError(f"bits must be 1 to {_DIGEST_BITS}, got {bits}")
        return int.from_bytes(self._digest((name, *key))) >> (_DIGEST_BITS - bits)

    def draws(self, name: str, *key: str | int) -> Draws:
        """Eight independent numbers in [0, 1) from one hash. The first equals `draw` of the same key."""
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
        """A UUID in its usual spelling (version 4, variant 1). The same key gives the same UUID."""
        digits = self._digest((name, *key))[:16].hex()
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
