"""What a stranger can take: bytes, lines and time of a head, requests in advance, connections."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
import uvloop
from starlette.types import Receive, Scope, Send

from stockstorm.reference_service import limits
from stockstorm.reference_service.http_server import make_server, serve_until
from stockstorm.reference_service.ingress import connections
from stockstorm.reference_service.ingress.connections import ConnectionLimits, network_of

HEAD = b"POST /read HTTP/1.1\r\nHost: x\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
PLENTY = ConnectionLimits(100, 100)
SLOW_S = 0.5  # a busy machine can let this process wait for a tenth of a second
SENT_WITHIN_S = 2.1  # all parts of the longest request
LARGE = b"x" * 4 * limits.HEAD_BYTES_MAX


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers the length of the body: at /unread before it reads the body, at /slow after a while."""
    size, more = 0, scope["path"] != "/unread"
    while more:
        event = await receive()
        size, more = size + len(event.get("body", b"")), event.get("more_body", False)
    await asyncio.sleep(SLOW_S if scope["path"] == "/slow" else 0.0)
    body = str(size).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def serving(allowed: ConnectionLimits = PLENTY) -> AsyncIterator[int]:
    """The port of a server."""
    server, stop = make_server(app, "127.0.0.1", 0, allowed), asyncio.Event()
    running = asyncio.create_task(serve_until([server], stop))
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        stop.set()
        await running


async def answers(port: int, *parts: bytes, pause_s: float = 0.0) -> bytes:
    """What the server sends until it closes the connection. Fails if it has not closed it 3 s after the last part."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    found = b""
    with suppress(ConnectionError):
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause_s)
    try:
        with suppress(ConnectionError):
            while got := await asyncio.wait_for(reader.read(65536), 3):
                found += got
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
    return found


def statuses(found: bytes) -> list[int]:
    return [int(line.split()[1]) for line in found.split(b"\r\n") if b"HTTP/1.1 " in line]


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deadlines of 0.3 s, checked at every tick."""
    monkeypatch.setattr(limits, "DEADLINES_TICKS", 1)
    monkeypatch.setattr(connections, "DEADLINES_S", dict.fromkeys(connections.DEADLINES_S, 0.3))


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "parts",
    [
        [HEAD, b"a: b\r\n" * (limits.HEADERS_MAX + 1)],
        [HEAD, (b"a: " + b"b" * 1_000 + b"\r\n") * 18],
        [HEAD + b"a: ", LARGE],
        [HEAD, LARGE],
        [b"POST /" + LARGE],
        [b"\r\n" * limits.HEAD_BYTES_MAX * 2],
        [HEAD + b"a: ", *[b"b" * 100] * 400],
    ],
    ids=["lines", "bytes in lines", "one value", "one name", "the address", "blank lines", "a value in small parts"],
)
async def test_a_head_over_a_limit_is_refused(parts: list[bytes]) -> None:
    async with serving() as port:
        assert statuses(await answers(port, *parts)) in ([431], [])  # [] if a reset overtook the answer


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "part",
    [b"0\r\n" + b"a: b\r\n" * (limits.HEADERS_MAX + 1), b"0\r\na: " + LARGE, b"1;a=" + LARGE],
    ids=["trailers", "one trailer", "an extension of a chunk"],
)
async def test_what_goes_with_a_chunked_body_is_bounded_like_the_head(part: bytes) -> None:
    async with serving() as port:
        assert statuses(await answers(port, CHUNKED, part)) in ([431], [])


@pytest.mark.asyncio
async def test_a_head_within_the_limits_and_a_large_body_are_accepted() -> None:
    lines = b"".join(b"x-%d: %s\r\n" % (number, b"v" * 140) for number in range(limits.HEADERS_MAX - 3))
    body = b"x" * limits.BODY_BYTES_MAX
    length = b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
    async with serving() as port:
        found = await answers(port, HEAD + lines + length + body[:1_000], body[1_000:])
    assert statuses(found) == [200]
    assert found.endswith(str(len(body)).encode())


@pytest.mark.asyncio
@pytest.mark.parametrize("size", [1, 7, 100_000])
async def test_requests_are_read_alike_however_they_are_split(size: int) -> None:
    stream = (HEAD + b"Content-Length: 5\r\n\r\n12345") * 3 + CHUNKED + b"3\r\nabc\r\n0\r\na: b\r\n\r\n"
    stream += HEAD + b"Connection: close\r\n\r\n"
    async with serving() as port:
        found = await answers(port, *(stream[start : start + size] for start in range(0, len(stream), size)))
    assert statuses(found) == [200] * 5


@pytest.mark.asyncio
async def test_requests_far_ahead_of_their_answers_are_refused() -> None:
    async with serving() as port:
        found = await answers(port, (HEAD + b"\r\n") * 10_000)
    assert len(statuses(found)) <= limits.PIPELINED_MAX + 2


@pytest.mark.asyncio
@pytest.mark.parametrize("sent", [b"", HEAD + b"a: b\r\n", HEAD + b"Connection: keep-alive\r\n\r\n"])
async def test_idle_connections_do_not_lock_out_new_ones(sent: bytes) -> None:
    """Whether they sent nothing, half a head or a whole request before; the one idle for longest is closed first."""
    async with serving(ConnectionLimits(20, 100)) as port:
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(20)]
        for _, writer in held:
            writer.write(sent)
        await asyncio.sleep(0.1)
        for _ in range(5):
            assert statuses(await answers(port, HEAD + b"Connection: close\r\n\r\n")) == [200]
        ended = [await _closed(reader) for reader, _ in held]
        for _, writer in held:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
    assert ended == [True] + [False] * 19  # the place of the first is free again after each new one


async def _closed(reader: asyncio.StreamReader) -> bool:
    try:
        async with asyncio.timeout(0.05):
            await reader.read()
    except TimeoutError:
        return False
    return True


@pytest.mark.asyncio
async def test_a_connection_that_owes_an_answer_is_not_closed_for_a_new_one() -> None:
    slow = HEAD.replace(b"/read", b"/slow") + b"Connection: close\r\n\r\n"
    async with serving(ConnectionLimits(3, 100)) as port:
        working = [asyncio.create_task(answers(port, slow)) for _ in range(3)]
        await asyncio.sleep(SLOW_S / 10)
        assert statuses(await answers(port, HEAD + b"\r\n")) == [503]
        assert [statuses(await each) for each in working] == [[200]] * 3


@pytest.mark.parametrize("ahead", [1, 3])
def test_a_refusal_while_a_request_is_at_work_is_no_error_of_the_application(
    ahead: int, caplog: pytest.LogCaptureFixture
) -> None:
    async def attack() -> None:
        async with serving() as port:
            await answers(port, (HEAD.replace(b"/read", b"/slow") + b"\r\n") * ahead + b"nonsense\r\n\r\n")
            await asyncio.sleep(2 * SLOW_S)

    uvloop.run(attack())  # its transports raise after their end, those of asyncio do not
    assert [record.getMessage() for record in caplog.records] == ["request refused: malformed"]


@pytest.mark.asyncio
@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ([b""], []),
        ([HEAD], [408]),
        ([HEAD, *[b"a: b\r\n"] * 20], [408]),
        ([HEAD + b"Content-Length: 9\r\n\r\n1234"], [408]),
        ([CHUNKED, *[b"1\r\nx\r\n"] * 20], [408]),
        ([CHUNKED.replace(b"/read", b"/unread"), *[b"1\r\nx\r\n"] * 20], [200]),
        ([HEAD + b"\r\n", *[b"\r\n"] * 20], [200]),
        ([HEAD + b"\r\n", HEAD], [200, 408]),
    ],
    ids=[
        "nothing",
        "half a head",
        "line by line",
        "half a body",
        "chunk by chunk",
        "answered",
        "blank",
        "a second one",
    ],
)
async def test_a_connection_ends_at_its_deadline(parts: list[bytes], status: list[int]) -> None:
    async with serving() as port:
        started = asyncio.get_running_loop().time()
        found = statuses(await answers(port, *parts, pause_s=0.1))
        assert found == status or (len(parts) > 2 and found == status[: len(found)])  # a reset can overtake the answer
        assert asyncio.get_running_loop().time() - started < SENT_WITHIN_S + limits.HEAD_TIMEOUT_S


@pytest.mark.asyncio
@pytest.mark.usefixtures("hasty")
async def test_a_client_that_does_not_read_its_answers_is_disconnected() -> None:
    server: Any = make_server(app, "127.0.0.1", 0, PLENTY)
    aborted: list[bool] = []

    class Transport(asyncio.Transport):
        def get_extra_info(self, name: str, default: Any = None) -> Any:
            return default

        def is_closing(self) -> bool:
            return False

        def abort(self) -> None:
            aborted.append(True)

    server.config.load()
    connection = server.config.http_protocol_class(server.config, server.server_state, {})
    connection.connection_made(Transport())
    connection.data_received(HEAD + b"\r\n")  # complete, so it waits for its answer
    server._connections.close_overdue(asyncio.get_running_loop().time() + 0.2)
    assert not aborted
    server._connections.close_overdue(asyncio.get_running_loop().time() + 0.4)
    assert aborted
    connection.connection_lost(None) if not hasattr(connection.transport, "close") else None
    await asyncio.gather(*server.server_state.tasks, return_exceptions=True)


@pytest.mark.asyncio
async def test_a_connection_over_the_limit_of_its_address_is_refused_and_a_closed_one_makes_room() -> None:
    request = HEAD + b"Connection: close\r\n\r\n"
    async with serving(ConnectionLimits(9, 2)) as port:
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        await asyncio.sleep(0.05)
        assert statuses(await answers(port)) == [503]
        held[0][1].close()
        await asyncio.sleep(0.05)
        assert statuses(await answers(port, request)) == [200]
        assert statuses(await answers(port, request)) == [200]
        held[1][1].close()


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:0db8:0001:0002"),
        ("2001:db8:1:2::9", "2001:0db8:0001:0002"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("fe80::1%eth0", "fe80:0000:0000:0000"),
        ("", ""),
    ],
)
def test_an_address_is_counted_by_what_one_customer_has(address: str, network: str) -> None:
    assert network_of(address) == network
