"""`dead-letters list|show|replay|discard`: what could not be applied, and what to do with it."""

import argparse
from collections.abc import Awaitable, Callable, Mapping, Sequence

from stockstorm.reference_service import limits
from stockstorm.reference_service.settings import Settings
from stockstorm.reference_service.storage.database import Pool
from stockstorm.reference_service.storage.dead_letters import (
    DeadLetter,
    NotReplayable,
    discard,
    found,
    page_of,
    replay,
)

Take = Callable[[Pool, Sequence[int]], Awaitable[list[int]]]
TAKES: Mapping[str, tuple[Take, str, str]] = {
    "replay": (replay, "replayed", "give it back to the queue; it is applied like a new webhook"),
    "discard": (discard, "discarded", "delete it; its event is never applied"),
}


class DeadLetters:
    """Acts on dead letters by their numbers."""

    summary = "list, show, replay or discard events that could not be applied"

    def options(self, parser: argparse.ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="list|show|replay|discard")
        listing = actions.add_parser("list", help="one line each, oldest first")
        listing.add_argument("--after", type=int, default=0, metavar="NUMBER", help="start behind this number")
        listing.add_argument("--limit", type=int, default=50, metavar="COUNT", help="at most this many lines (50)")
        show = actions.add_parser("show", help="one of them with its body, which can hold personal data")
        show.add_argument("number", type=int)
        for name, (_, _, text) in TAKES.items():
            action = actions.add_parser(name, help=text)
            which = action.add_mutually_exclusive_group(required=True)
            which.add_argument("numbers", type=int, nargs="*", default=[], metavar="NUMBER")
            which.add_argument("--all", action="store_true", help="all that there are now")

    async def run(self, options: argparse.Namespace, settings: Settings, pool: Pool) -> int:
        del settings
        match options.action:
            case "list":
                return await _list(pool, options.after, min(max(1, options.limit), limits.PROBE_ROWS_MAX))
            case "show":
                return await _show(pool, options.number)
            case action:
                take, done, _ = TAKES[action]
                return await (_all(pool, take, done) if options.all else _these(pool, take, done, options.numbers))


async def _list(pool: Pool, after: int, limit: int) -> int:
    letters = await page_of(pool, after, limit)
    for letter in letters:
        print(_line(letter))
    if not letters:
        print("no dead letters" + (f" behind number {after}" if after else ""))
    elif len(letters) == limit:
        print(f"there may be more: --after {letters[-1].entry}")
    return 0


async def _show(pool: Pool, number: int) -> int:
    letter = await found(pool, number)
    if letter is None:
        print(f"no dead letter has the number {number}; `dead-letters list` names them")
        return 1
    print(_line(letter))
    print(letter.body.decode(errors="backslashreplace"))
    return 0


async def _these(pool: Pool, take: Take, done: str, numbers: Sequence[int]) -> int:
    try:
        taken = await take(pool, numbers)
    except NotReplayable as error:
        print(f"nothing was {done}: {error}")
        return 1
    missing = sorted(set(numbers) - set(taken))
    print(f"{done}: {', '.join(map(str, taken)) or 'none'}")
    if missing:
        print(f"no dead letter has the number {', '.join(map(str, missing))}; `dead-letters list` names them")
    return 1 if missing else 0


async def _all(pool: Pool, take: Take, done: str) -> int:
    """Page by page up to the newest of now: what is replayed can become a dead letter again."""
    count, after, code = 0, 0, 0
    last = await pool.fetchval("SELECT max(entry) FROM dead_letter") or 0
    while letters := [one for one in await page_of(pool, after, limits.CLAIM_EVENTS_MAX) if one.entry <= last]:
        after = letters[-1].entry
        for letter in letters:
            try:
                count += len(await take(pool, [letter.entry]))
            except NotReplayable as error:
                print(f"left: {error}")
                code = 1
    print(f"{done}: {count}")
    return code


def _line(letter: DeadLetter) -> str:
    at = letter.at.strftime("%Y-%m-%dT%H:%M:%SZ")
    tried = f"{letter.attempts} attempt{'' if letter.attempts == 1 else 's'}"
    head = f"{letter.entry}  {at}  {letter.source} {letter.topic}  webhook {letter.webhook_id}"
    return f"{head}  {tried}, {letter.size} bytes: {letter.reason}"
