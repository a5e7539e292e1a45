"""What the front of a run tells in its log, for those who read it. It imports nothing, as the front does."""

from pathlib import Path
from typing import Final

BROKEN_OFF: Final = "a client broke off the handshake"
TOLD_MAX: Final = 100  # lines of the log


def told_of(log: Path) -> tuple[str, ...]:
    """What the front's log says: hosts that it refused, and why clients broke off."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ()
    return tuple(lines[:TOLD_MAX])
