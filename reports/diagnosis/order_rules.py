"""Wrong rules of counting what a return or a cancellation gives back, and by how much each makes the master wrong.

A rule is a function of an order's story: what was ordered, returned and cancelled, and in which order the subject heard
of it. It returns the units by which the master then differs from the shelf, by SKU.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from stockstorm.reports.diagnosis.order_stories import News, Story, Units, sum_of
from stockstorm.reports.diagnosis.traits import TOPIC_OF
from stockstorm.reports.history.deliveries import NEVER_NS
from stockstorm.simulator.clock import MILLISECOND_NS, SECOND_NS

NEVER_TOGETHER: Final = -1


class Rule(NamedTuple):
    """`what` says what the subject does. `units`: by how much the master then exceeds the shelf."""

    what: str
    hint: str
    units: Callable[[Story], Units]


def _less(one: Units, other: Units) -> Units:
    return {sku: left for sku, count in one.items() if (left := count - other.get(sku, 0))}


def _negative(units: Units) -> Units:
    return {sku: -count for sku, count in units.items()}


def _whole_order(story: Story) -> Units:
    if story.returned is None or not story.restocked or story.left is not None:
        return {}  # where a cancellation follows, nothing is left for it to give back
    whole = {sku: max(1, len(story.backs)) * count for sku, count in story.sold.items()}
    return _less(whole, story.returned)


def _whole_line(story: Story) -> Units:
    returned = story.returned or {}
    return {sku: count for sku, count in _whole_order(story).items() if sku in returned}


def _returned_before(story: Story) -> Units:
    if story.returned is None or story.left is None or story.cancelled_first or story.ahead:
        return {}
    return _less(story.sold, story.left)


def _returned_after(story: Story) -> Units:
    if story.returned is None or story.left is None or not story.cancelled_first:
        return {}
    return story.returned


def _returned_and_cancelled(story: Story) -> Units:
    return {**_returned_before(story), **_returned_after(story)}


def _sale_takes_the_return(story: Story) -> Units:
    back = story.returned if story.sale_again and story.left is not None and story.restocked else None
    return _negative(back or {})


def _sale_takes_all(story: Story) -> Units:
    return _negative(story.sold) if story.sale_again and story.left is not None else {}


def _not_restocked(story: Story) -> Units:
    if story.returned is None or story.restocked or story.left is not None:
        return {}
    return story.returned


def _first_line_back(story: Story) -> Units:
    return _all_but(story, story.lines[0][0])


def _first_name_back(story: Story) -> Units:
    """The same where lines are kept by SKU, in the order of their names."""
    return _all_but(story, min(story.sold))


def _all_but(story: Story, given: str) -> Units:
    """What is missing where a cancellation gives back one SKU alone."""
    left = story.left if story.left and not story.ahead else {}
    return _negative({sku: count for sku, count in left.items() if sku != given})


def _one_unit_back(story: Story) -> Units:
    """What is missing where each line gives back one unit."""
    given = story.left or {} if story.returned is None else story.returned if story.left is None else {}
    if (story.returned is not None and not story.restocked) or len(story.backs) > 1:
        return {}  # of several returns it is not known how many lines gave back a SKU
    return {sku: 1 - count for sku, count in given.items() if count > 1}


def _nothing_left(story: Story) -> Units:
    """What is missing where an order with a return is not cancelled any more."""
    return _negative(story.left) if story.returned is not None and story.left else {}


def _taken_again(story: Story, together_ns: int = NEVER_TOGETHER) -> Units:
    """What is missing where each news of an order writes once more all that the order then takes.

    News that come together are one: in one answer, or so long after those before, or less.
    """
    known, taken = list[News](), list[tuple[str, int]]()
    for one, later in pairwise(story.news):
        known.append(one)
        if not _come_together(one, later, together_ns):
            taken += _held(known, restocked=story.restocked).items()
    return _negative(sum_of(taken))


def _come_together(one: News, later: News, together_ns: int) -> bool:
    if together_ns == NEVER_TOGETHER:
        return False
    in_one_answer = one.answer_ns == later.answer_ns < NEVER_NS
    return in_one_answer or later.heard_ns - one.heard_ns <= together_ns


def _held(known: Sequence[News], *, restocked: bool) -> Units:
    """What an order takes, as far as this is known of it."""
    of_kind = {kind: sum_of(i for one in known if one.kind == kind for i in one.units.items()) for kind in TOPIC_OF}
    if not of_kind["sale"]:
        return {}
    if any(one.kind == "cancelled" for one in known):
        return {} if restocked else of_kind["returned"]
    return _less(of_kind["sale"], of_kind["returned"] if restocked else {})


def _other_way(story: Story) -> Units:
    """What is missing where what comes back is taken instead."""
    back = story.left or {}
    if story.restocked:
        back = sum_of([*back.items(), *(story.returned or {}).items()])
    return {sku: -2 * count for sku, count in back.items()}


def _earlier_back_again(story: Story) -> Units:
    """What a cancellation gives back too much that knows the last of several returns alone."""
    if len(story.backs) < 2 or story.left is None or story.cancelled_first or not story.restocked:
        return {}
    return sum_of((sku, count) for back in story.backs[:-1] for sku, count in back.items())


def _kept_by_returns(story: Story) -> Units:
    """What is too much where an order that comes last of all is left out, and its returns were not."""
    return story.returned or {} if story.ahead and story.left is not None and story.restocked else {}


def _all_of_it(story: Story) -> Units:
    """What is given back too much where any news of an order gives back the whole of it."""
    back = story.returned if story.returned is not None and story.restocked else {}
    return _less(story.sold, sum_of([*back.items(), *(story.left or {}).items()]))


HELD: Final = "give back only what the order still holds: keep, for each order, what was sold and what came back"
COPY: Final = "recognise a copy of a sale also where its order is cancelled, and change nothing for it"
AGAIN: Final = "an order has later news, a cancellation or a return, and is then written once more as a whole"
DIFFERENCE: Final = "write the difference between what an order calls for and what was written for it"
RULES: Final = (
    Rule(
        "a return gives back the whole order, not only what was returned",
        "take the lines and quantities of the return, not those of the order",
        _whole_order,
    ),
    Rule(
        "a return gives back all units of a line, not only those that were returned",
        "take the quantities of the return, not those of the order's lines",
        _whole_line,
    ),
    Rule("a cancellation gives back again what a return had given back before it", HELD, _returned_before),
    Rule("a return gives its units back again although its order was cancelled before it", HELD, _returned_after),
    Rule("an order was returned and cancelled, and its returned units are given back by both", HELD,
         _returned_and_cancelled),
    Rule("a sale that comes again after the cancellation of its order takes what a return had given back before", COPY,
         _sale_takes_the_return),
    Rule("a sale that comes again after the cancellation of its order takes its units once more", COPY,
         _sale_takes_all),
    Rule("a return that is not restocked gives its units back all the same", "read the restock flag of a return",
         _not_restocked),
    Rule("a cancellation gives back the first SKU of an order only", "handle every line of a cancelled order",
         _first_line_back),
    Rule(
        "a cancellation gives back the SKU of an order whose name comes first, and no other",
        "handle every SKU of a cancelled order",
        _first_name_back,
    ),
    Rule("what comes back counts as one unit a line", "use the quantity of a line that comes back", _one_unit_back),
    Rule("an order of which units were returned is cancelled, and the rest is not given back", HELD, _nothing_left),
    Rule(
        "of several returns of an order its cancellation knows the last one only, and gives the others back again",
        "add up the units of all returns of an order",
        _earlier_back_again,
    ),
    Rule(
        "an order that comes after its returns and its cancellation has no effect, and what they gave back stays",
        "an order that was cancelled before it came nets to zero with its returns: take back what they gave",
        _kept_by_returns,
    ),
    Rule(AGAIN, DIFFERENCE, _taken_again),
    Rule("what comes back is taken from the stock instead of added", "look at the sign of cancellations and returns",
         _other_way),
)  # fmt: skip
# Of orders whose first return or cancellation came later than so many seconds after the sale.
FORGOTTEN_AFTER_S: Final = (1, 2, 5, 10, 20, 30, 60, 120)


def forgotten(after_s: int) -> Rule:
    """What a subject does that keeps orders for a while, or so many of them, and writes what an order calls for."""
    return Rule(
        f"a return or cancellation more than {after_s} s after its sale gives back all of the order, as of one that is "
        "not known any more",
        "keep what was written for an order for as long as it can come back",
        lambda story: _all_of_it(story) if story.after_ns > after_s * SECOND_NS else {},
    )


# News that a subject takes together: those in one answer, or within so many milliseconds.
TOGETHER_MS: Final = (0, 100, 250, 500, 1_000, 2_000)


def taken_again(together_ms: int) -> Rule:
    """What a subject does that writes an order once more as a whole, once for all news that it takes together."""
    within = f" or within {together_ms} ms" if together_ms else ""
    return Rule(
        f"{AGAIN}, once for all news that come in one answer{within}",
        DIFFERENCE,
        lambda story: _taken_again(story, together_ms * MILLISECOND_NS),
    )


ALL_RULES: Final = (*RULES, *map(forgotten, FORGOTTEN_AFTER_S), *map(taken_again, TOGETHER_MS))
