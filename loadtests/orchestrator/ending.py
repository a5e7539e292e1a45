"""How a run ends, and how it reports its progress: the words that the orchestrator and its supervisor share."""

from collections.abc import Callable
from typing import Final

import msgspec

from stockstorm.simulator.errors import StockstormError
from stockstorm.simulator.history.facts import RunEnded

INTERRUPTED: Final = "interrupted from the keyboard"

Show = Callable[[str], None]


class Ending(msgspec.Struct, frozen=True):
    """How a run ended: its last fact, and the error or interruption that broke it off."""

    fact: RunEnded
    cause: StockstormError | KeyboardInterrupt | None = None
