"""What bodies of REST answers share: the choice of fields, and the spelling of errors."""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from stockstorm.simulator.api.admin.base.views import UserError
from stockstorm.simulator.api.rest.call import Refused, RestCall

_ENCODE: Final = msgspec.json.Encoder().encode
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
