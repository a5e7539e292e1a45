"""Which line of a log says why its process ended. Stack traces and notes of the runtime often come after it."""

import re
from collections.abc import Sequence
from itertools import takewhile
from typing import Final

_ERROR: Final = re.compile(r"[\w.]*(error|exception)\b|panic: |fatal: ", re.IGNORECASE)
_FRAME: Final = re.compile(r"\s+at ")  # of a stack, in JavaScript and Java
_WORD: Final = re.compile(r"\w")
_RUNTIME: Final = re.compile(r"Node\.js v\d")


def telling(lines: Sequence[str]) -> str:
    """The last line that names an error, as most languages write it; else the last one that says anything. "" if none.

    An error whose name does not say so is known by the stack that follows it.
    """
    named = [line for line in lines if _ERROR.match(line)]
    said = named or _above_a_stack(lines) or [one for one in lines if _WORD.search(one) and not _RUNTIME.match(one)]
    said = said or [line for line in lines if line.strip()]
    return said[-1].strip() if said else ""


def _above_a_stack(lines: Sequence[str]) -> list[str]:
    """What stands before the last stack. Empty where there is no stack, or nothing before it."""
    last = next((place for place in reversed(range(len(lines))) if _FRAME.match(lines[place])), -1)
    frames = sum(1 for _ in takewhile(_FRAME.match, reversed(lines[: last + 1])))
    return [line for line in lines[last - frames : last - frames + 1] if line.strip()] if 0 < frames <= last else []
