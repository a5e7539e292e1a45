"""Python's garbage collector in the generator: what is there when the load begins is not visited again.

A full collection visits every object that is not frozen. What the load itself leaves is collected as usual: validation
of a new document leaves cycles, and frozen ones would stay.
"""

import gc


def keep_pauses_short() -> None:
    """Collects what an earlier load left, and freezes the rest."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
