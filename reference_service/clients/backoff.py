"""How long to wait before trying again: exponential, with full jitter, so that failed calls do not return in step.

Answers of other people's servers are read up to a bound, as everything else that comes in from outside.
"""

import random

import aiohttp

from stockstorm.reference_service import limits


def backoff_s(attempts: int, dice: random.Random) -> float:
    """Seconds after `attempts` (1 or more) failed ones: up to 1 s, then 2 s, 4 s, … and 300 s at most."""
    ceiling = min(limits.BACKOFF_MAX_S, limits.BACKOFF_FIRST_S * 2.0 ** min(attempts - 1, 20))
    return dice.uniform(0.0, ceiling)


class AnswerTooLarge(Exception):
    """An answer exceeds ANSWER_BYTES_MAX, unpacked. The rest of it is not read; its connection is given up."""

    def __init__(self) -> None:
        super().__init__(f"an answer of more than {limits.ANSWER_BYTES_MAX} bytes")


async def read_bounded(response: aiohttp.ClientResponse) -> bytes:
    """The whole body, or AnswerTooLarge as soon as that is known."""
    if (response.content_length or 0) > limits.ANSWER_BYTES_MAX:
        raise AnswerTooLarge
    parts: list[bytes] = []
    size_bytes = 0
    async for part in response.content.iter_any():
        size_bytes += len(part)
        if size_bytes > limits.ANSWER_BYTES_MAX:
            raise AnswerTooLarge
        parts.append(part)
    return b"".join(parts)
