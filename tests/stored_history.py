"""History files of tests: written sealed from facts, and read back as lines."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from stockstorm.simulator.history.blocks import BlockWriter, pieces, read_blocks
from stockstorm.simulator.history.facts import AnyFact, ApiCalled, RunStarted, encoder

if sys.version_info >= (3, 14):
    from compression.zstd import compress
    from compression.zstd import decompress as zstd_text
else:
    from backports.zstd import compress
    from backports.zstd import decompress as zstd_text

__all__ = ["as_written", "compress", "facts_of", "plain_bytes", "sealed", "text_of", "unsealed_end", "zstd_text"]


def sealed(facts: Iterable[AnyFact], *, per_block: int = 1_000_000) -> bytes:
    """The bytes of a history of these facts, in blocks of this many."""
    writer, left = BlockWriter(), list(facts)
    blocks = [left[start : start + per_block] for start in range(0, len(left), per_block)]
    return b"".join(writer.add(encoder.encode_lines(some), len(some)) + writer.end_block() for some in blocks)


def unsealed_end(facts: Iterable[AnyFact], cut_facts: list[AnyFact], bytes_left: int) -> bytes:
    """A history whose writer was killed while it wrote `cut_facts`, of which `bytes_left` bytes reached the disk."""
    writer = BlockWriter()
    some = list(facts)
    whole = writer.add(encoder.encode_lines(some), len(some)) + writer.end_block()
    return whole + writer.add(encoder.encode_lines(cut_facts), len(cut_facts))[:bytes_left]


def text_of(path: Path) -> str:
    """All lines of facts, also of a block that is still written."""
    with path.open("rb") as file:
        return b"".join(block.lines for block in read_blocks(pieces(file))).decode()


def plain_bytes(path: Path) -> bytes:
    """The bytes of any file, decompressed if it is a history, to search them."""
    return zstd_text(path.read_bytes()) if path.suffix == ".zst" else path.read_bytes()


def facts_of(folder: Path) -> list[dict[str, Any]]:
    """The facts of a run folder as JSON."""
    return [json.loads(line) for line in text_of(folder / "history.jsonl.zst").splitlines()]


def as_written(facts: Sequence[AnyFact]) -> Iterator[AnyFact]:
    """What a history on disk must hold and the model leaves out: the digest of the plan, and some calls of the API."""
    called = {fact.request for fact in facts if isinstance(fact, ApiCalled)}
    for fact in facts:
        if isinstance(fact, RunStarted):
            yield msgspec.structs.replace(fact, plan_digest="0" * 64)
            continue
        request = getattr(fact, "request", -1)
        if request >= 0 and request not in called:
            called.add(request)
            yield ApiCalled(fact.at_ns, request, "admin", "inventoryLevels", 200, "ok", fact.at_ns)
        yield fact
