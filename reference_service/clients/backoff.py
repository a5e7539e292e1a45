"""What all API clients share: exponential backoff with full jitter, Retry-After, and answers of bounded size."""

import random

import aiohttp

from stockstorm.reference_service import limits


def backoff_s(attempts: int, rng: random.Random, most_s: float = limits.BACKOFF_MAX_S) -> float:
    """Seconds to wait after `attempts` (at least 1) failures: up to 1 s, then 2 s, 4 s, … and at most `most_s`."""
    ceiling = min(most_s, limits.BACKOFF_FIRST_S * 2.0 ** min(attempts - 1, 20))
    return rng.uniform(0.0, ceiling)


def retry_after_s(text: str) -> float:
    """The seconds of a Retry-After header, at most 300; 0 if it is no number."""
    try:
        return min(float(text), limits.BACKOFF_MAX_S)
    except ValueError:
        return 0.0


class AnswerTooLarge(Exception):
    """An answer exceeds ANSWER_BYTES_MAX after decompression. The rest is not read and the connection is closed."""

    def __init__(self) -> None:
        super().__init__(f"an answer of more than {limits.ANSWER_BYTES_MAX} bytes")


async def read_bounded(response: aiohttp.ClientResponse) -> bytes:
    """The whole body. Raises AnswerTooLarge as soon as the limit is exceeded."""
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
