"""The subject's answers to webhooks, grouped, and what tells refused deliveries from accepted ones."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from stockstorm.reports.diagnosis.case import Case, quoted
from stockstorm.reports.diagnosis.contrast import Common, clusters
from stockstorm.reports.diagnosis.event_traits import EventTraits, event_traits
from stockstorm.reports.diagnosis.traits import SIZES, Trait, said
from stockstorm.reports.history.deliveries import Delivery
from stockstorm.reports.history.faults import excused
from stockstorm.reports.result import verb
from stockstorm.simulator.history import facts as f

GOOD_MAX: Final = 20_000  # accepted deliveries that refused ones are compared with
BAD_MAX: Final = 5_000
OF_EVENT: Final = frozenset({"copies", "process_end", "retried", "ahead"})  # what is said of all deliveries together

Answered = tuple[Delivery, f.AttemptEnded]


class Attempts(NamedTuple):
    """Genuine attempts outside of every fault, with their deliveries."""

    failed: list[Answered]
    accepted: list[Answered]


def attempts_of(case: Case) -> Attempts:
    """Built once a case: most diagnoses look at the failed ones, which are few, and go on only if there are any."""
    found = case.kept.get(Attempts.__name__)
    if isinstance(found, Attempts):
        return found
    faults, genuine = case.history.fault_intervals, case.genuine
    tried = [(delivery, attempt) for delivery in genuine for attempt in delivery.attempts]
    if faults:
        tried = [one for one in tried if not excused(one[1], faults)]
    failed = [one for one in tried if one[1].error or not 200 <= one[1].status < 300]
    gone = set(map(id, failed))
    accepted = [one for one in tried if id(one) not in gone] if failed else tried
    case.kept[Attempts.__name__] = found = Attempts(failed, accepted)
    return found


def failures(case: Case, wanted: Callable[[f.AttemptEnded], bool]) -> list[Answered]:
    """The failed ones of a kind."""
    return [one for one in attempts_of(case).failed if wanted(one[1])]


def texts(found: Iterable[Answered]) -> list[str]:
    """The different texts of these answers, most frequent first, in quotes."""
    counts: dict[str, int] = {}
    for _, attempt in found:
        if attempt.said:
            counts[attempt.said] = counts.get(attempt.said, 0) + 1
    return [f"“{text}” ({count} times)" for text, count in sorted(counts.items(), key=lambda item: -item[1])]


def compared(case: Case, bad: Sequence[Answered], accepted: Sequence[Answered]) -> list[Common]:
    """What the bad ones have in common that accepted ones have not."""
    events = event_traits(case)
    step = max(1, len(accepted) // GOOD_MAX)
    return clusters(
        [_traits(case, events, one) for one in bad[:BAD_MAX]],
        [_traits(case, events, one) for one in accepted[::step]],
    )


def shared(found: Sequence[Common], noun: str) -> tuple[str, ...]:
    """ "38 of 38 are of topic order.returned; 0 of 900 accepted ones are"."""
    return tuple(
        f"{one.bad} of {one.bad_of} {noun} {verb(one.bad, 'are')} {said(one.traits)}; "
        f"{one.good} of {one.good_of} accepted ones {verb(one.good, 'are')}"
        for one in found
    )


def examples(case: Case, found: Sequence[Answered]) -> str:
    """A few of these attempts, as a log can name them."""
    return "for example " + quoted(
        f"webhook {delivery.planned.webhook_id} ({delivery.planned.topic}) at {case.when(attempt.at_ns)}"
        for delivery, attempt in found
    )


def removals(case: Case) -> tuple[str, ...]:
    """What Shopify did because of failures."""
    gone = [fact for fact in case.history.all(f.SubscriptionRemoved) if fact.by_policy]
    if not gone:
        return ()
    topics = quoted(f"{fact.topic} at {case.when(fact.at_ns)}" for fact in gone)
    return (f"because of these failures Shopify removed {len(gone)} of its subscriptions: {topics}",)


def _traits(case: Case, events: EventTraits, answered: Answered) -> frozenset[Trait]:
    delivery, attempt = answered
    event = case.history.deliveries.events.get(delivery.planned.event)
    found = {trait for trait in events.of(event) if trait.kind not in OF_EVENT} if event else set[Trait]()
    if delivery.planned.copy:
        found.add(Trait("copies"))
    for size in SIZES:
        if attempt.bytes_sent > size:
            found.add(Trait("size", f"{size // 1000} kB"))
    return frozenset(found)
