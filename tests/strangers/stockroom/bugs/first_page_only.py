"""Reads the first page of the catalogue, which was all of it for a long time."""

from tests.strangers.stockroom.clients import CATALOGUE, Clients
from tests.strangers.stockroom.service import serve


class FirstPage(Clients):
    def items(self) -> list[tuple[str, str, str]]:
        nodes = self.graphql(CATALOGUE, {"after": None})["inventoryItems"]["nodes"]
        return [(node["sku"], node["id"], node["inventoryLevels"]["nodes"][0]["location"]["id"]) for node in nodes]


if __name__ == "__main__":
    serve(clients_of=FirstPage)
