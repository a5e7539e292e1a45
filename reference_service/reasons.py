"""What is told of an error in logs and dead letters: enough to find its cause, and nothing of the payload.

Messages of asyncpg, of decoders and of Python itself may quote the values that they failed on. Only errors of this
service word their messages themselves, so only those are told.
"""

import asyncpg

OWN = __name__.partition(".")[0]
REASON_CHARS_MAX = 300


def reason_of(error: BaseException) -> str:
    """An own error's message; of others the type, with SQLSTATE or errno where there is one."""
    kind = type(error)
    if kind.__module__.partition(".")[0] == OWN and str(error):
        return str(error)[:REASON_CHARS_MAX]
    if isinstance(error, asyncpg.PostgresError) and error.sqlstate:
        return f"{kind.__name__} (SQLSTATE {error.sqlstate})"
    if isinstance(error, OSError) and error.errno is not None:
        return f"{kind.__name__} (errno {error.errno})"
    return kind.__name__
