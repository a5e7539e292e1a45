"""Keeps the lines of an order by SKU: of two lines with the same SKU, the last one counts."""

from typing import Any

from tests.strangers.sweep.service import serve
from tests.strangers.sweep.sweeper import Sweeper


class ByName(Sweeper):
    def learn(self, name: str, entry: dict[str, Any]) -> None:
        lines = list({line["sku"]: line for line in entry["order"]["lines"]}.values())
        super().learn(name, {**entry, "order": {**entry["order"], "lines": lines}})


if __name__ == "__main__":
    serve(ByName)
