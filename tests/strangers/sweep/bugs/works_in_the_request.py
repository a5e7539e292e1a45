"""Sweeps inside the request, and acknowledges when the sweep is over."""

import threading

from tests.strangers.sweep.service import Door, serve
from tests.strangers.sweep.sweeper import Sweeper

ONE_AT_A_TIME = threading.Lock()
SWEEPERS: list[Sweeper] = []


class Waits(Sweeper):
    def run(self) -> None:
        SWEEPERS.append(self)
        threading.Event().wait()


class Working(Door):
    def may_ring(self, body: bytes) -> bool:
        if not super().may_ring(body):
            return False
        with ONE_AT_A_TIME:
            for sweeper in SWEEPERS:
                sweeper.sweep()
        return True


if __name__ == "__main__":
    serve(Waits, Working)
