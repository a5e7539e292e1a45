"""Hostile values and hostile JSON texts. Every draw comes from the generator that is given."""

import hashlib
import json
from collections.abc import Callable
from random import Random
from typing import Any, Final

TEXTS: Final = (
    "",
    " ",
    "\x00",
    "a\x00b",
    "\x1b[31m",
    "\u202e\ufffe\uffff",
    "\U0001f4a3" * 3,
    "é" * 50,
    "../../etc/passwd",
    "%00%ff%2e%2e",
    "'; DROP TABLE inbox; --",
    "{{7*7}}",
    "null",
    "NaN",
    "x" * 201,
    "x" * 3_000,
    hashlib.shake_256(b"not compressible").hexdigest(3_000),
    "9" * 5_000,
    "-9" * 100,
    "1e400",
    "2026-11-24T06:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "2026-13-40T99:99:99Z",
    "gid://shopify/Order/1",
)
NUMBERS: Final = (
    0,
    -0.0,
    1,
    -1,
    2**31 - 1,
    2**31,
    -(2**31) - 1,
    2**53 + 1,
    2**63 - 1,
    2**63,
    2**64,
    10**30,
    1e308,
    1.5,
)
LITERALS: Final = (
    "NaN",
    "Infinity",
    "-Infinity",
    "9" * 5_000,
    "-" + "9" * 5_000,
    "1" + "0" * 4_400 + ".5",
    "1e999999",
    "-1e-999999",
    "0123",
    "0x10",
    "1_000",
    "+1",
    ".5",
    "5.",
    "--5",
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '"\\u0000"',
    '"\\x41"',
    '"unclosed',
    "'single'",
    "undefined",
    "tru",
    "[1,]",
    "{,}",
    '{"a" 1}',
    "\x00",
    "/* c */ 1",
    "\ufeff1",
    '{"a":1,"a":2}',
)
TOKENS: Final = (
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"',
    "\\",
    "null",
    "true",
    "-1",
    "1e5",
    " ",
    "\t",
    "\r\n",
    "\u2028",
    "@",
    "$",
    "...",
)
BAD_UTF8: Final = (b"\xff\xfe", b"\xc0\x80", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xe2\x82")
DEEP: Final = (10, 100, 1_000, 20_000, 100_000)


def value(rng: Random, depth: int = 3) -> Any:
    """Any JSON value, nested at most `depth` times."""
    pick = rng.random()
    if depth == 0 or pick < 0.45:
        return rng.choice((None, True, False, rng.choice(NUMBERS), rng.randrange(-1_000, 10**6), rng.choice(TEXTS)))
    if pick < 0.7:
        return [value(rng, depth - 1) for _ in range(rng.randrange(4))]
    return {
        rng.choice(("id", "sku", "a", "", "\x00", "quantity")): value(rng, depth - 1) for _ in range(rng.randrange(4))
    }


def replaced(rng: Random, body: dict[str, Any]) -> Any:
    """A copy with one to three values replaced, removed, doubled or added, at any depth."""
    copy = json.loads(json.dumps(body))
    for _ in range(rng.randrange(1, 4)):
        _replace_one(rng, copy)
    return copy


def _replace_one(rng: Random, tree: Any) -> None:
    while True:
        keys = list(tree) if isinstance(tree, dict) else list(range(len(tree)))
        if not keys:
            return
        key = rng.choice(keys)
        inner = tree[key]
        if isinstance(inner, dict | list) and inner and rng.random() < 0.7:
            tree = inner
            continue
        _change(rng, tree, key)
        return


def _change(rng: Random, tree: Any, key: Any) -> None:
    pick = rng.randrange(5)
    if pick == 0:
        del tree[key]
    elif pick == 1 and isinstance(tree, list):
        tree.extend([tree[key]] * rng.choice((1, 5, 300)))
    elif pick == 2 and isinstance(tree, dict):
        tree[rng.choice(TEXTS)] = value(rng)
    else:
        tree[key] = value(rng)


def json_text(rng: Random, body: Any) -> bytes:
    """The JSON text of a body, often spoilt: literals, tokens, bytes, depth, duplicate keys, cuts, byte order marks."""
    text = json.dumps(body, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")
    return rng.choice(SPOILERS)(rng, text)


def _with_literal(rng: Random, text: bytes) -> bytes:
    """A value of an object replaced by a literal that is no JSON, or hardly."""
    places = [at for at, byte in enumerate(text) if byte == ord(":")]
    literal = rng.choice(LITERALS).encode("utf-8", "surrogatepass")
    if not places:
        return literal
    at = rng.choice(places) + 1
    ends = [end for end in (text.find(b",", at), text.find(b"}", at)) if end >= 0]
    return text[:at] + literal + text[min(ends, default=len(text)) :]


def deep(rng: Random, text: bytes) -> bytes:
    """The text inside many arrays or objects, closed or not."""
    depth = rng.choice(DEEP[:4] if rng.random() < 0.95 else DEEP)
    left, right = rng.choice(((b"[", b"]"), (b'{"a":', b"}")))
    closed = right * depth if rng.random() < 0.7 else b""
    if rng.random() < 0.5:
        return left * depth + (text if left != b"[" or text else b"1") + closed
    return text[:-1] + b',"deep":' + left * depth + b"1" + closed + text[-1:]


def spoilt(rng: Random, text: bytes) -> bytes:
    """One to four bytes or tokens inserted, removed, flipped or repeated."""
    found = bytearray(text)
    for _ in range(rng.randrange(1, 5)):
        at = rng.randrange(len(found) + 1)
        pick = rng.randrange(5)
        if pick == 0:
            found[at:at] = rng.choice(TOKENS).encode()
        elif pick == 1:
            found[at:at] = rng.choice(BAD_UTF8)
        elif pick == 2:
            del found[at : at + rng.choice((1, 1, 5, 50))]
        elif pick == 3 and at < len(found):
            found[at] ^= 1 << rng.randrange(8)
        else:
            found[at:at] = found[at : at + rng.choice((1, 10, 100))]
    return bytes(found)


SPOILERS: Final[tuple[Callable[[Random, bytes], bytes], ...]] = (
    lambda _rng, text: text,
    lambda _rng, text: text,
    _with_literal,
    deep,
    lambda rng, text: text[: rng.randrange(len(text) + 1)],
    lambda rng, text: rng.choice((b"\xef\xbb\xbf", b"\xff\xfe", b"\x00", b"  \r\n\t")) + text,
    lambda rng, text: text + rng.choice((b"\x00", b" {}", b"]", b",", text)),
    spoilt,
    spoilt,
    spoilt,
)
