"""`--cloud`: which emulator, or the real cloud, an architecture's queue or bus comes from."""

from collections.abc import Iterable, Mapping
from typing import Final

from loadtests.backing.cloud import AWS_WORDS, PUBSUB_WORDS
from loadtests.subjects.architectures import ARCHITECTURES
from scenarios.problems import Problem

_FLAG: Final = "--cloud"
_BY_SERVICE: Final[Mapping[str, tuple[str, ...]]] = {
    "sqs": AWS_WORDS,
    "eventbridge": AWS_WORDS,
    "pubsub": PUBSUB_WORDS,
}
WORDS: Final = tuple(dict.fromkeys((*AWS_WORDS, *PUBSUB_WORDS)))


def cloud_problem(word: str, subjects: Iterable[str]) -> Problem | None:
    """Why these subjects cannot be played on it; None when they can. What needs no cloud takes every word there is."""
    if word not in WORDS:
        return Problem(_FLAG, f"{word!r} is unknown", f"write one of: {', '.join(WORDS)}")
    for subject in subjects:
        service = ARCHITECTURES[subject].cloud if subject in ARCHITECTURES else ""
        if service and word not in _BY_SERVICE[service]:
            remedy = f"write one of: {', '.join(_BY_SERVICE[service])}"
            return Problem(_FLAG, f"{word!r} is none of {service}'s, which {subject} needs", remedy)
    return None
