"""Extracts `scope_map.json` from an introspection of Shopify's schema with its scopes (docs/sources.md, S11).

python -m stockstorm.simulator.shop.scopes < admin_2026-10.json.gz > scope_map.json
"""

import gzip
import json
import re
import sys
from collections import defaultdict
from typing import Any, Final

_SCOPE: Final = re.compile(r"\b(?:read|write)_[a-z_]+\b")
_TOPIC: Final = re.compile(r"`([a-z_]+/[a-z_]+)` events")
# Not in Shopify's record. Inferred from the mutations beside it.
_INFERRED: Final = {"Mutation.refundCreate": ("write_orders", "write_marketplace_orders")}


def scope_map(source: dict[str, Any]) -> dict[str, list[str]]:
    """Scopes, separated by blanks → the elements that need one of them."""
    groups: defaultdict[str, set[str]] = defaultdict(set)
    for item in source["offline_scopes"]["items"]:
        if item["offlineScopes"]:
            name = ".".join(filter(None, (item["typeName"], item.get("fieldName"))))
            groups[" ".join(item["offlineScopes"])].add(name)
    for name, scopes in _INFERRED.items():
        groups[" ".join(scopes)].add(name)
    types = {each["name"]: each for each in source["data"]["__schema"]["types"]}
    for value in types["WebhookSubscriptionTopic"]["enumValues"]:
        topic = _TOPIC.search(value["description"])
        needs = value["description"].partition("Requires")[2]
        if topic and (needed := _SCOPE.findall(needs)):
            groups[" ".join(dict.fromkeys(needed))].add(topic[1])
    return {scopes: sorted(elements) for scopes, elements in sorted(groups.items())}


if __name__ == "__main__":
    found = scope_map(json.loads(gzip.decompress(sys.stdin.buffer.read())))
    print(json.dumps(found, separators=(",", ":")).replace('],"', '],\n"'))
