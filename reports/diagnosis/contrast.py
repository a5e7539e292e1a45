"""What the bad ones of a set have in common that the good ones do not have.

Each item is the set of its traits. A trait, or a pair of traits, is a finding when it is far more frequent among the
bad ones than chance allows: by the hypergeometric distribution, corrected for the number of traits that were tried. So
"2 of 2, and 0 of 500 others" is a finding, and "1 of 1, and 0 of 20 others" is none.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from stockstorm.reports.diagnosis.traits import Trait

CHANCE_MAX: Final = 0.001
COVERAGE_MIN: Final = 0.5  # of the bad ones that are not explained yet
LIFT_MIN: Final = 2.0  # how many times as frequent among the bad ones
CLUSTERS_MAX: Final = 3
LATER_SHARE_MIN: Final = 0.1  # of all bad ones, for every explanation but the first
LEADING_MAX: Final = 4  # traits that are tried in pairs,
PAIRED_MAX: Final = 20  # each with so many others
TERMS_MAX: Final = 200  # of a sum whose terms fall fast

Traits = frozenset[Trait]


class Common(NamedTuple):
    """Traits (one or two, which occur together) that distinguish the bad ones."""

    traits: tuple[Trait, ...]
    bad: int
    bad_of: int
    good: int
    good_of: int
    equal: tuple[Trait, ...]  # other traits with the same counts, which explain it as well
    covers: frozenset[int]  # positions among the bad ones

    @property
    def total(self) -> bool:
        """Whether it holds for every bad one and for no good one."""
        return self.bad == self.bad_of and not self.good


class _Counts(NamedTuple):
    traits: tuple[Trait, ...]
    bad: int
    good: int


def clusters(bad: Sequence[Traits], good: Sequence[Traits]) -> list[Common]:
    """The best explanation, then the best of what it leaves, and so on. Empty when nothing distinguishes the bad."""
    left, found = list(range(len(bad))), list[Common]()
    while left and len(found) < CLUSTERS_MAX:
        best = _best([bad[place] for place in left], good)
        if best is None:
            return found
        covers = frozenset(place for place in left if bad[place].issuperset(best.traits))
        if found and len(covers) < LATER_SHARE_MIN * len(bad):
            return found
        found.append(best._replace(bad_of=len(bad), covers=covers))
        left = [place for place in left if place not in covers]
    return found


def chance(hits: int, drawn: int, marked: int, of: int) -> float:
    """The natural logarithm of the probability of at least `hits` marked ones among `drawn` of `of`."""
    most = min(drawn, marked)
    if hits <= 0:
        return 0.0
    terms = [_log_exactly(each, drawn, marked, of) for each in range(hits, min(most, hits + TERMS_MAX) + 1)]
    terms = [term for term in terms if term > -math.inf]
    if not terms:
        return 0.0
    top = max(terms)
    return min(0.0, top + math.log(sum(math.exp(term - top) for term in terms)))


def fit(wrong: Mapping[str, int], predicted: Mapping[str, int], of: int) -> tuple[int, float]:
    """How many SKUs are wrong by exactly the predicted units, and the logarithm of a bound of the chance of so many.

    Each of the `of` SKUs fits by chance where both say something of it and both say the same.
    """
    hits = sum(wrong.get(sku) == count for sku, count in predicted.items())
    if not hits:
        return 0, 0.0
    counts = Counter(wrong.values())
    alike = sum(counts[count] for count in predicted.values()) / (of * of)
    return hits, min(0.0, _log_choose(of, hits) + hits * math.log(min(1.0, alike)))


def _log_exactly(hits: int, drawn: int, marked: int, of: int) -> float:
    if drawn - hits > of - marked:
        return -math.inf
    return _log_choose(marked, hits) + _log_choose(of - marked, drawn - hits) - _log_choose(of, drawn)


def _log_choose(of: int, chosen: int) -> float:
    return math.lgamma(of + 1) - math.lgamma(chosen + 1) - math.lgamma(of - chosen + 1)


def _best(bad: Sequence[Traits], good: Sequence[Traits]) -> Common | None:
    if not good:
        return None
    in_bad, in_good = Counter(_all(bad)), Counter(_all(good))
    single = [_Counts((trait,), count, in_good[trait]) for trait, count in in_bad.items()]
    kept = [one for one in single if _distinguishes(one, len(bad), len(good))]
    scored = [(_score(one, len(bad), len(good), len(single)), one) for one in kept]
    scored.sort(key=lambda pair: (round(pair[0], 6), pair[1].traits[0].rank))
    leading = [one for _, one in scored[:LEADING_MAX]] or sorted(single, key=lambda one: -one.bad)[:LEADING_MAX]
    scored += [
        (_score(pair, len(bad), len(good), len(single) ** 2), pair)
        for pair in _pairs(leading, single, bad, good)
        if _distinguishes(pair, len(bad), len(good))
    ]
    if not scored:
        return None
    score, best = min(scored, key=lambda pair: (round(pair[0], 6), len(pair[1].traits), pair[1].traits[0].rank))
    if score > math.log(CHANCE_MAX):
        return None
    same = (best.bad, best.good)
    equal = [one for one in kept if (one.bad, one.good) == same and len(best.traits) == 1 and one.traits != best.traits]
    alike = sorted((one.traits[0] for one in equal), key=lambda trait: trait.rank)
    return Common(best.traits, best.bad, len(bad), best.good, len(good), tuple(alike), frozenset())


def _all(items: Iterable[Traits]) -> Iterator[Trait]:
    for traits in items:
        yield from traits


def _distinguishes(counts: _Counts, bad: int, good: int) -> bool:
    share = counts.bad / bad
    return share >= COVERAGE_MIN and share >= LIFT_MIN * counts.good / good


def _score(counts: _Counts, bad: int, good: int, tried: int) -> float:
    found = chance(counts.bad, bad, counts.bad + counts.good, bad + good)
    return found + math.log(max(1, tried))


def _pairs(
    leading: Sequence[_Counts], single: Sequence[_Counts], bad: Sequence[Traits], good: Sequence[Traits]
) -> Iterator[_Counts]:
    """The leading traits, each with every other one that most of the same bad ones have."""
    for one in leading:
        of_bad = [traits for traits in bad if traits.issuperset(one.traits)]
        of_good = [traits for traits in good if traits.issuperset(one.traits)]
        frequent = [two for two in single if two.bad >= COVERAGE_MIN * len(bad) and two.traits != one.traits]
        for two in sorted(frequent, key=lambda counts: -counts.bad)[:PAIRED_MAX]:
            in_bad = sum(traits.issuperset(two.traits) for traits in of_bad)
            if in_bad >= COVERAGE_MIN * len(bad):
                in_good = sum(traits.issuperset(two.traits) for traits in of_good)
                yield _Counts((*one.traits, *two.traits), in_bad, in_good)
