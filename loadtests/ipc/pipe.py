"""The pipe between orchestrator and generator: a socket pair that carries messages, one JSON line each.

It works in a patched process (gevent's sockets wait cooperatively) and in an ordinary one.
"""

import os
import select
import socket
import time

import msgspec

from stockstorm.loadtests.ipc.messages import AnyMessage

FD_VARIABLE = "STOCKSTORM_PIPE_FD"
SUPERVISOR_FD_VARIABLE = "STOCKSTORM_SUPERVISOR_FD"
MESSAGE_MAX_BYTES = 4_000_000

_encode = msgspec.json.Encoder().encode
_decoder: msgspec.json.Decoder[AnyMessage] = msgspec.json.Decoder(AnyMessage)


class PipeClosed(Exception):
    """The other process has closed its end, or has ended."""


class Pipe:
    """One end of it."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._buffer = bytearray()

    @classmethod
    def from_environment(cls, variable: str = FD_VARIABLE) -> "Pipe | None":
        """The end that the parent process passed down, or None."""
        fd = os.environ.pop(variable, "")
        return cls(socket.socket(fileno=int(fd))) if fd else None

    def fileno(self) -> int:
        return self._socket.fileno()

    def send(self, message: AnyMessage) -> None:
        """Raises PipeClosed when the other side is gone."""
        try:
            self._socket.sendall(_encode(message) + b"\n")
        except OSError as error:
            raise PipeClosed(str(error)) from None

    def takes_more(self) -> bool:
        """Whether a short message can be sent without waiting for the other side to read."""
        return bool(select.select([], [self._socket], [], 0)[1])

    def receive(self, timeout_s: float | None = None) -> AnyMessage | None:
        """The next message; None when `timeout_s` passed without one. Raises PipeClosed at the end of the stream."""
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while (end := self._buffer.find(b"\n")) < 0:
            if deadline is not None:
                self._socket.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                part = self._socket.recv(65_536)
            except TimeoutError:
                return None
            except OSError as error:
                raise PipeClosed(str(error)) from None
            finally:
                self._socket.settimeout(None)
            if not part or len(self._buffer) > MESSAGE_MAX_BYTES:
                raise PipeClosed("the other side closed the pipe")
            self._buffer += part
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return _decoder.decode(line)

    def close(self) -> None:
        self._socket.close()


def make_pair() -> tuple[socket.socket, socket.socket]:
    """Two connected ends: one to keep, one to pass down."""
    return socket.socketpair()
