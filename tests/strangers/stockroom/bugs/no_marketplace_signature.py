"""Checks the shop's signature, and takes whatever claims to come from a marketplace."""

from tests.strangers.stockroom.service import serve
from tests.strangers.stockroom.web import Guard


class Trusting(Guard):
    def marketplace(self, body: bytes) -> bool:
        return True


if __name__ == "__main__":
    serve(guard_of=Trusting)
