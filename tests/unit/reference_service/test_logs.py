"""The reason recorded for an error contains no value of a payload."""

import errno

import asyncpg
import msgspec
import pytest

from stockstorm.reference_service.domain.payloads import Unusable
from stockstorm.reference_service.logs import reason_of
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
