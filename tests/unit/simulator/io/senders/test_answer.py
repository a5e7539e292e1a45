"""Answers are read the same, however they are split into pieces."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockstorm.simulator.io.senders.answer import AnswerError, AnswerReader
from stockstorm.simulator.limits import ANSWER_BODY_MAX_BYTES, ANSWER_HEAD_MAX_BYTES

CHUNKED = b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nyes\r\n0\r\n\r\n"
SIZED = b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nwait"
CONTINUED = b"HTTP/1.1 100 Continue\r\n\r\n" + SIZED


@given(st.sampled_from([CHUNKED, SIZED, CONTINUED]), st.lists(st.integers(1, 80), max_size=6))
def test_an_answer_is_the_same_however_it_is_cut(answer: bytes, cuts: list[int]) -> None:
    edges = sorted({0, len(answer), *(cut for cut in cuts if cut < len(answer))})
    reader = AnswerReader()
    complete = [reader.feed(answer[start:end]) for start, end in pairwise(edges)]
    assert complete == [False] * (len(complete) - 1) + [True]
    assert (reader.status, reader.keep_alive) == (202 if answer is CHUNKED else 503, True)


def test_answers_follow_one_another_on_a_kept_connection() -> None:
    reader = AnswerReader()
    statuses = []
    for answer in (SIZED, CHUNKED, CONTINUED):
        assert reader.feed(answer)
        statuses.append(reader.status)
        reader.next()
    assert statuses == [503, 202, 503]


def test_bytes_after_an_answer_prevent_reuse_of_the_connection() -> None:
    reader = AnswerReader()
    assert reader.feed(SIZED + b"HTTP/1.1 200 OK\r\n")
    assert (reader.status, reader.keep_alive) == (503, False)


@pytest.mark.parametrize(
    ("head", "completes"),
    [
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\npart", True),
        (b"HTTP/1.0 200 OK\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart", False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npa", False),
        (b"HTTP/1.1 200 OK\r\nConnection: clo", False),
        (b"HTTP/1.1 100 Continue\r\n\r\n", False),
    ],
    ids=["close", "http10", "sized", "chunked", "in_the_head", "continue"],
)
def test_the_end_completes_only_an_answer_that_promised_no_length(head: bytes, completes: bool) -> None:
    reader = AnswerReader()
    assert not reader.feed(head)
    assert reader.ended() is completes


@pytest.mark.parametrize("status", [b"600", b"999"])
def test_a_status_that_is_none_of_http_is_an_error_because_a_history_cannot_hold_it(status: bytes) -> None:
    with pytest.raises(AnswerError):
        AnswerReader().feed(b"HTTP/1.1 " + status + b" Odd\r\nContent-Length: 0\r\n\r\n")
    reader = AnswerReader()
    assert not reader.feed(b"HTTP/1.1 " + status + b" Odd\r\n\r\n")
    assert not reader.ended()


def test_an_answer_may_be_as_large_as_the_limit_and_no_larger() -> None:
    reader = AnswerReader()
    body = b"x" * ANSWER_BODY_MAX_BYTES
    assert reader.feed(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    reader.next()
    reader.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + body)
    with pytest.raises(AnswerError, match=r"more than \d+ bytes"):
        reader.feed(b"x" * ANSWER_HEAD_MAX_BYTES)


@pytest.mark.parametrize("status", [b"000", b"099", b"600", b"999"])
def test_a_status_outside_of_http_is_no_answer(status: bytes) -> None:
    """A history holds 100 to 599, so a subject cannot make it unreadable."""
    with pytest.raises(AnswerError):
        AnswerReader().feed(b"HTTP/1.1 " + status + b" x\r\ncontent-length: 0\r\n\r\n")
    reader = AnswerReader()
    if not reader.feed(b"HTTP/1.1 " + status + b" x\r\n\r\n"):
        assert not reader.ended()
