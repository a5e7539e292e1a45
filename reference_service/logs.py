"""Structured logs (one JSON object per line on stderr, also for libraries) and the wording of errors in them.

Logs and dead letters say enough about an error to find its cause, and contain nothing of the payload. Messages of
asyncpg, of decoders and of Python itself can quote the value that failed. Only errors of this service have messages
that are safe, so only those messages are used.
"""

import logging
import sys

import asyncpg
import structlog
from structlog.typing import Processor


def configure_logs(level: str, *, process: str) -> None:
    """Sets up structlog and the standard logging.

    Callers must not log secrets, tokens, payloads, or errors that can quote them: see `reason_of`.
    """
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


OWN = __name__.removesuffix("logs")  # the package of this service, with a dot
REASON_CHARS_MAX = 300


def reason_of(error: BaseException) -> str:
    """The message of an error of this service. For any other error its type, with SQLSTATE or errno if it has one."""
    kind = type(error)
    if kind.__module__.startswith(OWN) and str(error):
        return str(error)[:REASON_CHARS_MAX]
    if isinstance(error, asyncpg.PostgresError) and error.sqlstate:
        return f"{kind.__name__} (SQLSTATE {error.sqlstate})"
    if isinstance(error, OSError) and error.errno is not None:
        return f"{kind.__name__} (errno {error.errno})"
    return kind.__name__
