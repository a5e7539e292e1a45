"""Calls that named ids which the shop does not have: ids of an earlier run, or ids that were rounded to a float."""

from collections.abc import Iterator

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.result import Diagnosis, counted
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.ids import EXACT_MAX


class StrangeIds(Diagnose):
    name = "strange_ids"

    def __call__(self, case: Case) -> Iterator[Found]:
        calls = [call for call in case.calls if call.strangers]
        rounded = _rounded(case)
        odd = bool(rounded) and all(number % 2 for numbers in rounded.values() for number in numbers)
        collapsed = [call for call in calls if _is_rounded(call, rounded, odd=odd)]
        others = [call for call in calls if not _is_rounded(call, rounded, odd=odd)]
        if collapsed:
            yield Found(_collapsed(self.name, case, collapsed, rounded), _keys(collapsed))
        if others:
            ids = list(dict.fromkeys(each for call in others for each in call.strangers))
            yield Found(
                Diagnosis(
                    self.name,
                    f"{counted(len(others), 'call')} named ids that this shop does not have: it still holds "
                    "another run's ids, or makes them wrongly",
                    (f"{quoted(ids)}", f"first at {case.when(others[0].at_ns)}: {others[0].operation}"),
                    "empty the service's own database before a run, or let it read items and locations when it starts",
                    case.consequences(),
                    others[0].at_ns,
                ),
                _keys(others),
            )


def _collapsed(name: str, case: Case, calls: list[f.ApiCalled], rounded: dict[str, list[int]]) -> Diagnosis:
    named = list(dict.fromkeys(each for call in calls for each in call.strangers if _number(each) > EXACT_MAX))
    seen = [each for each in named if each in rounded]
    return Diagnosis(
        name,
        f"ids above 2^53 were rounded: {counted(len(calls), 'call')} named {quoted(named)}, unknown to this shop",
        tuple(f"{each} is what {' and '.join(map(str, rounded[each][:3]))} become as a float" for each in seen[:3])
        or (f"{named[0]} is even, and every id of this shop above 2^53 is odd",),
        "read ids as text or as 64-bit integers; JSON.parse and float columns round those above 9007199254740992",
        case.consequences(),
        calls[0].at_ns,
    )


def _rounded(case: Case) -> dict[str, list[int]]:
    """What ids of items and locations become as a float, with the ids that become it."""
    found: dict[str, dict[int, None]] = {}
    for item in case.history.items.values():
        for kind, number in (("InventoryItem", item.inventory_item_id), ("Location", item.location_id)):
            if number > EXACT_MAX and int(float(number)) != number:
                found.setdefault(f"{kind}/{int(float(number))}", {})[number] = None
    return {name: list(numbers) for name, numbers in found.items()}


def _is_rounded(call: f.ApiCalled, rounded: dict[str, list[int]], *, odd: bool) -> bool:
    """Whether it names an id that rounding makes. Of a kind that the history does not list, every even one is."""
    return any(each in rounded or (odd and _is_even_and_big(_number(each))) for each in call.strangers)


def _is_even_and_big(number: int) -> bool:
    return number > EXACT_MAX and number % 2 == 0


def _number(stranger: str) -> int:
    """The number of "InventoryItem/4711"."""
    return int(stranger.rpartition("/")[2])


def _keys(calls: list[f.ApiCalled]) -> frozenset[str]:
    return frozenset(f"call {call.request}" for call in calls)
