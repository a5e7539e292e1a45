"""Bodies that their source signs and nobody can process: like a genuine body, with one thing in it that is wrong.

They tell of orders and levels that never were, so a subject that applies one anyway shows it. No service can know what
to do with them. It may acknowledge or refuse them, and has to go on with everything else.
"""

import json
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias, get_args

from stockstorm.simulator.config import ForgeryKind, PoisonKind

Json: TypeAlias = "dict[str, Json] | list[Json] | str | float | bool | None"

POISON: Final[frozenset[ForgeryKind | PoisonKind]] = frozenset(get_args(PoisonKind))
HUGE: Final = 10**12  # units; Shopify takes quantities up to a billion
STRANGE: Final[Json] = {"amount": "several"}  # where a number or a text should be
LINES: Final = ("lines", "line_items")
QUANTITIES: Final = ("quantity", "available")


def spoiled(kind: PoisonKind, body: bytes, serial: int) -> bytes:
    """The body with what the kind puts in. `serial` makes unknown SKUs differ."""
    return _KINDS[kind](body, serial)


def _unknown_sku(body: bytes, serial: int) -> bytes:
    return _changed(body, ("sku",), f"NO-SUCH-SKU-{serial}")


def _null_lines(body: bytes, _: int) -> bytes:
    return _changed(body, LINES, None)


def _null_level(body: bytes, _: int) -> bytes:
    """What Shopify sends of an item that it does not track: there is no quantity, which is not a quantity of 0."""
    return _changed(body, ("available",), None)


def _huge_quantity(body: bytes, _: int) -> bytes:
    return _changed(body, QUANTITIES, HUGE)


def _wrong_type(body: bytes, _: int) -> bytes:
    """Quantities are objects, and so are the ids of what has no quantity in it."""
    changed = _changed(body, QUANTITIES, STRANGE)
    return changed if json.loads(changed) != json.loads(body) else _changed(body, ("id",), STRANGE)


def _not_json(body: bytes, _: int) -> bytes:
    """The first half of it."""
    return body[: len(body) // 2]


def _changed(body: bytes, names: tuple[str, ...], value: Json) -> bytes:
    return json.dumps(_walked(json.loads(body), names, value)).encode()


def _walked(found: Json, names: tuple[str, ...], value: Json) -> Json:
    match found:
        case dict():
            return {name: value if name in names else _walked(each, names, value) for name, each in found.items()}
        case list():
            return [_walked(each, names, value) for each in found]
        case _:
            return found


_KINDS: Final[Mapping[PoisonKind, Callable[[bytes, int], bytes]]] = {
    "unknown_sku": _unknown_sku,
    "null_lines": _null_lines,
    "null_level": _null_level,
    "huge_quantity": _huge_quantity,
    "wrong_type": _wrong_type,
    "not_json": _not_json,
}
