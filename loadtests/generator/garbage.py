"""Python's garbage collector in the generator, with pauses of a few milliseconds.

A full collection visits every object that is not frozen. With a full cache of documents and many attempts that wait, it
takes 40 ms and more, in the middle of a call or of a delivery. So what outlives a full collection is frozen, and the
next one visits only what is newer. Frozen objects are still freed when nothing refers to them. Only a cycle that was
frozen and then dropped stays until the next load begins: connections, attempts and documents form none.
"""

import gc
from typing import Any, Final

THRESHOLDS: Final = (700, 10, 1)  # Python's, but a full collection comes after some 20,000 new objects and not 80,000
_FULL: Final = 2


def keep_pauses_short() -> None:
    """Collects what an earlier load left, and freezes the rest; from now on also what later collections keep."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    if freeze_survivors not in gc.callbacks:
        gc.callbacks.append(freeze_survivors)
    gc.collect()  # Python waits for a quarter of what the last full collection kept, which is now nothing


def freeze_survivors(phase: str, info: dict[str, Any]) -> None:
    if phase == "stop" and info["generation"] == _FULL:
        gc.freeze()
