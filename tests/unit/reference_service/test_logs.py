"""The reason recorded for an error contains no value of a payload, and lines that strangers cause are sampled."""

import errno
import logging

import asyncpg
import msgspec
import pytest
from structlog.testing import capture_logs

from stockstorm.reference_service import limits
from stockstorm.reference_service.domain.payloads import Unusable
from stockstorm.reference_service.logs import OTHER_TEXTS, Sampler, reason_of
from stockstorm.reference_service.storage.database import StoreUnavailable

SECRET = "zoe@example.org"


def database_error() -> Exception:
    fields = {"C": "22P02", "M": f'invalid input syntax for type bigint: "{SECRET}"', "D": f"a row with {SECRET}"}
    return asyncpg.PostgresError.new(fields)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (database_error(), "InvalidTextRepresentationError (SQLSTATE 22P02)"),
        (asyncpg.DataError(f"invalid input for query argument $1: '{SECRET}'"), "DataError (SQLSTATE 22000)"),
        (asyncpg.InterfaceError(f"{SECRET} is no such thing"), "InterfaceError"),
        (msgspec.ValidationError(f"Invalid enum value '{SECRET}' - at `$.status`"), "ValidationError"),
        (UnicodeDecodeError("ascii", SECRET.encode(), 0, 1, SECRET), "UnicodeDecodeError"),
        (ConnectionRefusedError(errno.ECONNREFUSED, SECRET), f"ConnectionRefusedError (errno {errno.ECONNREFUSED})"),
        (KeyError(SECRET), "KeyError"),
        (TimeoutError(), "TimeoutError"),
        (StoreUnavailable(), "StoreUnavailable"),
        (Unusable("updated_at is not a time"), "updated_at is not a time"),
        (Unusable("x" * 1_000), "x" * 300),
    ],
)
def test_own_errors_give_their_message_and_other_errors_only_type_and_code(error: Exception, reason: str) -> None:
    assert reason_of(error) == reason


class Clock:
    """A clock that stands still."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def passed(sampler: Sampler, text: str, count: int) -> int:
    """How many of `count` lines pass. Each has another argument."""
    lines = [logging.LogRecord("uvicorn.error", logging.WARNING, "", 0, text, (n,), None) for n in range(count)]
    return sum(bool(sampler.filter(line)) for line in lines)


def test_lines_of_one_text_are_sampled_and_the_others_are_counted() -> None:
    clock = Clock()
    sampler = Sampler(clock)
    assert passed(sampler, "invalid request %d", 10_000) == limits.LOG_LINES_MAX
    assert passed(sampler, "another %d", 2) == 2
    with capture_logs() as told:
        sampler.tell_what_was_left_out()
        assert told == []
        clock.now_s += limits.LOG_INTERVAL_S
        sampler.tell_what_was_left_out()
        sampler.tell_what_was_left_out()
    left_out = {"text": "invalid request %d", "count": 10_000 - limits.LOG_LINES_MAX, "seconds": limits.LOG_INTERVAL_S}
    assert told == [{"event": "lines_left_out", "log_level": "warning", **left_out}]
    assert passed(sampler, "invalid request %d", 3) == 3


def test_endlessly_many_texts_share_one_count() -> None:
    sampler = Sampler(Clock())
    texts = 1_000
    lines = sum(passed(sampler, f"text {number}", 1) for number in range(texts))
    assert lines == limits.LOG_TEXTS_MAX + limits.LOG_LINES_MAX
    with capture_logs() as told:
        sampler.tell_what_was_left_out(at_once=True)
    assert [(line["text"], line["count"]) for line in told] == [(OTHER_TEXTS, texts - lines)]
