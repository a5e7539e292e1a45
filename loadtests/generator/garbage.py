"""Python's garbage collector in the generator: it collects between calls and deliveries, and not within one.

A full collection visits every object that is not frozen, which doubled the time of the slowest calls. So what is there
when the load begins is frozen, and full collections are made by a greenlet of their own. They come as often as Python's
own would: what the load leaves is collected as usual, because validation of a new document leaves cycles.
"""

import gc
from typing import Final

import gevent

LOOK_EVERY_S: Final = 0.1
PARTIAL_MAX: Final = 10  # collections of younger objects before a full one, as in Python
_NEVER: Final = 1 << 30


def keep_pauses_short() -> None:
    """Collects what an earlier load left, and freezes the rest."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def collect_between_calls() -> None:
    """Runs in a greenlet for as long as the load lasts. Until it is killed, Python makes no full collection itself."""
    young, middle, full = gc.get_threshold()
    gc.set_threshold(young, middle, _NEVER)
    try:
        while True:
            gevent.sleep(LOOK_EVERY_S)
            collect_when_due()
    finally:
        gc.set_threshold(young, middle, full)


def collect_when_due() -> None:
    """A full collection, if there were enough partial ones since the last."""
    if gc.get_count()[2] >= PARTIAL_MAX:
        gc.collect()
