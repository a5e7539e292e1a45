"""The names in Shopify's real Admin API schema, 2026-10: it tells what is not played from what is not real.

`names.json.gz` is made by `python -m stockstorm.simulator.api.admin.real_schema INTROSPECTION.json.gz`. It holds names
only: of types, of their members (fields, input fields or values) and of the arguments of fields, and of search fields.
"""

import gzip
from functools import cache
from importlib.resources import files

import msgspec


class Names(msgspec.Struct, frozen=True):
    """`types`: type → its members, as " name name(argument,argument) …". `search`: root field → its search fields.

    The members of a type are one text, because ten thousand lists would be visited by every collection of garbage.
    """

    types: dict[str, str]
    search: dict[str, str]


@cache
def names() -> Names:
    """All names, read at first use, which takes some milliseconds."""
    data = files("stockstorm.simulator.api.admin.real_schema").joinpath("names.json.gz").read_bytes()
    return msgspec.json.decode(gzip.decompress(data), type=Names)


def has(type_name: str, member: str | None = None, argument: str | None = None) -> bool:
    """Whether Shopify has the type, its member, and the argument of that member."""
    members = names().types.get(type_name)
    if members is None or member is None:
        return members is not None
    at = members.find(f" {member}(")
    if at < 0:
        return argument is None and f" {member} " in members
    return argument is None or argument in members[at + len(member) + 2 : members.index(")", at)].split(",")


def searches(root: str, field: str) -> bool:
    """Whether Shopify documents a search field of a connection. `metafields.…` names a metafield."""
    known = names().search.get(root, "")
    return f" {field} " in known or (field.startswith("metafields.") and " metafields." in known)
