"""Money as payloads write it: strings with two decimals, in sets of shop and presentment money; a few fields as floats.

Encoded sets are kept, since the same amounts recur in every order; the memory is bounded.
"""

from typing import Final

import msgspec

KEPT_MAX: Final = 20_000


def amount(minor: int) -> str:
    """Minor units (pence) as "51.50". Negative amounts keep their sign: -5 gives "-0.05"."""
    sign, minor = ("-", -minor) if minor < 0 else ("", minor)
    return f"{sign}{minor // 100}.{minor % 100:02d}"


def number(minor: int) -> msgspec.Raw:
    """Minor units as a JSON number that keeps its zeros, 51.50, as Ruby's decimals do."""
    return msgspec.Raw(amount(minor).encode())


class Money:
    """Encodes amounts of one currency."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self._sets: dict[int, msgspec.Raw] = {}

    def in_both(self, minor: int) -> msgspec.Raw:
        """The set `{"shop_money": …, "presentment_money": …}`, which are equal: buyers pay in the shop's currency."""
        kept = self._sets.get(minor)
        if kept is None:
            if len(self._sets) >= KEPT_MAX:
                self._sets.clear()
            money = f'{{"amount":"{amount(minor)}","currency_code":"{self.currency}"}}'
            kept = msgspec.Raw(f'{{"shop_money":{money},"presentment_money":{money}}}'.encode())
            self._sets[minor] = kept
        return kept
