"""The facts of a history file: verified block by block, decoded, and placed where one is wrong."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from stockstorm.reports.ahead import ahead
from stockstorm.reports.history.time_order import IN_ORDER, FileOrder
from stockstorm.reports.names import NamedLines, decoder_of
from stockstorm.simulator.errors import UNREADABLE_JSON, HistoryError
from stockstorm.simulator.history.blocks import Block, Damaged, pieces, read_blocks
from stockstorm.simulator.history.facts import AnyFact, Fact, RunEnded, RunStarted, decoder

SHOWN_MAX: Final = 60  # bytes of a bad line in a message
_FIELD: Final = re.compile(r"at `\$\.(?P<name>\w+)")


class Decoding(NamedTuple):
    """How lines become facts. `instead`: kinds of which facts of another kind are made, which keeps less of them.

    `in_order`: kinds whose times never run backwards. `dropped`: kinds that are not kept. `digested`: of which
    blocks, by number, the digest is computed here; None: of all.
    """

    instead: Mapping[type[Fact], type[Fact]] = {}
    in_order: frozenset[type[Fact]] = IN_ORDER
    dropped: frozenset[type[Fact]] = frozenset()
    digested: Callable[[int], bool] | None = None


WHOLE: Final = Decoding()


class Written(msgspec.Struct):
    """The facts of a file in its order. `sizes`: the number of facts of each block.

    `in_order`: the times of the kinds that are always in order run backwards nowhere. `sorted`: nor do any others.
    """

    facts: list[AnyFact] = []
    sizes: list[int] = []
    in_order: bool = False  # False: not known
    sorted: bool = False

    def place(self, file: Path, fact: Fact) -> str:
        """Where a fact stands in its file."""
        line = next(at for at, each in enumerate(self.facts, 1) if each is fact)
        for block, size in enumerate(self.sizes):
            if line <= size:
                return _placed(file, block, line)
            line -= size
        return str(file)


def read_facts(file: Path, *, unsealed: bool = False, decoding: Decoding = WHOLE) -> Written:
    """The facts of a file. Raises OSError, and HistoryError for one that is not as it was written."""
    facts: list[AnyFact] = []
    sizes: list[int] = []
    note, order, dropped = "", FileOrder(decoding.in_order), decoding.dropped
    lines = NamedLines(decoder_of(decoding.instead) if decoding.instead else decoder, decoding.instead)
    try:
        with file.open("rb") as opened:
            for block in ahead(read_blocks(pieces(opened), decoding.digested)):
                found = _decode(file, block, lines)
                order.also(lines.kinds)
                if block.seal is None and _is_whole(found):
                    note = "judged without seals: facts may be missing or altered"
                    if not unsealed:
                        raise Damaged(
                            block.number, "its facts are not sealed: an older version wrote them, or a seal was removed"
                        )
                order.add(found)
                facts += [fact for fact in found if type(fact) not in dropped] if dropped else found
                sizes.append(len(found))
    except Damaged as damage:
        if not unsealed:
            raise _damaged(file, damage) from None
        note = note or f"judged without seals, up to block {damage.block} of the history: {damage.found}"
    if note:
        facts = [_with_note(fact, note) if isinstance(fact, RunStarted) else fact for fact in facts]
    return Written(facts, sizes, order.holds, order.whole)


def _with_note(started: RunStarted, note: str) -> RunStarted:
    return msgspec.structs.replace(started, notes=(*started.notes, note))


def _decode(file: Path, block: Block, lines: NamedLines) -> list[AnyFact]:
    try:
        return lines.decode(block.lines)
    except UNREADABLE_JSON:
        raise _first_corrupt_line(file, block) from None


def _is_whole(facts: list[AnyFact]) -> bool:
    """Facts without a seal are normal only if their writer was killed. Then the run has no end."""
    return any(isinstance(fact, RunEnded) for fact in facts)


def _damaged(file: Path, damage: Damaged) -> HistoryError:
    remedy = (
        "restore the file from the run's machine, or run the scenario again with the same seed; "
        "stockstorm check --unsealed judges what can still be read"
    )
    return HistoryError(f"{file}, block {damage.block}", damage.found, remedy)


def _placed(file: Path, block: int, line: int) -> str:
    return f"{file}, block {block}, line {line}"


def _first_corrupt_line(file: Path, block: Block) -> HistoryError:
    remedy = "judge it with the version that wrote it, or run the scenario again with the same seed"
    for number, line in enumerate(block.lines.splitlines(), 1):
        try:
            decoder.decode(line)
        except UNREADABLE_JSON as error:
            return HistoryError(_placed(file, block.number, number), _what_is_wrong(line, error), remedy)
    return HistoryError(f"{file}, block {block.number}", "not a list of facts, one a line", remedy)


def _what_is_wrong(line: bytes, error: Exception) -> str:
    """The field and its value where a field is out of its range, else the start of the line."""
    field = _FIELD.search(str(error))
    if field is not None:
        try:
            value = msgspec.json.decode(line, type=dict[str, msgspec.Raw])[field["name"]]
        except (*UNREADABLE_JSON, KeyError):
            pass
        else:
            return f"not a fact ({error}): field {field['name']} is {_start(bytes(value))}"
    return f"not a fact ({error}): {_start(line)}"


def _start(line: bytes) -> str:
    return line[:SHOWN_MAX].decode("utf-8", "replace") + ("…" if len(line) > SHOWN_MAX else "")
