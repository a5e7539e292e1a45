"""Sums of levels that are known one by one: whoever never goes back is explained, and no refusal is wrong."""

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from stockstorm.reports.history.ledgers import NO_LIMIT, Ledger
from stockstorm.reports.history.mixed import Box, Sums, ever_fitted, highest_sums
from stockstorm.simulator.history.facts import ItemStocked

bounded = settings(max_examples=300, derandomize=True)
# Which location changes, and its level after that; versions are at the sequence numbers 1, 2, 3, …
changes = st.lists(st.tuples(st.integers(0, 2), st.integers(-3, 12)), min_size=1, max_size=14)
FIRST = (5, 8, 2)


def ledger_of(changed: list[tuple[int, int]], safety: int) -> Ledger:
    item = ItemStocked(0, "MUG", 1, 7, sum(FIRST), 100, hot=False, locations=(7, 8, 9), levels=FIRST)
    parts = {}
    for n, first in enumerate(FIRST):
        own = [(seq, level) for seq, (at, level) in enumerate(changed, 1) if at == n]
        seqs, levels = [0, *(seq for seq, _ in own)], [first, *(level for _, level in own)]
        parts[7 + n] = Ledger(item, safety, seqs, seqs, levels, ["sale"] * len(seqs), seqs, [0], base=levels)
    return Ledger(item, safety, [0], [0], [sum(FIRST)], ["stocked"], [0], [0], parts=parts)


def bounds(quantity: int, safety: int) -> tuple[int, int]:
    return quantity + safety, quantity + safety if quantity else -NO_LIMIT


def listed(ledger: Ledger, known: tuple[int, ...]) -> int:
    levels = [part.available[at] for part, at in zip(ledger.parts.values(), known, strict=True)]
    return max(0, sum(levels) - ledger.safety)


@bounded
@given(changes, st.integers(0, 3), st.lists(st.tuples(st.integers(0, 2), st.integers(0, 14)), max_size=12))
def test_what_a_subject_lists_that_never_goes_back_is_explained(
    changed: list[tuple[int, int]], safety: int, learned: list[tuple[int, int]]
) -> None:
    ledger = ledger_of(changed, safety)
    box, sums, known = Box(ledger), Sums(ledger), [0, 0, 0]
    highest = dict(highest_sums(ledger))
    for seq, (place, steps) in enumerate(learned):
        now = list(ledger.parts.values())[place].version_at(seq)
        known[place] = min(now, known[place] + steps)
        quantity = listed(ledger, tuple(known))
        assert box.takes(bounds(quantity, safety), seq)
        assert sums.shown(quantity, seq)
        assert quantity <= max(0, max(top for at, top in highest.items() if at <= seq) - safety)


@bounded
@given(changes, st.integers(0, 3), st.integers(0, 30))
def test_what_no_versions_were_ever_right_for_fits_none(
    changed: list[tuple[int, int]], safety: int, quantity: int
) -> None:
    ledger, seq = ledger_of(changed, safety), len(changed)
    every = product(*(range(part.version_at(seq) + 1) for part in ledger.parts.values()))
    if not ever_fitted(ledger, bounds(quantity, safety), seq):
        assert all(listed(ledger, known) != quantity for known in every)


@bounded
@given(changes, st.lists(st.integers(0, 30), min_size=2, max_size=6))
def test_no_knowledge_that_only_grows_makes_pushes_of_which_one_is_called_stale(
    changed: list[tuple[int, int]], quantities: list[int]
) -> None:
    ledger, seq = ledger_of(changed, 0), len(changed)
    every = list(product(*(range(part.version_at(seq) + 1) for part in ledger.parts.values())))
    reachable, box = every, Box(ledger)
    for quantity in quantities:
        taken = box.takes(bounds(quantity, 0), seq)
        fitting = [known for known in every if listed(ledger, known) == quantity]
        reachable = [
            known
            for known in fitting
            if any(all(now >= then for now, then in zip(known, before, strict=True)) for before in reachable)
        ]
        if not reachable:
            return
        assert taken
