"""Ids that the world does not keep, derived from those it does: every payload about a thing shows the same one."""

import hashlib

_HEAD = 1 << 62  # above 2**53, where doubles lose precision, and below 2**63


def derived_id(kind: str, *parts: int) -> int:
    """A stable id in [2**62, 2**63) for a thing named by its kind and the ids that it belongs to."""
    name = f"{kind}:{':'.join(map(str, parts))}".encode()
    return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest()) >> 2 | _HEAD


def derived_token(kind: str, *parts: int) -> str:
    """A stable token of 32 hexadecimal digits."""
    name = f"{kind}:{':'.join(map(str, parts))}".encode()
    return hashlib.blake2b(name, digest_size=16).hexdigest()
