"""Structured logs: one JSON object a line on stderr, of this service and of its libraries alike.

What is told of an error in logs and dead letters: enough to find its cause, and nothing of the payload.

Messages of asyncpg, of decoders and of Python itself may quote the values that they failed on. Only errors of this
service word their messages themselves, so only those are told.
"""

import logging
import sys

import asyncpg
import structlog
from structlog.typing import Processor


def configure_logs(level: str, *, process: str) -> None:
    """Sets up structlog and the standard logging. Callers never log secrets, tokens or payloads, nor errors that may
    quote them: see `reference_service.reasons`."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level.upper()]))
    structlog.contextvars.bind_contextvars(process=process)


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
