"""One case: what is observed of the service's collaborators, without a flaw and with one."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from stockstorm.reference_service.seams import Seams


class Case(msgspec.Struct, frozen=True):
    """`observe` gives `sound` for the service's own seams, and `flawed` for those of the flaw."""

    flaw: str
    observe: Callable[[Seams], Awaitable[Any]]
    sound: Any
    flawed: Any
