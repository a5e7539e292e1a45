"""The signals that end a program, held back while an exception would be lost.

Python drops an exception that a signal's handler raises within a finalizer or the callback of a weak reference, and
prints "Exception ignored". Each import calls such a callback: of a second of imports some milliseconds are spent there.
So a signal waits until what it would interrupt is imported, or the process that it is sent to can handle it.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def held() -> Iterator[None]:
    """Within it these signals wait, also in a process that is started there, until that process calls `heed`."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def heed() -> None:
    """Signals that waited since this process was started come now, and later ones at once."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
