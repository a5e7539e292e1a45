"""Makes names.json.gz from an introspection of API version 2026-10: `… < INTROSPECTION.json.gz > names.json.gz`."""

import gzip
import re
import sys
from typing import Any, Final

import msgspec

from stockstorm.simulator.api.admin.real_schema import Names

# A row of the table of search fields in the description of an argument: | name | type | …
_ROW: Final = re.compile(r"^\| ([a-z_][a-z_0-9.{}]*) \|", re.MULTILINE)
_HEADINGS: Final = frozenset({"name", "default"})


def extract(introspection: dict[str, Any]) -> Names:
    """The names of an introspection (`data.__schema`)."""
    types: dict[str, str] = {}
    search: dict[str, set[str]] = {}
    for type_ in introspection["data"]["__schema"]["types"]:
        fields = type_.get("fields") or []
        members = [_with_arguments(each) for each in fields]
        members += [each["name"] for each in (type_.get("inputFields") or []) + (type_.get("enumValues") or [])]
        types[type_["name"]] = f" {' '.join(members)} "
        for each in fields:
            for argument in each["args"]:
                if argument["name"] == "query" and (found := _search_fields(argument)):
                    search.setdefault(each["name"], set()).update(found)
    return Names(types, {root: f" {' '.join(sorted(found))} " for root, found in search.items()})


def _with_arguments(field: dict[str, Any]) -> str:
    arguments = ",".join(argument["name"] for argument in field["args"])
    return f"{field['name']}({arguments})" if arguments else field["name"]


def _search_fields(argument: dict[str, Any]) -> set[str]:
    text = argument.get("description") or ""
    found = set(_ROW.findall(text)) - _HEADINGS
    return found | {"name"} if "\n| name | string |" in text else found


if __name__ == "__main__":
    names = extract(msgspec.json.decode(gzip.decompress(sys.stdin.buffer.read())))
    sys.stdout.buffer.write(gzip.compress(msgspec.json.encode(names, order="sorted"), mtime=0))
