"""Does a served shop grow? `python -m tests.serving_growth --rate 5` triggers it for an hour, as from a shell.

A shop keeps the newest of what it shows, so it grows until that is full, and then no more. The first third is left out
of the judgement. Without `--rate` the same triggers come as fast as they are answered.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Final

import msgspec
import psutil

from stockstorm.loadtests.serve.client import ServedChild
from stockstorm.loadtests.serve.commands import Command

SECRETS: Final = {
    f"STOCKSTORM_{name}": f"{name} of a test"
    for name in ("ADMIN_TOKEN", "CLIENT_SECRET", "CHANNEL_TOKEN", "CHANNEL_SECRET")
}
EVERY: Final = 12  # measurements
TURNS: Final = ("orders/create", "inventory_levels/update", "orders/cancelled", "refunds/create")
RESTOCKED: Final = 4  # units, so that stock neither ends nor piles up
WARM: Final = 1 / 3
GROWTH_MAX_MIB: Final = 12.0  # over the later two thirds: an allocator's steps, and none for each of 12,000 triggers


class Taking(BaseHTTPRequestHandler):
    """An app that takes everything."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nothing."""


class Size(msgspec.Struct, frozen=True):
    """What the serving process holds after so many triggers."""

    triggers: int
    seconds: float
    mib: float
    descriptors: int
    threads: int
    cpu_s: float

    @property
    def line(self) -> str:
        return (
            f"{self.triggers:>7,} triggers {self.seconds:>6.0f} s {self.mib:>7.1f} MiB "
            f"{self.descriptors:>4} descriptors {self.threads:>3} threads {self.cpu_s:>6.1f} s CPU"
        )


@contextmanager
def _app() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/webhooks"
    finally:
        server.shutdown()
        server.server_close()


def measured(folder: Path, triggers: int, rate: float = 0.0) -> Iterator[Size]:
    """The sizes of a served shop while it is triggered so often; `rate` a second, 0: at once."""
    with _app() as app:
        flags = ("--to", app, "--state", str(folder / "state"))
        with ServedChild(folder, "smoke", SECRETS, flags=flags) as served:
            process = _process(folder)
            begun = time.monotonic()
            for number in range(triggers):
                if rate:
                    time.sleep(max(0.0, begun + number / rate - time.monotonic()))
                topic = TURNS[number % len(TURNS)]
                units = RESTOCKED if topic == "inventory_levels/update" else 1
                assert served.client.trigger(Command(topic=topic, units=units)), topic
                if (number + 1) % (triggers // EVERY) == 0:
                    yield _size(process, number + 1, time.monotonic() - begun)


def _process(folder: Path) -> psutil.Process:
    """The one that serves: it was started with this folder."""
    for child in psutil.Process().children(recursive=True):
        if "serve" in child.cmdline() and str(folder / "authority") in child.cmdline():
            return child
    raise AssertionError("nothing serves")


def _size(process: psutil.Process, triggers: int, seconds: float) -> Size:
    with process.oneshot():
        times = process.cpu_times()
        return Size(
            triggers,
            seconds,
            process.memory_info().rss / 2**20,
            process.num_fds(),
            process.num_threads(),
            times.user + times.system,
        )


def growth(sizes: Sequence[Size]) -> tuple[float, int, int]:
    """MiB, descriptors and threads that came after the warm third."""
    warm = sizes[round(len(sizes) * WARM) - 1]
    last = sizes[-1]
    return last.mib - warm.mib, last.descriptors - warm.descriptors, last.threads - warm.threads


def main(words: Sequence[str]) -> int:
    """0: it did not grow."""
    parser = argparse.ArgumentParser(prog="python -m tests.serving_growth")
    parser.add_argument("--triggers", type=int, default=18_000)
    parser.add_argument("--rate", type=float, default=0.0, help="triggers a second; 0: as fast as they are answered")
    given = parser.parse_args(words)
    sizes = []
    with tempfile.TemporaryDirectory() as folder:
        for size in measured(Path(folder), given.triggers, given.rate):
            sizes.append(size)
            print(size.line, flush=True)
    mib, descriptors, threads = growth(sizes)
    print(f"after the first third: {mib:+.1f} MiB, {descriptors:+} descriptors, {threads:+} threads")
    return int(mib > GROWTH_MAX_MIB or descriptors > 2 or threads > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
