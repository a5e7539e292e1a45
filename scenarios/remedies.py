"""What to write instead: sentences made from the JSON Schema, so that bounds stand in one place only."""

import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from stockstorm.scenarios.schema import part_at

Path = tuple[str | int, ...]


def allowed(path: Path) -> str:
    """What may stand at a key, e.g. `a whole number from 1 to 50000: initial units …`."""
    part = part_at(path)
    note = part.get("description", "")
    return _kind(part, path) + (f": {note}" if note and part.get("type") not in ("object", "array") else "")


def _kind(part: dict[str, Any], path: Path) -> str:
    if "enum" in part:
        return "one of " + ", ".join(f'"{choice}"' for choice in part["enum"])
    describe = _KINDS.get(part.get("type", ""))
    return describe(part, path) if describe else "a value"


def _table(_part: dict[str, Any], path: Path) -> str:
    return f"a table, [[{path[-2]}]]" if isinstance(path[-1], int) else f"a table, [{path[-1]}]"


def _list(part: dict[str, Any], path: Path) -> str:
    texts = part.get("items", {}).get("type") == "string"
    return 'a list of texts, ["…", "…"]' if texts else f"one or more tables, [[{path[-1]}]]"


def _number(part: dict[str, Any], _path: Path) -> str:
    return ("a whole number" if part["type"] == "integer" else "a number") + _range(part)


def _text(part: dict[str, Any], _path: Path) -> str:
    if "pattern" in part:
        return f"a text in quotes of the form {part['pattern']}"
    if "maxLength" in part:
        return f"a text in quotes of {part.get('minLength', 0)} to {part['maxLength']} characters"
    return "a text in quotes"


def _range(part: dict[str, Any]) -> str:
    low, above, high = part.get("minimum"), part.get("exclusiveMinimum"), part.get("maximum")
    lower = f"from {low:g}" if low is not None else f"above {above:g}" if above is not None else ""
    return (
        f" {lower}{'' if high is None else f' to {high:.12g}' if low is not None else f', up to {high:.12g}'}".rstrip()
    )


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`did you mean "skus"?` with the known words after it; only those when nothing is near."""
    words = list(known)
    near = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    listed = f"known: {', '.join(words)}"
    return f'did you mean "{near[0]}"? ({listed})' if near else listed


_KINDS: Final[Mapping[str, Callable[[dict[str, Any], Path], str]]] = {
    "object": _table,
    "array": _list,
    "integer": _number,
    "number": _number,
    "string": _text,
    "boolean": lambda _part, _path: "true or false",
}
