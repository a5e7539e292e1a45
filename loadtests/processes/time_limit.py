"""A bound on work of this process, such as judging: when it is over, the stacks are kept and an error is raised.

It interrupts Python code of the main thread. Work that starts other programs is bounded by a supervisor instead.
"""

import faulthandler
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from stockstorm.simulator.errors import InternalError


@contextmanager
def time_limit(what: str, seconds: float, file: Path) -> Iterator[None]:
    """Raises InternalError in the block after this time, and appends all stacks to `file`.

    Outside the main thread, which alone gets signals, the block is not bounded. A timer that runs already goes on.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def over(_number: int, _frame: FrameType | None) -> None:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o644), "wb") as out:
            faulthandler.dump_traceback(out, all_threads=True)
        raise InternalError(what, f"it did not end within {seconds:.0f} s", f"read {file}, and report this with it")

    begun_s = time.monotonic()
    handler = signal.signal(signal.SIGALRM, over)
    left_s, interval_s = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if left_s:
            signal.setitimer(signal.ITIMER_REAL, max(0.001, left_s - (time.monotonic() - begun_s)), interval_s)
