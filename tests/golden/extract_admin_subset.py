"""Makes admin_2026_10_subset.json: Shopify's introspection of every type and field that the simulator supports.

    python tests/golden/extract_admin_subset.py INTROSPECTION.json.gz

The input is the introspection of API version 2026-10 (`data.__schema`), which Shopify publishes with its developer
tools. Fields are those of Stockstorm's SDL, with all arguments of Shopify. Input types, enums and unions are complete.
"""

import gzip
import json
import sys
from pathlib import Path
from typing import Any

from graphql import GraphQLInterfaceType, GraphQLObjectType, build_schema

from stockstorm.simulator.api.admin.resolvers.schema import sdl

GOLDEN = Path(__file__).parent / "admin_2026_10_subset.json"


def type_text(type_: dict[str, Any]) -> str:
    match type_["kind"]:
        case "NON_NULL":
            return f"{type_text(type_['ofType'])}!"
        case "LIST":
            return f"[{type_text(type_['ofType'])}]"
    return str(type_["name"])


def inputs(values: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    """Arguments or input fields: name → type, and default if there is one."""
    return {
        value["name"]: {"type": type_text(value["type"])}
        | ({"default": value["defaultValue"]} if value["defaultValue"] is not None else {})
        for value in values
    }


def extract(introspection: dict[str, Any]) -> dict[str, Any]:
    """Type name → Shopify's definition, for the types of Stockstorm's SDL."""
    real = {type_["name"]: type_ for type_ in introspection["data"]["__schema"]["types"]}
    found: dict[str, Any] = {}
    for name, ours in build_schema(sdl()).type_map.items():
        if name.startswith("__"):
            continue
        type_ = real[name]
        entry: dict[str, Any] = {"kind": type_["kind"]}
        if isinstance(ours, GraphQLObjectType | GraphQLInterfaceType):
            entry["fields"] = {
                field["name"]: {"type": type_text(field["type"]), "arguments": inputs(field["args"])}
                for field in type_["fields"]
                if field["name"] in ours.fields
            }
            entry["interfaces"] = [each["name"] for each in type_["interfaces"]]
        elif type_["kind"] == "INPUT_OBJECT":
            entry["inputs"] = inputs(type_["inputFields"])
        elif type_["kind"] == "ENUM":
            entry["values"] = [each["name"] for each in type_["enumValues"]]
        elif type_["kind"] == "UNION":
            entry["members"] = [each["name"] for each in type_["possibleTypes"]]
        found[name] = entry
    return found


def main(path: str) -> None:
    """Write the golden file, one type a line."""
    found = extract(json.loads(gzip.decompress(Path(path).read_bytes())))
    lines = (f"{json.dumps(name)}: {json.dumps(found[name], sort_keys=True)}" for name in sorted(found))
    GOLDEN.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
