"""SKUs that no push ever set, because the service pushes them by names that the marketplaces do not know.

A marketplace answers each such row with "unknown sku" and the name. A name stands for a SKU of the shop where one and
the same slip makes it of most SKUs that were never set: leading zeros lost, spaces, case, signs left out, cut off.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.never_pushed import NeverPushed, never_set
from stockstorm.reports.diagnosis.pauses import PUSH
from stockstorm.reports.result import Diagnosis, counted, verb

TEXT: Final = "unknown sku: "
NAMES_MAX: Final = 1_000
SHARE_MIN: Final = 0.5  # of the SKUs that were never set
CUT: Final = (8, 10, 12, 15, 16, 20, 24, 32, 40, 50, 64)  # characters, where no more are kept
Slip = Callable[[str], str]


def _cut(size: int) -> Slip:
    return lambda sku: sku[:size]


SLIPS: Final[Mapping[str, Slip]] = {
    "without leading zeros": lambda sku: sku.lstrip("0"),
    "in lower case": str.lower,
    "in upper case": str.upper,
    "without spaces at the ends": str.strip,
    "without spaces": lambda sku: "".join(sku.split()),
    "in letters and digits of ASCII alone": lambda sku: "".join(one for one in sku if one.isascii() and one.isalnum()),
    "in ASCII alone": lambda sku: sku.encode("ascii", "ignore").decode(),
    "with ? for what is not ASCII": lambda sku: sku.encode("ascii", "replace").decode(),
    "up to the first space": lambda sku: sku.split(" ", 1)[0],
    "up to the first comma": lambda sku: sku.split(",", 1)[0],
    "up to the first slash": lambda sku: sku.split("/", 1)[0],
    **{f"cut off after {size} characters": _cut(size) for size in CUT},
}


class UnknownSkus(Diagnose):
    name = "unknown_skus"
    at_rest = True
    checks = NeverPushed.checks
    after = NeverPushed.after

    def __call__(self, case: Case) -> Iterator[Found]:
        never, wrong = never_set(case)
        names = _unknown(case)
        found = _slip(never, names)
        if found is None:
            return
        slip, pairs = found
        listings = frozenset(f"listing {market} {sku}" for market in case.history.marketplaces for sku in pairs)
        calls = sum(names[name] for name in set(pairs.values()))
        yield Found(
            Diagnosis(
                self.name,
                f"{len(pairs)} of {counted(len(wrong), 'SKU')} with wrong listings {verb(len(pairs), 'are')} pushed "
                f'{slip}, and the marketplaces answer "unknown sku"',
                (
                    "for example " + quoted(f"{name!r} for {sku}" for sku, name in pairs.items()),
                    f"{counted(calls, 'push', 'pushes')} with such a row, and none ever set these SKUs",
                ),
                "keep a SKU as text, as the shop has it; read `rejected` of the answer to each push",
                case.consequences(*NeverPushed.checks),
            ),
            listings | {f"sku {sku}" for sku in pairs},
            f"it is pushed {slip}, which the marketplaces do not know",
            listings,
        )


def _unknown(case: Case) -> dict[str, int]:
    """The names that marketplaces did not know, and the calls whose errors tell them."""
    found: dict[str, int] = {}
    for call in case.calls:
        for text in call.errors if call.operation == PUSH else ():
            for name in text.removeprefix(TEXT).split(", ") if text.startswith(TEXT) else ():
                if name in found or len(found) < NAMES_MAX:
                    found[name] = found.get(name, 0) + 1
    return found


def _slip(never: Sequence[str], names: Mapping[str, int]) -> tuple[str, dict[str, str]] | None:
    """The slip that makes unknown names of the most SKUs, and these SKUs with their names."""
    best: tuple[str, dict[str, str]] | None = None
    for what, slip in SLIPS.items():
        pairs = {sku: name for sku in never if (name := slip(sku)) != sku and name in names}
        if len(pairs) >= max(1, SHARE_MIN * len(never)) and (best is None or len(pairs) > len(best[1])):
            best = what, pairs
    return best
