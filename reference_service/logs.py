"""Structured logs (one JSON object per line on stderr, also for libraries) and the wording of errors in them.

Logs and dead letters say enough about an error to find its cause, and contain nothing of the payload. Messages of
asyncpg, of decoders and of Python itself can quote the value that failed. Only errors of this service have messages
that are safe, so only those messages are used.

Lines of libraries and of connections are sampled: a stranger causes them, as often as he likes.
"""

import logging
import sys
import time
from collections import Counter
from collections.abc import Callable

import asyncpg
import structlog
from structlog.typing import Processor

from stockstorm.reference_service import limits

OTHER_TEXTS = "lines of other texts"


class Sampler(logging.Filter):
    """Passes LOG_LINES_MAX lines of a text in each LOG_INTERVAL_S, and tells how many others it left out.

    A text is the format of a line, without its arguments.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._begun_s = clock()
        self._seen: Counter[str] = Counter()

    def filter(self, record: logging.LogRecord) -> bool:
        text = str(record.msg)
        if text not in self._seen and len(self._seen) >= limits.LOG_TEXTS_MAX:
            text = OTHER_TEXTS
        self._seen[text] += 1
        return self._seen[text] <= limits.LOG_LINES_MAX

    def tell_what_was_left_out(self, *, at_once: bool = False) -> None:
        """Writes one line for each text with lines left out, if the interval is over, and begins the next one."""
        now_s = self._clock()
        if now_s - self._begun_s < limits.LOG_INTERVAL_S and not at_once:
            return
        seen, self._seen, seconds, self._begun_s = self._seen, Counter(), now_s - self._begun_s, now_s
        for text, count in seen.items():
            if count > limits.LOG_LINES_MAX:
                left_out = count - limits.LOG_LINES_MAX
                structlog.get_logger().warning("lines_left_out", text=text, count=left_out, seconds=round(seconds, 1))


SAMPLER = Sampler()  # of this process


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
    handler.addFilter(SAMPLER)
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
