"""A history as sealed, compressed blocks of JSON lines.

A file is a sequence of zstd frames, so `zstd -dc` prints its lines. Each frame is one block: facts, then a seal line.
A seal gives the block's number, its number of facts, and a SHA-256 over the previous seal's digest and the block's
lines. A fact that is deleted, repeated, moved or altered therefore breaks the seal of its block. A whole block that is
removed, repeated or moved breaks the numbers and the chain.
"""

import hashlib
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO, Final, NamedTuple

import msgspec

from stockstorm.simulator.errors import UNREADABLE_JSON

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LEVEL: Final = 1  # 1.2 kB of an event become 0.13 kB at 400 MB/s; level 6 gains nothing and takes four times as long
BLOCK_BYTES: Final = 1_000_000  # lines in a block before it is sealed
READ_BYTES: Final = 1_000_000
BLOCK_MAX_BYTES: Final = 64_000_000  # a larger block was not written by a journal
_SEAL_START: Final = b'{"seal":'
_OPTIONS: Final[dict[int, int]] = {
    zstd.CompressionParameter.compression_level: LEVEL,
    zstd.CompressionParameter.checksum_flag: 1,
}


class Seal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The end of a block: its number from 0, its facts, and the digest in hexadecimal."""

    seal: int
    facts: int
    chain: str


GENESIS: Final = Seal(-1, 0, "")
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Seal).decode


class Block(NamedTuple):
    """Verified lines. `seal` is None only for the last lines of a history whose writer was killed.

    `end` is the offset in the file behind the block where its frame ended with it, else None.
    """

    number: int
    lines: bytes
    seal: Seal | None
    end: int | None


class Damaged(Exception):
    """A history is not as it was written. Blocks before `block` were verified."""

    def __init__(self, block: int, found: str) -> None:
        super().__init__(found)
        self.block, self.found = block, found


class BlockWriter:
    """Turns lines of facts into the bytes to append. `last` is the seal that the file ends with."""

    def __init__(self, last: Seal = GENESIS) -> None:
        self._last = last
        self._frame: zstd.ZstdCompressor | None = None
        self._begin()

    def _begin(self) -> None:
        self._digest = hashlib.sha256(self._last.chain.encode())
        self._facts = self._size = 0

    @property
    def full(self) -> bool:
        """The open block is large enough to be sealed."""
        return self._size >= BLOCK_BYTES

    def add(self, lines: bytes, facts: int) -> bytes:
        """Bytes that hold `facts` whole lines. A reader can decompress them at once."""
        if self._frame is None:
            self._frame = zstd.ZstdCompressor(options=_OPTIONS)
        self._digest.update(lines)
        self._facts += facts
        self._size += len(lines)
        return self._frame.compress(lines, mode=zstd.ZstdCompressor.FLUSH_BLOCK)

    def end_block(self) -> bytes:
        """The seal and the end of the frame. Empty where no block is open."""
        if self._frame is None:
            return b""
        self._last = Seal(self._last.seal + 1, self._facts, self._digest.hexdigest())
        ended = self._frame.compress(_encode(self._last) + b"\n", mode=zstd.ZstdCompressor.FLUSH_FRAME)
        self._frame = None
        self._begin()
        return ended


def pieces(file: BinaryIO) -> Iterator[bytes]:
    """What `read_blocks` takes, from an open file. Raises OSError."""
    while chunk := file.read(READ_BYTES):
        yield chunk


def read_blocks(chunks: Iterable[bytes], digested: Callable[[int], bool] | None = None) -> Iterator[Block]:
    """The blocks of a file given in pieces of any size. Raises Damaged, after the blocks that precede the damage.

    A last frame that has no end is what a killed writer leaves: its whole lines are the last block, without a seal.
    `digested`: whether to compute the digest of the block of this number, where another process computes the others.
    """
    reader = _Reader(digested)
    try:
        for text, end, ended in _frames(chunks):
            yield from reader.take(text)
            if ended:
                reader.end_frame(end)
    except zstd.ZstdError as error:
        yield from reader.held
        raise Damaged(reader.number, f"its compressed bytes are damaged ({error})") from None
    yield from reader.held
    yield from reader.torn()


class _Reader:
    """Splits decompressed text at its seals. A block is held until it is known whether its frame ends with it."""

    def __init__(self, digested: Callable[[int], bool] | None) -> None:
        self._last, self._lines = GENESIS, b""
        self._digested = digested
        self.held: list[Block] = []

    @property
    def number(self) -> int:
        """The block that is being read."""
        return self._last.seal + 1

    def take(self, text: bytes) -> Iterator[Block]:
        self._lines += text
        if len(self._lines) > BLOCK_MAX_BYTES:
            raise Damaged(self.number, f"it holds more than {BLOCK_MAX_BYTES:,} bytes and no seal")
        digested = self._digested is None or self._digested(self.number)
        if (block := _one_block(self._last, self._lines, digested)) is not None:
            yield from self._hold(block)
            self._lines = b""
            return
        while (found := _next_seal(self._lines)) is not None:
            start, end = found
            yield from self._hold(_block(self._last, self._lines[:start], self._lines[start:end]))
            self._lines = self._lines[end:]

    def _hold(self, block: Block) -> Iterator[Block]:
        yield from self.held
        self.held = [block]
        self._last = block.seal or self._last

    def end_frame(self, end: int) -> None:
        if self._lines:
            raise Damaged(self.number, "it ends without a seal")
        self.held = [block._replace(end=end) for block in self.held]

    def torn(self) -> Iterator[Block]:
        """The whole lines of a block that was never ended."""
        if whole := self._lines[: self._lines.rfind(b"\n") + 1]:
            yield Block(self.number, whole, None, None)


def _frames(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, int, bool]]:
    """Decompressed text, the offset reached in the file, and whether a frame ended there. Raises ZstdError.

    Text that was decompressed before is passed on.
    """
    frame, offset, plain = zstd.ZstdDecompressor(), 0, False
    for chunk in chunks:
        plain = plain or (offset == 0 and chunk.startswith(b"{"))
        if plain:
            offset += len(chunk)
            yield chunk, offset, False
            continue
        left = chunk
        while left:
            text = frame.decompress(left)
            rest = frame.unused_data if frame.eof else b""
            offset += len(left) - len(rest)
            yield text, offset, frame.eof
            if frame.eof:
                frame = zstd.ZstdDecompressor()
            left = rest


def _one_block(last: Seal, lines: bytes, digested: bool) -> Block | None:
    """The text as one whole block, as in every frame that a journal wrote. None where it is not, or is damaged.

    Only its last line is looked at, which is faster than a search for the first seal.
    """
    start = lines.rfind(b"\n", 0, len(lines) - 1) + 1
    if not lines.startswith(_SEAL_START, start) or not lines.endswith(b"\n"):
        return None
    try:
        return _block(last, lines[:start], lines[start:], digested=digested)
    except Damaged:
        return None


def _block(last: Seal, lines: bytes, seal: bytes, *, digested: bool = True) -> Block:
    """Lines that are as they were sealed. Raises Damaged."""
    verified = _verified(last, lines, seal, digested)
    return Block(verified.seal, lines, verified, None)


def _next_seal(lines: bytes) -> tuple[int, int] | None:
    """Start and end of the first whole seal line."""
    start = 0 if lines.startswith(_SEAL_START) else lines.find(b"\n" + _SEAL_START) + 1
    if start == 0 and not lines.startswith(_SEAL_START):
        return None
    end = lines.find(b"\n", start) + 1
    return (start, end) if end else None


def _verified(last: Seal, lines: bytes, line: bytes, digested: bool) -> Seal:
    expected = last.seal + 1
    try:
        seal = _decode(line)
    except UNREADABLE_JSON:
        raise Damaged(expected, f"its seal is not readable: {line[:60].decode('utf-8', 'replace')}") from None
    if seal.seal != expected:
        raise Damaged(expected, f"block {seal.seal} stands in its place")
    if not digested:
        return seal
    facts = lines.count(b"\n")
    if facts != seal.facts:
        raise Damaged(expected, f"it holds {facts:,} facts where its seal counts {seal.facts:,}")
    digest = hashlib.sha256(last.chain.encode())
    digest.update(lines)
    if digest.hexdigest() != seal.chain:
        raise Damaged(expected, "its facts are not those that were sealed: one was altered, moved or exchanged")
    return seal
