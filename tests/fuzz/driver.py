"""Sends cases over many connections: well-formed ones pipelined on kept connections, hostile ones on their own."""

import asyncio
import socket
import struct
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from tests.fuzz.case import Answer, Case, Target

LANES: Final = 40  # each with one kept connection to each target
STRANGERS: Final = 120  # connections of one case each; with the lanes fewer than the receiver allows one address
BATCH: Final = 16  # cases that a lane takes at once
PIPELINED: Final = 4  # below the receiver's bound
ANSWER_WITHIN_S: Final = 30.0
PATIENCE_S: Final = 2.0  # for an answer to a request that may be incomplete
HEAD_MAX: Final = 64_000
BUSY_MAX: Final = 5  # times that a case is sent again after 503: on a busy machine a commit can take too long
RETRY_S: Final = 1.0
RESET: Final = struct.pack("ii", 1, 0)  # closes with RST, so that no port waits for a minute
HOST: Final = "127.0.0.1"

Report = Callable[[Case, Answer], None]


class Connection:
    """One TCP connection that can read HTTP answers."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, port: int, source: str = HOST) -> "Connection":
        reader, writer = await asyncio.open_connection(HOST, port, local_addr=(source, 0), limit=HEAD_MAX)
        raw: socket.socket = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return cls(reader, writer)

    async def send(self, pieces: Sequence[bytes]) -> None:
        """Sends the pieces one by one. A peer that has closed is no error: what it answered can still be read."""
        try:
            for number, piece in enumerate(pieces):
                if number:
                    await asyncio.sleep(0)
                self._writer.write(piece)
                await asyncio.wait_for(self._writer.drain(), ANSWER_WITHIN_S)
        except (ConnectionError, TimeoutError):
            return

    async def answer(self) -> Answer:
        """The next answer. Status 0 if the connection is closed without one."""
        try:
            while True:
                head = await self._reader.readuntil(b"\r\n\r\n")
                status = int(head[9:12])
                if status >= 200:
                    break
            fields = head.lower()
            await self._skip_body(fields)
        except (asyncio.IncompleteReadError, ConnectionError):
            return Answer(0, closed=True)
        return Answer(status, closed=b"\r\nconnection: close" in fields or fields.startswith(b"http/1.0"))

    async def answer_within(self, seconds: float) -> Answer:
        """The next answer. Status 0 if there is none in that time, or none that can be read."""
        try:
            return await asyncio.wait_for(self.answer(), seconds)
        except (TimeoutError, ValueError, asyncio.LimitOverrunError):
            return Answer(0)

    def close(self) -> None:
        self._writer.close()

    async def _skip_body(self, fields: bytes) -> None:
        if b"transfer-encoding: chunked" in fields:
            while size := int((await self._reader.readuntil(b"\r\n")).split(b";")[0], 16):
                await self._reader.readexactly(size + 2)
            await self._reader.readuntil(b"\r\n")
            return
        _, found, rest = fields.partition(b"\r\ncontent-length:")
        if found:
            await self._reader.readexactly(int(rest.split(b"\r\n")[0]))


class Strangers:
    """Cases on connections of their own, a bounded number at a time. Many wait for an answer that never comes."""

    def __init__(self, ports: dict[Target, int], report: Report, tasks: asyncio.TaskGroup) -> None:
        self._ports, self._report, self._tasks = ports, report, tasks
        self._free = asyncio.Semaphore(STRANGERS)

    async def take(self, case: Case) -> None:
        """Begins to send the case as soon as there is room."""
        await self._free.acquire()
        self._tasks.create_task(self._send(case))

    async def _send(self, case: Case) -> None:
        connection = await Connection.open(self._ports[case.target])
        try:
            await connection.send(case.pieces)
            self._report(case, Answer(0) if case.half else await connection.answer_within(PATIENCE_S))
        finally:
            connection.close()
            self._free.release()


class Lane:
    """Takes batches of cases and sends each in its way."""

    def __init__(self, ports: dict[Target, int], report: Report, strangers: Strangers) -> None:
        self._ports, self._report, self._strangers = ports, report, strangers
        self._kept: dict[Target, Connection] = {}

    async def run(self, batches: Iterator[list[Case]]) -> None:
        for batch in batches:
            for case in batch:
                if case.alone:
                    await self._strangers.take(case)
            for target in self._ports:
                together = [case for case in batch if case.target == target and not case.alone]
                for start in range(0, len(together), PIPELINED):
                    await self._pipelined(target, together[start : start + PIPELINED])
        for connection in self._kept.values():
            connection.close()

    async def _pipelined(self, target: Target, cases: list[Case]) -> None:
        """One send for all, then the answers in order. After a closed connection the rest is sent one by one."""
        for case, answer in zip(cases, await self._exchange(target, cases), strict=True):
            self._report(case, await self._again(case, answer))

    async def _again(self, case: Case, answer: Answer | None) -> Answer:
        """Sends a case by itself, if it got no answer or was told to come again, as a shop does."""
        busy = 0
        while answer is None or (answer.status == 503 and busy < BUSY_MAX):
            busy += answer is not None
            await asyncio.sleep(busy * RETRY_S)
            found = (await self._exchange(case.target, [case]))[0]
            if answer is None and found is None:
                return Answer(0, closed=True)
            answer = found
        return Answer(answer.status, answer.closed, busy)

    async def _exchange(self, target: Target, cases: list[Case]) -> list[Answer | None]:
        """The answers. None for a case that a closed connection did not reach."""
        connection = self._kept.pop(target, None) or await Connection.open(self._ports[target])
        answers: list[Answer | None] = []
        await connection.send([b"".join(piece for case in cases for piece in case.pieces)])
        for _ in cases:
            answer = await connection.answer_within(ANSWER_WITHIN_S)
            answers.append(answer if answer.status else None)
            if answer.closed or not answer.status:
                connection.close()
                return answers + [None] * (len(cases) - len(answers))
        self._kept[target] = connection
        return answers


def batches_of(cases: Iterable[Case]) -> Iterator[list[Case]]:
    """The cases in batches, in order."""
    batch: list[Case] = []
    for case in cases:
        batch.append(case)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


async def send_all(ports: dict[Target, int], cases: Iterable[Case], report: Report) -> None:
    """Sends every case once."""
    batches = batches_of(cases)
    async with asyncio.TaskGroup() as tasks:
        strangers = Strangers(ports, report, tasks)
        for _ in range(LANES):
            tasks.create_task(Lane(ports, report, strangers).run(batches))


async def saturate(port: int, connections: int) -> dict[int, int]:
    """Opens that many connections of one other address at once. Answers by status; 0: it stays open."""
    opened = [await Connection.open(port, "127.0.0.9") for _ in range(connections)]
    answers = await asyncio.gather(*[connection.answer_within(PATIENCE_S) for connection in opened])
    for connection in opened:
        connection.close()
    return dict(Counter(answer.status for answer in answers))
