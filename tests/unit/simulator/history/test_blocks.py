"""Whatever is deleted, repeated, moved or altered in a sealed history is found, and placed in its block."""

import random
import sys
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockstorm.simulator.history.blocks import GENESIS, Block, BlockWriter, Damaged, Seal, read_blocks

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


def line(number: int) -> bytes:
    return b'{"fact":"PhaseStarted","at_ns":%d,"phase":"p%d"}\n' % (number, number % 7)


def written(blocks: list[list[bytes]], last: Seal = GENESIS) -> bytes:
    writer = BlockWriter(last)
    return b"".join(b"".join(writer.add(each, 1) for each in block) + writer.end_block() for block in blocks)


def read(data: bytes, piece: int = 10_000) -> list[Block]:
    return list(read_blocks(data[i : i + piece] for i in range(0, len(data), piece)))


def damage(data: bytes) -> tuple[int, str]:
    with pytest.raises(Damaged) as raised:
        read(data)
    return raised.value.block, raised.value.found


BLOCKS = [[line(10 * block + i) for i in range(10)] for block in range(5)]


@pytest.mark.parametrize("piece", [1, 7, 1_000_000])
def test_what_was_written_is_read_whatever_the_size_of_the_pieces(piece: int) -> None:
    data = written(BLOCKS)
    blocks = read(data, piece)
    assert [block.lines for block in blocks] == [b"".join(each) for each in BLOCKS]
    assert [block.number for block in blocks] == [0, 1, 2, 3, 4]
    assert blocks[-1].end == len(data)


def test_another_writer_goes_on_after_the_last_seal() -> None:
    data = written(BLOCKS[:2])
    last = read(data)[-1].seal
    assert last is not None
    assert len(read(data + written(BLOCKS[2:], last))) == 5


def test_an_empty_history_has_no_block() -> None:
    assert read(b"") == []


def edited(change: str, block: int) -> bytes:
    """The file after an editor decompressed it, changed it, and compressed it again as one frame."""
    lines = zstd.decompress(written(BLOCKS)).splitlines(keepends=True)
    at = block * 11 + 4
    if change == "deleted":
        del lines[at]
    elif change == "repeated":
        lines.insert(at, lines[at])
    elif change == "moved":
        lines[at], lines[at + 1] = lines[at + 1], lines[at]
    elif change == "altered":
        lines[at] = lines[at].replace(b"p", b"q", 1)
    return zstd.compress(b"".join(lines))


@pytest.mark.parametrize("change", ["deleted", "repeated", "moved", "altered"])
@pytest.mark.parametrize("block", [0, 2, 4])
def test_a_change_of_one_line_is_found_in_its_block(change: str, block: int) -> None:
    assert damage(edited(change, block))[0] == block


def test_a_file_that_was_only_compressed_again_is_read() -> None:
    assert len(read(zstd.compress(zstd.decompress(written(BLOCKS))))) == 5


def frames(data: bytes) -> list[bytes]:
    ends = [0, *(block.end or 0 for block in read(data))]
    return [data[start:end] for start, end in pairwise(ends)]


@pytest.mark.parametrize(
    ("order", "block"),
    [([0, 1, 3, 4], 2), ([0, 1, 1, 2, 3, 4], 2), ([0, 2, 1, 3, 4], 1), ([1, 2, 3, 4], 0)],
    ids=["removed", "repeated", "exchanged", "first removed"],
)
def test_whole_blocks_out_of_their_order_are_found(order: list[int], block: int) -> None:
    parts = frames(written(BLOCKS))
    assert damage(b"".join(parts[i] for i in order))[0] == block


def test_blocks_of_another_history_are_found() -> None:
    mine, other = frames(written(BLOCKS)), frames(written([each[::-1] for each in BLOCKS]))
    assert damage(b"".join([*mine[:2], other[2], *mine[3:]])) == (
        2,
        "its facts are not those that were sealed: one was altered, moved or exchanged",
    )


def test_lines_after_a_seal_need_a_seal_too() -> None:
    assert damage(written(BLOCKS) + zstd.compress(line(1)))[0] == 5


@settings(max_examples=300)
@given(st.integers(0), st.integers(0, 7))
def test_one_flipped_bit_is_found_wherever_it_is(position: int, bit: int) -> None:
    data = bytearray(written(BLOCKS))
    data[position % len(data)] ^= 1 << bit
    try:
        blocks = read(bytes(data))
    except Damaged:
        return
    # Bits that zstd does not use change nothing, and a last frame may look as if its writer had been killed.
    sealed = [block for block in blocks if block.seal]
    assert [block.lines for block in sealed] == [b"".join(each) for each in BLOCKS[: len(sealed)]]


def test_the_whole_lines_of_a_killed_writer_are_read_and_are_not_sealed() -> None:
    rng = random.Random(1)
    writer = BlockWriter()
    sealed = writer.add(b"".join(BLOCKS[0]), 10) + writer.end_block()
    open_block = writer.add(line(1), 1) + writer.add(b"".join(line(rng.getrandbits(60)) for _ in range(500)), 500)
    blocks = read(sealed + open_block[:-100])
    assert (blocks[0].seal is not None, blocks[-1].seal, blocks[-1].lines.count(b"\n") < 501) == (True, None, True)
    assert blocks[-1].lines.startswith(line(1))
