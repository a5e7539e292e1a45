"""Requests that are hostile as HTTP: heads, framing, methods, paths and plain bytes; and requests that stay torn."""

from collections.abc import Callable
from random import Random
from typing import Final

from tests.fuzz.case import Case, Expect, Kind, Target
from tests.fuzz.values import BAD_UTF8

PATHS: Final[dict[Target, tuple[bytes, ...]]] = {
    "webhooks": (b"/webhooks/shopify", b"/webhooks/channels/bazaar", b"/healthz", b"/"),
    "operations": (b"/probe/effects", b"/metrics", b"/healthz", b"/probe/stock?limit=1"),
    "played": (b"/admin/api/2026-10/graphql.json", b"/marketplaces/bazaar/v1/orders", b"/"),
}
ODD_PATHS: Final = (
    b"*",
    b"//",
    b"/../../etc/passwd",
    b"/%00",
    b"/%",
    b"/%zz%ff",
    b"/" + b"a" * 5_000,
    b"/" + b"a/" * 40_000,
    b"/?" + b"a=b&" * 2_000,
    b"/\xff\xfe",
    b"/a b",
    b"/webhooks/channels/%2e%2e%2f",
    b"/webhooks/channels/" + "é".encode(),
    b"http://other.test/webhooks/shopify",
    b"http://[::1",
    b"other.test:443",
    b"/#fragment",
    b"/webhooks/shopify;a=b",
    b"\\webhooks\\shopify",
)
METHODS: Final = (
    b"GET",
    b"PUT",
    b"DELETE",
    b"HEAD",
    b"OPTIONS",
    b"PATCH",
    b"TRACE",
    b"CONNECT",
    b"post",
    b"PRI",
    b"X" * 50,
    b"M-SEARCH",
    b"P\x00ST",
    b"",
)
VERSIONS: Final = (
    b"HTTP/1.0",
    b"HTTP/0.9",
    b"HTTP/2.0",
    b"HTTP/1.2",
    b"HTTP/9.9",
    b"HTTP/1.10",
    b"http/1.1",
    b"HTTPS/1.1",
    b"HTTP/1",
    b"",
    b"HTTP/1.1 x",
)
LENGTHS: Final = (
    b"-1",
    b"+5",
    b"5,5",
    b"5 5",
    b"0x5",
    b"5.0",
    b"1e3",
    b"",
    b" ",
    b"9" * 19,
    b"9" * 25,
    b"9" * 5_000,
    b"18446744073709551616",
    b"\xd9\xa3",
    b"2000001",
    b"2097153",
    b"05",
    b"nan",
)
CHUNK_SIZES: Final = (
    b"-1",
    b"0x5",
    b"g",
    b"",
    b"ffffffffffffffff",
    b"f" * 17,
    b"f" * 5_000,
    b"5 ",
    b"+5",
    b"5;",
    b"5\n",
    b"05",
    b"80000000",
)
FIELDS: Final = (
    b"Transfer-Encoding: chunked, identity",
    b"Transfer-Encoding: xchunked",
    b"Transfer-Encoding: \x0bchunked",
    b"Transfer-Encoding : chunked",
    b"Transfer-Encoding: gzip, chunked",
    b"Expect: 100-continue",
    b"Expect: 200-ok",
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
    b"Connection: close, keep-alive, Transfer-Encoding",
    b"Connection: " + b"a," * 1_000,
    b"Host: a\r\nHost: b",
    b"Host:",
    b"X: a\r\n b\r\n\tc",
    b" X: leading space",
    b"X : space before colon",
    b": no name",
    b"no colon",
    b"X: a\x00b",
    b"X: a\rb",
    b"X: \x7f\x01\x1f",
    b"X\xff: y",
    b"X: " + BAD_UTF8[0],
    b"Content-Type: \x00",
    b"Content-Type: " + b"a/" * 500,
    b"Content-Type: text/xml; charset=utf-7",
    b"Content-Encoding: gzip",
    b"Range: bytes=0-" + b"9" * 100,
    b"Cookie: " + b"a=b; " * 500,
    b"X-Forwarded-For: ::1, \x1b[31m",
    b"Authorization: Basic " + b"=" * 200,
    b"Content-Length: 0\r\nContent-Length: 5",
    b"Content-Length: 3\r\nTransfer-Encoding: chunked",
    b"Trailer: Content-Length",
)


def _line(rng: Random, target: Target) -> bytes:
    method = rng.choice(METHODS) if rng.random() < 0.35 else b"POST"
    path = rng.choice(ODD_PATHS) if rng.random() < 0.4 else rng.choice(PATHS[target])
    version = rng.choice(VERSIONS) if rng.random() < 0.25 else b"HTTP/1.1"
    return b" ".join((method, path, version))


def _start(rng: Random, target: Target) -> bytes:
    return b"POST " + rng.choice(PATHS[target]) + b" HTTP/1.1\r\nHost: fuzz\r\n"


def _lines(rng: Random, target: Target) -> bytes:
    """An odd request line."""
    return _line(rng, target) + b"\r\nHost: fuzz\r\nContent-Length: 2\r\n\r\n{}"


def _fields(rng: Random, target: Target) -> bytes:
    """Odd header fields."""
    fields = [rng.choice(FIELDS) for _ in range(rng.randrange(1, 4))]
    return _start(rng, target) + b"\r\n".join(fields) + b"\r\nContent-Length: 2\r\n\r\n{}"


def _flood(rng: Random, target: Target) -> bytes:
    """Many fields, or a long one."""
    flood = rng.choice(
        (
            b"".join(b"X-%d: y\r\n" % n for n in range(rng.choice((90, 99, 100, 101, 500, 3_000)))),
            b"X: " + b"y" * rng.choice((8_000, 16_000, 16_384, 17_000, 100_000)) + b"\r\n",
            b"Y" * rng.choice((8_000, 20_000, 70_000)) + b": z\r\n",
            b"X: y\r\n" + b" folded\r\n" * 5_000,
            b"Cookie: a\r\n" * 400,
            b"\r\n" * 3_000,
        )
    )
    return _start(rng, target) + flood + b"Content-Length: 2\r\n\r\n{}"


def _length(rng: Random, target: Target) -> bytes:
    return _start(rng, target) + b"Content-Length: " + rng.choice(LENGTHS) + b"\r\n\r\n{}"


def _chunks(rng: Random, target: Target) -> bytes:
    """Chunks of odd sizes, ends and trailers."""
    head = _start(rng, target) + b"Transfer-Encoding: chunked\r\n\r\n"
    good = b"2\r\n{}\r\n"
    body = rng.choice(
        (
            rng.choice(CHUNK_SIZES) + b"\r\n{}\r\n0\r\n\r\n",
            b"2\r\n{}X0\r\n\r\n",
            b"2\n{}\n0\n\n",
            b"2\r\n{}\r\n",
            b"1;" + b"a" * 50_000 + b"\r\nx\r\n0\r\n\r\n",
            b"0\r\n" + b"X: y\r\n" * rng.choice((1, 99, 101, 4_000)) + b"\r\n",
            b"1\r\nx\r\n" * 3_000 + b"0\r\n\r\n",
            b"0\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        )
    )
    return head + (good if rng.random() < 0.3 else b"") + body


def _smuggled(rng: Random, target: Target) -> bytes:
    """Two lengths that disagree, with a request behind the shorter one."""
    hidden = b"POST " + rng.choice(PATHS[target]) + b" HTTP/1.1\r\nHost: fuzz\r\nContent-Length: 2\r\n\r\n{}"
    both = rng.choice(
        (
            b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden,
            b"Transfer-Encoding: chunked\r\nContent-Length: %d\r\n\r\n" % (len(hidden) + 5) + b"0\r\n\r\n" + hidden,
            b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n" % len(hidden) + hidden,
            b"Transfer-Encoding: identity\r\nContent-Length: 0\r\n\r\n" + hidden,
            b"Content-Length: 2\r\n\r\n{}" + hidden * rng.choice((1, 5, 20, 60)),
        )
    )
    return _start(rng, target) + both


def _garbage(rng: Random, target: Target) -> bytes:
    """Bytes that are no HTTP/1.1 at all."""
    size = rng.choice((1, 10, 500, 20_000))
    return rng.choice(
        (
            rng.randbytes(size),
            b"\x00" * size,
            b"\r\n" * size,
            b"\n" * size,
            b" " * size,
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + rng.randbytes(200),
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + rng.randbytes(50),
            b"GET /\r\n",
            b"GET / \n\n",
            b"\r\n\r\n" + _start(rng, target) + b"Content-Length: 2\r\n\r\n{}",
            b"*1\r\n$4\r\nPING\r\n",
            b"HELO fuzz\r\n",
            _start(rng, target).replace(b"\r\n", b"\n") + b"Content-Length: 2\n\n{}",
        )
    )


def _flipped(rng: Random, target: Target) -> bytes:
    """A good request with a few bytes changed."""
    found = bytearray(_start(rng, target) + b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(found))
        if rng.random() < 0.5:
            found[at] = rng.randrange(256)
        else:
            found[at:at] = rng.randbytes(rng.randrange(4))
    return bytes(found)


MAKERS: Final[tuple[Callable[[Random, Target], bytes], ...]] = (
    _lines,
    _fields,
    _flood,
    _length,
    _chunks,
    _smuggled,
    _garbage,
    _flipped,
)
RAW_KINDS: Final[dict[Target, Kind]] = {
    "webhooks": "raw_webhooks",
    "operations": "raw_operations",
    "played": "raw_played",
}


def raw(rng: Random, index: int, target: Target) -> Case:
    """One hostile request. Nothing of it is signed, so the webhook paths never accept it."""
    data = rng.choice(MAKERS)(rng, target)
    expect: Expect = "refused" if target == "webhooks" and b"/healthz" not in data else "any"
    return Case(index, RAW_KINDS[target], target, _pieces(rng, data), expect, alone=True)


def torn(rng: Random, index: int, whole: Case) -> Case:
    """The beginning of a good request. Its sender closes the connection."""
    data = whole.pieces[0]
    at = rng.randrange(1, len(data))
    return Case(index, "torn", whole.target, _pieces(rng, data[:at]), "any", alone=True, half=True)


def _pieces(rng: Random, data: bytes) -> tuple[bytes, ...]:
    """Mostly one piece, sometimes a few, so that parsers meet every border."""
    if len(data) < 2 or rng.random() < 0.7:
        return (data,)
    cuts = sorted(rng.randrange(1, len(data)) for _ in range(rng.randrange(1, 4)))
    return tuple(data[low:high] for low, high in zip([0, *cuts], [*cuts, len(data)], strict=True) if low < high)


STATUSES: Final = (
    b"200 OK",
    b"204 No",
    b"100 Continue",
    b"101 Switching Protocols",
    b"999 x",
    b"099 x",
    b"1000 x",
    b"-1",
    b"",
)


def answer(rng: Random) -> bytes:
    """What a hostile subject may answer to a webhook."""
    version = rng.choice(VERSIONS) if rng.random() < 0.1 else b"HTTP/1.1"
    status = rng.choice(STATUSES) if rng.random() < 0.4 else b"200 OK"
    fields = [rng.choice(FIELDS) for _ in range(rng.choice((0, 0, 0, 1, 3)))]
    framing = (b"Content-Length: 2", b"Transfer-Encoding: chunked", b"Content-Length: " + rng.choice(LENGTHS), b"X: y")
    chunk = rng.choice((b"2", rng.choice(CHUNK_SIZES)))
    bodies = (b"ok", b"", chunk + b"\r\nok\r\n0\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 90_000, rng.randbytes(50))
    whole = b"\r\n".join((version + b" " + status, *fields, rng.choice(framing))) + b"\r\n\r\n" + rng.choice(bodies)
    if rng.random() < 0.2:
        at = rng.randrange(len(whole))
        whole = whole[:at] + rng.randbytes(1) + whole[at + 1 :]
    return whole
