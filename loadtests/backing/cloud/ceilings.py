"""What each emulator lets through, in events a second, as tests/benchmarks/cloud_ceilings.py measured it.

One event through is: sent alone by one of eight senders, received and deleted in batches of ten by one of four workers,
all at the same time, with bodies of 2 KB, on a machine with two cores that clients and emulator share. Buses are sent
to through our publishers. Rounded down; moto's figures halve again once hundreds of messages wait. A run over its
emulator's ceiling says nothing of the architecture.
"""

from typing import Final

FAUXQS_PER_S: Final = 1_200.0
MOTO_SQS_PER_S: Final = 130.0
MOTO_BUS_TO_FAUXQS_PER_S: Final = 1_200.0
MOTO_BUS_PER_S: Final = 150.0
PUBSUB_DOUBLE_PER_S: Final = 1_200.0


def stated(per_s: float | None) -> str:
    """For descriptions."""
    return "ceiling not measured" if per_s is None else f"measured ceiling {per_s:,.0f} events/s"
