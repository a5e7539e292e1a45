"""What bodies of REST answers share: the choice of fields."""

from typing import Final

import msgspec

from stockstorm.simulator.api.rest.call import RestCall

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


def shows(call: RestCall, field: str) -> bool:
    """Whether the answer shows a field of the resource."""
    wanted = call.fields()
    return not wanted or field in wanted
