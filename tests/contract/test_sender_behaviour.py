"""The behaviour of every sender on real sockets, with correct servers and with faulty ones."""

import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import gevent
import pytest

from stockstorm.simulator.clock import MILLISECOND_NS
from stockstorm.simulator.io.senders.connection import Shared
from stockstorm.simulator.limits import (
    ANSWER_BODY_MAX_BYTES,
    ANSWER_HEAD_MAX_BYTES,
    ANSWER_TIMEOUT_NS,
    CONNECT_TIMEOUT_NS,
    SAID_ALL,
    SAID_EVERY,
)
from tests.contract.scripted_server import OK, Connection, Script, Server, answer_all
from tests.contract.sending import BODY, Sending

Serve = Callable[..., Server]
Send = Callable[..., Sending]
SHORT_NS = 80 * MILLISECOND_NS
CERTIFICATE = Path(__file__).with_name("localhost.pem")


def saying(*pieces: bytes) -> Script:
    """Answers the first request in pieces, some milliseconds apart, and closes."""

    def script(connection: Connection) -> None:
        connection.request()
        for piece in pieces:
            connection.send(piece)
            gevent.sleep(0.005)

    return script


def test_an_answer_carries_its_status_and_times_in_order(serve: Serve, sending: Send) -> None:
    sender = sending(serve(answer_all).port)
    answer = sender.one()
    outgoing = sender.answers[0][0]
    assert (answer.status, answer.error) == (200, "")
    assert outgoing.due_ns == answer.free_ns <= answer.started_ns <= answer.sent_ns <= answer.answered_ns
    assert answer.ended_ns == answer.answered_ns
    assert answer.bytes_sent == len(outgoing.head) + len(outgoing.body)


def test_the_bytes_arrive_unchanged(serve: Serve, sending: Send) -> None:
    server = serve(answer_all)
    sender = sending(server.port)
    sender.one(b'{"title":"Caf\\u00e9 \\/ M\xc3\xbcsli"}')
    sent = sender.answers[0][0]
    assert server.requests == [sent.head + sent.body]


def test_a_connection_is_used_again(serve: Serve, sending: Send) -> None:
    server = serve(answer_all)
    sender = sending(server.port)
    statuses = [sender.one().status for _ in range(5)]
    assert (statuses, server.connections, sender.pool.connections) == ([200] * 5, 1, 1)


def test_the_connection_used_last_is_used_first(serve: Serve, sending: Send) -> None:
    seen: list[int] = []

    def script(connection: Connection) -> None:
        while connection.request():
            seen.append(connection.number)
            connection.send(OK)

    sender = sending(serve(script).port)
    sender.submit(3)
    sender.wait()
    del seen[:]
    for _ in range(4):
        sender.one()
    assert len(set(seen)) == 1


def test_every_attempt_that_finds_no_idle_connection_gets_a_new_one_at_once(serve: Serve, sending: Send) -> None:
    def script(connection: Connection) -> None:
        connection.request()
        gevent.sleep(0.1)
        connection.send(OK)

    sender = sending(serve(script).port)
    sender.submit(20)
    assert sender.pool.waiting == 20
    gevent.sleep(0.05)
    assert (sender.pool.waiting, sender.pool.connections) == (0, 20)
    answers = sender.wait()
    assert all(answer.started_ns - answer.free_ns < 50 * MILLISECOND_NS for answer in answers)


def test_at_the_limit_attempts_wait_in_turn_and_count_as_free_when_a_connection_was(
    serve: Serve, sending: Send
) -> None:
    def script(connection: Connection) -> None:
        while connection.request():
            gevent.sleep(0.02)
            connection.send(OK)

    server = serve(script)
    sender = sending(server.port, limit=2)
    sender.submit(6)
    answers = sorted(sender.wait(), key=lambda answer: answer.started_ns)
    turns = sorted(sender.answers, key=lambda pair: pair[1].started_ns)
    assert [outgoing.delivery for outgoing, _ in turns[2:]] == [3, 4, 5, 6]
    assert server.connections == sender.pool.connections_peak == 2
    ends = {answer.ended_ns for answer in answers}
    assert all(answer.free_ns in ends and answer.free_ns <= answer.started_ns for answer in answers[2:])


@pytest.mark.parametrize(
    "pieces",
    [
        (b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n", b"ok"),
        (b"HTTP/1.1 202 Acc", b"epted\r\nContent-", b"Length: 2\r\n\r", b"\no", b"k"),
        (b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n2\r\no", b"k\r\n0\r\n", b"\r\n"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n",),
        (b"HTTP/1.1 202 Accepted\r\nConnection: close\r\n\r\nuntil the end",),
        (b"HTTP/1.0 202 Accepted\r\n\r\n", b"until ", b"the end"),
        (b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\nand something nobody asked for",),
    ],
    ids=["two", "many", "chunked", "continue", "continue_at_once", "close", "http10", "extra"],
)
def test_an_answer_in_any_valid_form_is_read(serve: Serve, sending: Send, pieces: tuple[bytes, ...]) -> None:
    answer = sending(serve(saying(*pieces)).port).one()
    assert (answer.status, answer.error) == (202, "")


@pytest.mark.parametrize("status", [204, 302, 401, 404, 410, 500, 503])
def test_a_status_is_passed_on_as_it_came_and_no_redirect_is_followed(serve: Serve, sending: Send, status: int) -> None:
    server = serve(saying(b"HTTP/1.1 %d X\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n" % status))
    assert sending(server.port).one().status == status
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "garbage",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n" + b"x" * (ANSWER_BODY_MAX_BYTES + ANSWER_HEAD_MAX_BYTES),
        b"HTTP/1.1 200 OK\r\n" + b"X-Endless: yes\r\n" * 6_000,
    ],
    ids=["ssh", "status", "length", "upgrade", "large_body", "endless_head"],
)
def test_an_invalid_or_too_large_answer_is_a_protocol_error(serve: Serve, sending: Send, garbage: bytes) -> None:
    sender = sending(serve(saying(garbage)).port)
    answer = sender.one()
    assert (answer.status, answer.error, answer.answered_ns) == (0, "protocol", 0)
    assert sender.pool.connections == 0


def test_a_connection_that_answers_close_is_not_used_again(serve: Serve, sending: Send) -> None:
    def script(connection: Connection) -> None:
        while connection.request():
            connection.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")

    server = serve(script)
    sender = sending(server.port)
    assert [sender.one().error for _ in range(3)] == [""] * 3
    assert (server.connections, sender.pool.connections) == (3, 0)


def test_no_listener_is_a_refused_connection(sending: Send) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    answer = sending(port).one()
    assert (answer.error, answer.status, answer.sent_ns, answer.bytes_sent) == ("connect_refused", 0, 0, 0)


def test_a_listener_that_accepts_no_connection_is_a_connect_timeout(sending: Send) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        fillers = [socket.socket() for _ in range(3)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        answer = sending(full.getsockname()[1], connect_limit_ns=SHORT_NS).one()
        for filler in fillers:
            filler.close()
    assert answer.error == "connect_timeout"
    assert SHORT_NS <= answer.ended_ns - answer.started_ns < CONNECT_TIMEOUT_NS


def test_a_name_with_several_addresses_is_tried_at_each(serve: Serve, sending: Send) -> None:
    sender = sending(serve(answer_all).port, host="localhost")  # ::1 first on many machines; nobody listens there
    assert [sender.one().status for _ in range(2)] == [200, 200]


@pytest.mark.parametrize("pieces", [(), (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",)], ids=["silent", "half"])
def test_an_answer_that_is_not_whole_in_time_is_a_timeout(
    serve: Serve, sending: Send, pieces: tuple[bytes, ...]
) -> None:
    def script(connection: Connection) -> None:
        saying(*pieces)(connection)
        gevent.sleep(1)

    sender = sending(serve(script).port, answer_limit_ns=SHORT_NS)
    answer = sender.one()
    assert (answer.error, answer.status, answer.answered_ns) == ("answer_timeout", 0, 0)
    assert SHORT_NS <= answer.ended_ns - answer.started_ns < ANSWER_TIMEOUT_NS
    assert sender.pool.connections == 0


def test_a_peer_that_takes_no_more_bytes_is_a_timeout(serve: Serve, sending: Send) -> None:
    sender = sending(serve(lambda _: gevent.sleep(1)).port, answer_limit_ns=2 * SHORT_NS)
    answer = sender.one(b"x" * 20_000_000)
    assert (answer.error, answer.sent_ns) == ("answer_timeout", 0)
    assert 0 < answer.bytes_sent < 20_000_000


def test_a_large_body_is_sent_whole(serve: Serve, sending: Send) -> None:
    server = serve(answer_all)
    sender = sending(server.port)
    sender.one()
    assert sender.one(b"x" * 10_000_000).status == 200
    assert len(server.requests[1]) == sender.answers[1][1].bytes_sent


@pytest.mark.parametrize(("when", "error"), [("before", "disconnected"), ("half", "disconnected"), ("reset", "reset")])
def test_a_new_connection_that_ends_without_a_whole_answer_says_how(
    serve: Serve, sending: Send, when: str, error: str
) -> None:
    def script(connection: Connection) -> None:
        connection.request()
        if when == "half":
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nha")
        if when == "reset":
            connection.reset()

    server = serve(script)
    answer = sending(server.port).one()
    assert (answer.error, server.connections) == (error, 1)


def test_a_kept_connection_that_was_closed_meanwhile_is_replaced_before_sending(serve: Serve, sending: Send) -> None:
    server = serve(saying(OK))
    sender = sending(server.port)
    sender.one()
    gevent.sleep(0.03)
    answer = sender.one()
    assert (answer.status, answer.error, len(server.requests)) == (200, "", 2)


@pytest.mark.parametrize("how", ["close", "reset"])
def test_a_kept_connection_that_dies_on_reuse_is_an_outcome_of_its_own(serve: Serve, sending: Send, how: str) -> None:
    def script(connection: Connection) -> None:
        connection.request()
        connection.send(OK)
        connection.request()
        if connection.number > 0:
            connection.send(OK)
        elif how == "reset":
            connection.reset()

    server = serve(script)
    sender = sending(server.port)
    sender.one()
    answer = sender.one()
    assert (answer.status, answer.error, answer.answered_ns) == (0, "dropped", 0)
    assert (sender.one().status, server.connections) == (200, 2)


def test_a_kept_connection_that_ends_within_an_answer_is_disconnected(serve: Serve, sending: Send) -> None:
    def script(connection: Connection) -> None:
        connection.request()
        connection.send(OK)
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nha")

    sender = sending(serve(script).port)
    sender.one()
    assert sender.one().error == "disconnected"


def test_a_connection_that_was_idle_too_long_is_closed(serve: Serve, sending: Send) -> None:
    server = serve(answer_all)
    sender = sending(server.port, idle_limit_ns=10 * SHORT_NS)
    sender.submit(3)
    sender.wait()
    assert sender.pool.connections == 3
    with gevent.Timeout(30):
        while sender.pool.connections:
            gevent.sleep(0.02)
    assert (sender.one().status, server.connections) == (200, 4)


def test_an_address_with_a_trusted_certificate_is_reached_over_tls(serve: Serve, sending: Send) -> None:
    server = serve(answer_all, certificate=CERTIFICATE)
    sender = sending(server.port, host="localhost", tls=ssl.create_default_context(cafile=str(CERTIFICATE)))
    assert [sender.one(body).status for body in (BODY, b"x" * 3_000_000, BODY)] == [200, 200, 200]
    assert server.connections == 1


def test_an_address_with_an_untrusted_certificate_receives_nothing(serve: Serve, sending: Send) -> None:
    server = serve(answer_all, certificate=CERTIFICATE)
    answer = sending(server.port, host="localhost", tls=ssl.create_default_context()).one()
    assert (answer.error, server.requests) == ("tls_failed", [])


def test_a_peer_that_does_not_answer_the_tls_handshake_is_a_timeout(serve: Serve, sending: Send) -> None:
    server = serve(lambda _: gevent.sleep(1))
    sender = sending(server.port, host="localhost", tls=ssl.create_default_context(), answer_limit_ns=SHORT_NS)
    answer = sender.one()
    assert (answer.error, answer.sent_ns, sender.pool.connections) == ("answer_timeout", 0, 0)


def test_a_peer_that_does_not_speak_tls_is_no_secure_connection(serve: Serve, sending: Send) -> None:
    server = serve(lambda connection: connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    sender = sending(server.port, host="localhost", tls=ssl.create_default_context())
    answer = sender.one()
    assert (answer.error, answer.sent_ns, sender.pool.connections) == ("tls_failed", 0, 0)


def test_the_start_of_an_answer_that_is_no_2xx_is_kept_on_one_line(serve: Serve, sending: Send) -> None:
    refusal = b"HTTP/1.1 401 No\r\nTransfer-Encoding: chunked\r\n\r\n"
    script = saying(refusal, b"6\r\nbad \r\n\r\n", b"9\r\nsignature\r\n", b"0\r\n\r\n")
    answer = sending(serve(script).port).one()
    assert (answer.status, answer.said) == (401, "bad signature")


def test_the_text_of_a_good_answer_is_not_kept(serve: Serve, sending: Send) -> None:
    script = saying(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone")
    assert sending(serve(script).port).one().said == ""


def test_of_many_refusals_only_a_part_keeps_its_text() -> None:
    kept = Shared(lambda: 0, None, lambda _outgoing, _answer: None, 0)  # type: ignore[arg-type]  # only counted here
    assert sum(kept.keeps_text() for _ in range(SAID_ALL + 10 * SAID_EVERY)) == SAID_ALL + 10
