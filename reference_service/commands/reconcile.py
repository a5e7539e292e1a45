"""`reconcile`: asks the running worker for a reconciliation with everything, and prints what it read and healed."""

import argparse
import asyncio
import time

import msgspec

from stockstorm.reference_service import limits
from stockstorm.reference_service.architectures import architecture_of
from stockstorm.reference_service.settings import Settings
from stockstorm.reference_service.storage.database import Pool
from stockstorm.reference_service.storage.healed import ask, counts_of, names_of

POLL_S = 0.2
WAIT_S = 900.0  # a full read of a large shop takes minutes


class Reconcile:
    """Waits for the worker's pass."""

    summary = "read shop and marketplaces now, and repair what differs"

    def options(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--wait", type=float, default=WAIT_S, metavar="SECONDS", help="how long to wait (900)")

    async def run(self, options: argparse.Namespace, settings: Settings, pool: Pool) -> int:
        if not architecture_of(settings.architecture).reconciles:
            print(f"{settings.architecture} reads everything at its interval, so there is nothing to reconcile")
            return 1
        run = await ask(pool, "command")
        deadline = time.monotonic() + options.wait
        while (answer := await counts_of(pool, run)) is None:
            if time.monotonic() >= deadline:
                print(f"no worker has answered request {run} within {options.wait:g} s; the next one to run will")
                return 1
            await asyncio.sleep(POLL_S)
        done_by, text = answer
        counts = msgspec.json.decode(text, type=dict[str, int])
        for name, count in sorted(counts.items()):
            print(f"{name}: {count}")
        names = await names_of(pool, done_by, limits.HEALED_PRINTED)
        print("\n".join(f"healed {name}" for name in names) or "nothing had to be healed")
        return 1 if any(name.endswith(" failed") for name in counts) else 0
