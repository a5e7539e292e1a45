"""Calls that named ids which the shop does not have: ids of an earlier run, or ids that were rounded to a float."""

from collections.abc import Iterator
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.result import Diagnosis, counted
from stockstorm.simulator.history import facts as f

FLOAT_EXACT_MAX: Final = 2**53


class StrangeIds(Diagnose):
    name = "strange_ids"

    def __call__(self, case: Case) -> Iterator[Found]:
        calls = [call for call in case.calls if call.strangers]
        rounded = _rounded(case)
        collapsed = [call for call in calls if any(each in rounded for each in call.strangers)]
        others = [call for call in calls if not any(each in rounded for each in call.strangers)]
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
    seen = list(dict.fromkeys(each for call in calls for each in call.strangers if each in rounded))
    return Diagnosis(
        name,
        f"ids above 2^53 were rounded: {counted(len(calls), 'call')} named {quoted(seen)}, which no item has",
        tuple(f"{each} is what {' and '.join(map(str, rounded[each][:3]))} become as a float" for each in seen[:3]),
        "read ids as text or as 64-bit integers; JSON.parse and float columns round those above 9007199254740992",
        case.consequences(),
        calls[0].at_ns,
    )


def _rounded(case: Case) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for item in case.history.items.values():
        number = item.inventory_item_id
        if number > FLOAT_EXACT_MAX and int(float(number)) != number:
            found.setdefault(f"InventoryItem/{int(float(number))}", []).append(number)
    return found


def _keys(calls: list[f.ApiCalled]) -> frozenset[str]:
    return frozenset(f"call {call.request}" for call in calls)
