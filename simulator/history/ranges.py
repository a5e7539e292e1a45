"""The ranges of the fields of facts. A history is refused where a value is outside of its range.

A range is what the writer can produce, and not what is usual. `reports.history.invariants` checks values against each
other.
"""

from typing import Annotated, Final

from msgspec import Meta

from stockstorm.simulator.limits import QUANTITY_MAX, REQUEST_BODY_MAX_BYTES

INT_MAX: Final = 2**63 - 1
TEXT_MAX: Final = REQUEST_BODY_MAX_BYTES  # characters; the longest text is one that the subject sent
ATTEMPTS_MAX: Final = 1_000
STATUS_MAX: Final = 599

Nanoseconds = Annotated[int, Meta(ge=0, le=INT_MAX)]  # a monotonic time, a wall time or a duration
Count = Annotated[int, Meta(ge=0, le=INT_MAX)]
Positive = Annotated[int, Meta(ge=1, le=INT_MAX)]  # an id, or a number that counts from 1
OptionalId = Annotated[int, Meta(ge=-1, le=INT_MAX)]  # -1: none
Quantity = Annotated[int, Meta(ge=0, le=QUANTITY_MAX)]  # units
Units = Annotated[int, Meta(ge=1, le=QUANTITY_MAX)]  # units of an order line
Balance = Annotated[int, Meta(ge=-INT_MAX, le=INT_MAX)]  # units; negative after an oversell
Status = Annotated[int, Meta(ge=0, le=STATUS_MAX)]  # 0: none, else 100 to 599
AttemptNumber = Annotated[int, Meta(ge=1, le=ATTEMPTS_MAX)]
Rate = Annotated[float, Meta(ge=0, le=1e12)]
Name = Annotated[str, Meta(min_length=1, max_length=TEXT_MAX)]
Text = Annotated[str, Meta(max_length=TEXT_MAX)]  # can be empty
