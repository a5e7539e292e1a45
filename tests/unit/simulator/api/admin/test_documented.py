"""The Admin API accepts the examples of docs/own_service.md."""

import json
import re
from typing import Any

from stockstorm.simulator.history.facts import StockChanged
from tests.admin_calls import Admin, item_gid, location_gid
from tests.running import ROOT
from tests.small_world import STOCK, available

PAGE = (ROOT / "docs" / "own_service.md").read_text()


def block(language: str, holding: str) -> str:
    """The first fenced block of a language that contains these words."""
    found: list[str] = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return next(text for text in found if holding in text)


def documented() -> tuple[str, dict[str, Any]]:
    variables: dict[str, Any] = json.loads(block("json", "changeFromQuantity"))
    variables["input"]["changes"][0] |= {"inventoryItemId": item_gid(0), "locationId": location_gid(0)}
    return block("graphql", "inventoryAdjustQuantities"), variables


def test_the_documented_adjustment_succeeds() -> None:
    admin, (document, variables) = Admin(), documented()
    payload = admin.data(document, **variables)["inventoryAdjustQuantities"]
    assert payload["userErrors"] == []
    assert available(admin.world, 0) == STOCK - 2
    assert admin.facts(StockChanged)[0].reference.startswith("urn:channel-orders:bazaar:")


def test_a_key_of_a_refused_adjustment_cannot_be_used_again_as_documented() -> None:
    admin, (document, variables) = Admin(), documented()
    variables["input"]["reason"] = "because"
    codes = []
    for _ in range(2):
        payload = admin.data(document, **variables)["inventoryAdjustQuantities"]
        codes += [error["code"] for error in payload["userErrors"]]
    assert codes == ["INVALID_REASON", "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"]
    assert all(code in PAGE for code in codes[1:])
