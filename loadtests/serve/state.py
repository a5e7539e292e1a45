"""What happened in a served shop, in a file: every input with its time, so that a restart plays them again.

The shop is a function of its inputs, so the inputs are its state. Each line is one JSON object. The file holds secrets
and bodies of calls, so only its owner can read it.
"""

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from stockstorm.simulator.api.exchange import ApiRequest, is_graphql
from stockstorm.simulator.api.oauth.api import AUTHORIZE
from stockstorm.simulator.errors import UNREADABLE_JSON, OutputError, ScenarioError
from stockstorm.simulator.plan.items import AnyPlanItem

INPUTS_MAX: Final = 1_000_000
VERSION: Final = 1
REMEDY: Final = "give another file with --state, or remove this one to begin anew"


class Opened(msgspec.Struct, frozen=True, tag="opened"):
    """The first line: which shop this is."""

    version: int
    scenario: str
    seed: int
    wall_ns: int
    secrets: dict[str, str]
    api_version: str = ""  # of the app; empty: the scenario's


class Done(msgspec.Struct, frozen=True, tag="done"):
    """A plan item was applied."""

    at_ns: int
    item: AnyPlanItem


class Called(msgspec.Struct, frozen=True, tag="called"):
    """A call of an API that may have changed something."""

    at_ns: int
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def request(self) -> ApiRequest:
        return ApiRequest(self.method, self.path, self.query, self.headers, self.body)


class Removed(msgspec.Struct, frozen=True, tag="removed"):
    """A subscription was removed because its deliveries failed."""

    at_ns: int
    subscription: int


class Declared(msgspec.Struct, frozen=True, tag="declared"):
    """An app-specific subscription."""

    at_ns: int
    source: str
    topic: str
    uri: str


Input = Done | Called | Removed | Declared
Line = Opened | Input
_encode = msgspec.json.Encoder().encode


def is_change(request: ApiRequest) -> bool:
    """Whether a call may change the shop. A GraphQL document that only reads has no mutation in it.

    Of what is read with GET, only the page of an authorization gives something that is used later.
    """
    if request.method == "GET":
        return request.path == AUTHORIZE
    return not is_graphql(request.path) or b"mutation" in request.body


class StateFile:
    """Appends inputs. `inputs` are those of before, to be played again first. Without a path it keeps nothing."""

    def __init__(self, path: Path | None, opened: Opened) -> None:
        """Raises ScenarioError when the file is of another shop, is damaged, or cannot be opened."""
        self._path, self._count, self._fd = path, 0, -1
        self.opened, self.inputs = opened, list[Input]()
        if path is None:
            return
        try:
            self._open(path, opened)
        except BaseException:
            self.close()
            raise

    def _open(self, path: Path, opened: Opened) -> None:
        try:
            # Without O_NONBLOCK, a pipe would be waited for until somebody reads it.
            how = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK
            self._fd = os.open(path, how, 0o600)
            if not stat.S_ISREG(os.fstat(self._fd).st_mode):
                raise OSError(errno.EINVAL, "it is no file")
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)  # until it is closed, or the process ends
            text = path.read_bytes()
        except BlockingIOError as error:
            remedy = "end the other stockstorm serve, or give another file with --state"
            raise ScenarioError("--state", f"{path} is in use by another served shop", remedy) from error
        except OSError as error:
            raise ScenarioError("--state", f"{path} cannot be opened: {error.strerror}", REMEDY) from error
        lines = list(_lines(path, text))
        if lines:
            self.opened, self.inputs, self._count = _of_this_shop(path, lines, opened)
        self._shorten(text.rfind(b"\n") + 1)
        if not lines:
            self._write(opened)

    def add(self, done: Input) -> None:
        """Keep one input. Raises OutputError when the file is full or cannot be written."""
        if self._fd >= 0:
            self._count += 1
            if self._count > INPUTS_MAX:
                raise OutputError(str(self._path), f"it holds {INPUTS_MAX:,} inputs, which is the most", REMEDY)
            self._write(done)

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _shorten(self, size: int) -> None:
        """Cuts off a line that a kill left unfinished, so that the next line does not continue it."""
        try:
            if os.fstat(self._fd).st_size > size:
                os.ftruncate(self._fd, size)
        except OSError as error:
            raise OutputError(str(self._path), f"it cannot be written: {error.strerror}", "free some space") from error

    def _write(self, line: Line) -> None:
        data = _encode(line) + b"\n"
        try:
            while data:
                data = data[os.write(self._fd, data) :]
        except OSError as error:
            raise OutputError(str(self._path), f"it cannot be written: {error.strerror}", "free some space") from error


def _lines(path: Path, text: bytes) -> Iterator[Line]:
    """Whole lines. The last one may have been cut off by a kill."""
    decode = msgspec.json.Decoder(Line).decode
    for number, line in enumerate(text.split(b"\n")[:-1], 1):
        try:
            yield decode(line)
        except UNREADABLE_JSON as error:
            raise ScenarioError(f"{path}:{number}", f"this is no line of a shop's state ({error})", REMEDY) from error


def _of_this_shop(path: Path, lines: list[Line], wanted: Opened) -> tuple[Opened, list[Input], int]:
    first, rest = lines[0], lines[1:]
    inputs = [line for line in rest if not isinstance(line, Opened)]
    if not isinstance(first, Opened) or len(inputs) != len(rest):
        raise ScenarioError(str(path), "its first line, and no other, must open a shop", REMEDY)
    if (first.version, first.scenario, first.seed) != (wanted.version, wanted.scenario, wanted.seed):
        found = f"it is the state of {first.scenario} with seed {first.seed} (version {first.version})"
        raise ScenarioError(str(path), found, f"serve that scenario with that seed, or {REMEDY}")
    if wanted.api_version not in ("", first.api_version):
        found = f"its app has {f'version {first.api_version}' if first.api_version else 'the version of its scenario'}"
        raise ScenarioError(str(path), found, f"leave --api-version out, or {REMEDY}")
    return first, inputs, len(inputs)
