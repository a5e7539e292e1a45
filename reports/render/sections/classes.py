"""Events by class: how they were delivered against what effect they had, as a table shaded by number."""

import math
from typing import Final

from reports.render.markup import Markup, tag
from reports.render.view import RunView

EFFECTS: Final = ("once", "twice", "none", "superseded", "dead_lettered", "void", "healed", "not_judged")
DELIVERIES: Final = ("acknowledged", "unacknowledged", "refused", "pending", "no_subscription")
# What a sound subject never has: acknowledged events without effect, and events applied twice.
BAD_EFFECTS: Final = {("acknowledged", "none")}


def classes(view: RunView) -> Markup:
    """One row for each delivery class, one column for each effect class, with sums."""
    found = view.result.event_classes
    if not found:
        return tag("p", "The events of this run were not classified.", class_="caption")
    rows = _ordered(found, DELIVERIES)
    columns = _ordered({effect: 0 for row in found.values() for effect in row}, EFFECTS)
    most = max(1, *(count for row in found.values() for count in row.values()))
    head = tag(
        "tr",
        tag("th", "delivery ↓  effect →", scope="col"),
        *(tag("th", _words(c), scope="col") for c in columns),
        tag("th", "sum", scope="col"),
    )
    body = [
        tag("tr", tag("th", _words(row), scope="row"), *(_cell(row, c, found[row].get(c, 0), most) for c in columns),
            tag("td", f"{sum(found[row].values()):,}"))
        for row in rows
    ]  # fmt: skip
    sums = [sum(found[row].get(column, 0) for row in rows) for column in columns]
    foot = tag("tr", tag("th", "sum", scope="row"), *(tag("td", f"{n:,}") for n in sums), tag("td", f"{sum(sums):,}"))
    table = tag("table", tag("thead", head), tag("tbody", *body, foot), class_="classes")
    caption = (
        "Every event stands in exactly one cell, so the sums close. Lost means acknowledged without any effect; that "
        "cell and the column of events applied twice are outlined when they are not empty."
    )
    return tag("div", tag("p", caption, class_="caption"), tag("div", table, class_="scroll"))


def _ordered(
    present: dict[str, object] | dict[str, int] | dict[str, dict[str, int]], known: tuple[str, ...]
) -> list[str]:
    return [name for name in known if name in present] + sorted(name for name in present if name not in known)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _cell(delivery: str, effect: str, count: int, most: int) -> Markup:
    if not count:
        return tag("td", "0", class_="zero")
    if (delivery, effect) in BAD_EFFECTS or effect == "twice":
        return tag("td", f"✕ {count:,}", class_="bad")
    share = math.log1p(count) / math.log1p(most)
    return tag("td", f"{count:,}", class_="cell", style=f"--share:{share:.3f}")
