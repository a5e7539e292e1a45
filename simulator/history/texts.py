"""Texts of the subject and for the subject as the history keeps them: few, short, and without the run's secrets."""

from collections.abc import Iterable
from typing import Final

from stockstorm.simulator.limits import ERROR_TEXT_MAX, ERROR_TEXTS_MAX

HIDDEN: Final = "***"


def error_texts(texts: Iterable[str], secrets: Iterable[str]) -> tuple[str, ...]:
    """The first different texts, each cut to its limit."""
    kept: dict[str, None] = {}
    for text in texts:
        if len(kept) == ERROR_TEXTS_MAX:
            break
        kept[without(text, secrets)[:ERROR_TEXT_MAX]] = None
    return tuple(kept)


def without(text: str, secrets: Iterable[str]) -> str:
    """The text with its secrets replaced."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, HIDDEN)
    return text
