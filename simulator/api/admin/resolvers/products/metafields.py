"""Metafields of an owner, one or many, and their fields. They can be read only."""

import hashlib
from collections.abc import Callable
from typing import Any, Final

from stockstorm.simulator.api.admin.base.call import Arguments, Call, Resolver
from stockstorm.simulator.api.admin.base.pages import Key, Page, page_of
from stockstorm.simulator.api.admin.base.views import gid
from stockstorm.simulator.api.admin.resolvers import stock
from stockstorm.simulator.events.metafields import Metafield


def metafields_of(owned: Callable[[Any], list[Metafield]]) -> dict[str, Resolver]:
    """The resolvers of an owner's two fields. `owned`: a row of the owner's type → its metafields."""

    def one(row: Any, arguments: Arguments, _call: Call) -> Metafield | None:
        return _one(owned(row), arguments)

    def many(row: Any, arguments: Arguments, _call: Call) -> Page[Metafield]:
        return _some(owned(row), arguments)

    return {"metafield": one, "metafields": many}


def _one(found: list[Metafield], arguments: Arguments) -> Metafield | None:
    namespace, key = arguments.get("namespace"), arguments["key"]
    if namespace is None and "." in key:
        namespace, _, key = key.partition(".")
    return next((each for each in found if each.key == key and each.namespace == namespace), None)


def _some(found: list[Metafield], arguments: Arguments) -> Page[Metafield]:
    namespace, keys = arguments.get("namespace"), arguments.get("keys")
    rows = [
        each
        for each in found
        if (namespace is None or each.namespace == namespace)
        and (keys is None or f"{each.namespace}.{each.key}" in keys or each.key in keys)
    ]
    return page_of(sorted(rows, key=_key), _key, arguments)


def _key(row: Metafield) -> Key:
    return row.metafield_id, row.metafield_id


METAFIELD: Final[dict[str, Resolver]] = {
    "id": lambda row, _arguments, _call: gid("Metafield", row.metafield_id),
    "legacyResourceId": lambda row, _arguments, _call: str(row.metafield_id),
    "namespace": lambda row, _arguments, _call: row.namespace,
    "key": lambda row, _arguments, _call: row.key,
    "type": lambda _row, _arguments, _call: "single_line_text_field",
    "value": lambda row, _arguments, _call: row.value,
    "jsonValue": lambda row, _arguments, _call: row.value,
    "sizeInBytes": lambda row, _arguments, _call: len(row.value.encode()),
    "compareDigest": lambda row, _arguments, _call: hashlib.sha256(row.value.encode()).hexdigest(),
    "ownerType": lambda row, _arguments, _call: row.owner_type,
    "createdAt": stock.created_at,
    "updatedAt": stock.created_at,
}
