"""`python -m loadtests.backing.pubsub_double [--host 127.0.0.1] [--port 8085]`: runs until SIGTERM or SIGINT.

Whoever starts it as a child should have it die with them, as loadtests.backing.cloud.loopback does.
"""

import argparse
import asyncio
import signal

from stockstorm.loadtests.backing.pubsub_double.broker import BYTES_MAX, DEADLINE_MIN_S, Broker
from stockstorm.loadtests.backing.pubsub_double.server import make_server
from stockstorm.loadtests.backing.pubsub_double.services import Faces

STOP_GRACE_S = 0.5


async def serve(address: str, bytes_max: int, deadline_min_s: int) -> None:
    """Until a signal; open streams get a moment to end."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    faces = Faces(Broker(bytes_max, deadline_min_s))
    server = make_server(faces, address)
    await server.start()
    print(f"Pub/Sub double on {address}; set PUBSUB_EMULATOR_HOST={address}", flush=True)
    deadlines = asyncio.create_task(faces.keep_deadlines())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({deadlines, stopping}, return_when=asyncio.FIRST_COMPLETED)
    await server.stop(STOP_GRACE_S)
    if deadlines.done():
        deadlines.result()  # it only ends by a defect of ours, which must be seen
    deadlines.cancel()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m loadtests.backing.pubsub_double", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="loopback unless you know better")
    parser.add_argument("--port", type=int, default=8085)
    parser.add_argument("--memory-bytes", type=int, default=BYTES_MAX, help="of messages kept; beyond, it refuses")
    parser.add_argument("--deadline-min-s", type=int, default=DEADLINE_MIN_S, help="shortest lease; Pub/Sub has 10 s")
    given = parser.parse_args()
    asyncio.run(serve(f"{given.host}:{given.port}", given.memory_bytes, given.deadline_min_s))


if __name__ == "__main__":
    main()
