"""What bodies of REST answers share: the choice of fields, and the spelling of errors."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, TypeGuard

import msgspec

from stockstorm.simulator.api.admin.base.views import UserError
from stockstorm.simulator.api.rest.call import Body, Refused, RestCall, required
from stockstorm.simulator.limits import INPUT_ARRAY_MAX

_ENCODE: Final = msgspec.json.Encoder().encode
Kind = Literal["text", "flag", "money"]
TEXT_MAX: Final = 255  # characters
_FIELDS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


def chosen(call: RestCall, body: object) -> object:
    """A resource with the fields that the call asks for."""
    wanted = call.fields()
    if not wanted:
        return body
    return {name: value for name, value in _FIELDS.decode(_ENCODE(body)).items() if name in wanted}


def chosen_each(call: RestCall, bodies: list[object]) -> list[object]:
    """As `chosen`, for a list."""
    return [chosen(call, body) for body in bodies] if call.fields() else bodies


def refused_by(errors: Iterable[UserError], names: Mapping[str, str]) -> Refused:
    """User errors of the GraphQL API as REST has them, by field. `names`: those that REST spells otherwise."""
    spelled: dict[str, list[str]] = {}
    for error in errors:
        field = error.field[-1] if error.field else "base"
        spelled.setdefault(names.get(field, field), []).append(error.message)
    return Refused(422, spelled)


def shows(call: RestCall, field: str) -> bool:
    """Whether the answer shows a field of the resource."""
    wanted = call.fields()
    return not wanted or field in wanted


def fitting(given: Mapping[str, object], kinds: Mapping[str, Kind]) -> Body:
    """The values of the named fields, as the shop keeps them. No schema has checked them. Raises Refused (422)."""
    return {name: _fitted(name, kind, given[name]) for name, kind in kinds.items() if name in given}


def _fitted(name: str, kind: Kind, value: object) -> str | bool | None:
    if value is None or (kind == "flag" and isinstance(value, bool)):
        return value
    if kind == "flag" and value in ("true", "false"):
        return value == "true"
    if kind != "flag" and isinstance(value, str | int | float) and not isinstance(value, bool):
        text = str(value)
        if len(text) <= TEXT_MAX:
            return text
    raise Refused(422, {name: ["is invalid"]})


def objects(found: object, name: str) -> list[dict[str, Any]]:
    """A list of objects; empty if there is none. Raises Refused: 400 for anything else, 422 for too many."""
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise required(name)
    return few(found, name)


def few(found: list[Any], name: str) -> list[Any]:
    """A list that is not longer than those of the GraphQL API. Raises Refused (422)."""
    if len(found) > INPUT_ARRAY_MAX:
        raise Refused(422, {name: [f"can have at most {INPUT_ARRAY_MAX} values"]})
    return found


def is_whole(value: object) -> TypeGuard[int]:
    """Whether a value of a body is a whole number. `true` is none, although Python counts it as one."""
    return isinstance(value, int) and not isinstance(value, bool)
