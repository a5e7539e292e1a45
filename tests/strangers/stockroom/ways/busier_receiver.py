"""The same stockroom, whose receiver takes longer by SHARE: each request computes so much longer before its answer."""

import time

from tests.strangers.stockroom.service import serve
from tests.strangers.stockroom.ways.slower_receiver import SHARE, longer_by


def compute(seconds: float) -> None:
    """Uses so much CPU in this thread."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


if __name__ == "__main__":
    serve(receiver_of=longer_by(SHARE, time.thread_time, compute))
