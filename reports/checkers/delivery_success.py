"""Delivery success by topic: attempts, first-try share, retries, deliveries given up, subscriptions removed.

Each genuine attempt that failed outside a planned fault is an incident: a 4xx, a 5xx, a timeout, a broken connection.
One that a retry healed is no failure. A timeout, a delivery given up or a subscription removed by policy is invalid by
itself, because in production those events are gone; so are repeated failures: at least FAILURES_MIN, and more than one
attempt in a thousand. A change of an order may be refused until the order itself is there. Timeouts and answers of
overload (429, 503) are unknown if the load generator could not keep up: the machine was too slow, and a stalled
generator causes timeouts itself. So they are if other programs may have made most of them meet a queue.
`history.failed_attempts` says which attempts count.
"""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Final

import msgspec

from stockstorm.reports.checkers.checker import Checker, Measure
from stockstorm.reports.checkers.generator import Generator
from stockstorm.reports.history import History
from stockstorm.reports.history.acks import TIMEOUTS
from stockstorm.reports.history.deliveries import NEVER_NS, Delivery
from stockstorm.reports.history.failed_attempts import FailedAttempt, failed_attempts
from stockstorm.reports.history.removals import Removal
from stockstorm.reports.result import Check, Incident, Tally, counted, unknown
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f

FAILURES_MIN: Final = 3
FAILURES_SHARE_MAX: Final = 0.001
STARVED: Final = "other programs of the machine took the CPU meanwhile"


class _Topic(msgspec.Struct):
    deliveries: int = 0
    first_try: int = 0
    attempts: int = 0
    retries: int = 0
    given_up: int = 0
    timeouts: int = 0
    dropped: int = 0

    def add(self, delivery: Delivery) -> None:
        attempts = delivery.attempts
        first, tries = attempts[0], len(attempts)
        self.deliveries += 1
        self.attempts += tries
        if first.attempt == 1 and 200 <= first.status < 300:
            self.first_try += 1
            if tries == 1 and not first.error:
                return  # as nearly every delivery: nothing else to count
        self.retries += tries - 1
        self.given_up += delivery.outcome == "given_up"
        self.timeouts += sum(attempt.error in TIMEOUTS for attempt in attempts)
        self.dropped += sum(attempt.error == "dropped" for attempt in attempts)

    def include(self, other: "_Topic") -> None:
        for count in self.__struct_fields__:
            setattr(self, count, getattr(self, count) + getattr(other, count))

    def measures(self, prefix: str) -> dict[str, float]:
        share = {f"{prefix}.first_try_share": self.first_try / self.deliveries} if self.deliveries else {}
        counts = ("attempts", "retries", "given_up", "timeouts")
        return {**share, **{f"{prefix}.{count}": float(getattr(self, count)) for count in counts}}


class DeliverySuccess(Checker):
    name = "delivery_success"
    level = "acknowledgement"
    measures = (
        Measure(
            "delivery_success.first_try_share",
            "acknowledged at the first try",
            "share",
            "share of deliveries acknowledged at the first attempt, 0 to 1",
            more_is_worse=False,
            headline=True,
        ),
        Measure("delivery_success.attempts", "attempts", "count", "attempts to deliver", more_is_worse=None),
        Measure("delivery_success.retries", "retries", "count", "attempts beyond the first"),
        Measure("delivery_success.given_up", "given up", "count", "deliveries given up after the last retry"),
        Measure(
            "delivery_success.timeouts", "timeouts", "count", "attempts that took over 1 s to connect or 5 s in all"
        ),
        Measure(
            "delivery_success.dropped",
            "attempts dropped on a kept connection",
            "count",
            "attempts on a connection that had been used before and that the subject closed before it answered",
        ),
        Measure(
            "delivery_success.failures",
            "failed attempts",
            "count",
            "attempts answered with a 4xx or 5xx, timed out or cut off, outside planned faults",
        ),
        Measure(
            "delivery_success.subscriptions_removed",
            "subscriptions removed",
            "count",
            "subscriptions removed for consecutive failures",
        ),
        Measure(
            "delivery_success_s.without_subscription",
            "time without subscription",
            "s",
            "seconds in which a topic had no subscription",
        ),
        Measure(
            "delivery_success_s.renewal",
            "time to a new subscription",
            "s",
            "longest time from the removal of a subscription, or from the end of the planned fault that caused it, to "
            "the subject's new one",
        ),
        Measure(
            "delivery_success.*.first_try_share",
            "acknowledged at the first try",
            "share",
            "the same for one topic",
            more_is_worse=False,
        ),
        Measure("delivery_success.*.attempts", "attempts", "count", "the same for one topic", more_is_worse=None),
        Measure("delivery_success.*.retries", "retries", "count", "the same for one topic"),
        Measure("delivery_success.*.given_up", "given up", "count", "the same for one topic"),
        Measure("delivery_success.*.timeouts", "timeouts", "count", "the same for one topic"),
    )
    when_polling = ()

    def __call__(self, history: History) -> Check:
        topics, failures, tally = _counted_topics(history)
        total = _Topic()
        for topic in topics.values():
            total.include(topic)
        removed = history.removals.all
        for gone in removed:
            tally.add(_removed(history, gone))
        blamed = [gone for gone in removed if not gone.planned]
        given_up = total.given_up - len(history.removals.given_up)
        measures = total.measures(self.name) | {f"{self.name}.dropped": float(total.dropped)}
        for name, topic in sorted(topics.items()):
            measures |= topic.measures(f"{self.name}.{name}")
        measures[f"{self.name}.subscriptions_removed"] = float(len(removed))
        measures["delivery_success_s.without_subscription"] = _without_subscription_s(history)
        if removed:
            measures["delivery_success_s.renewal"] = _renewal_s(removed)
        if not total.deliveries:
            return unknown(self.name, "no attempt was made", measures)
        measures[f"{self.name}.failures"] = float(len(failures))
        lasting = [
            (given_up, "delivery given up", "deliveries given up"),
            (len(blamed), "subscription removed", "subscriptions removed"),
        ]
        reasons = _reasons(history, failures, total.attempts, lasting)
        proven = [failure for failure in failures if not _starved(history, failure)]
        only_load = all(failure.of_load for failure in failures) and not given_up and not blamed
        if reasons and (excuse := _too_slow(history, failures, proven, only_load=only_load)):
            return tally.check(self.name, "unknown", f"{', '.join(reasons)}, but {excuse}", measures)
        if reasons and not _reasons(history, proven, total.attempts, lasting):
            return tally.check(self.name, "unknown", f"{', '.join(reasons)}, but {_seen(history)}", measures)
        if reasons:
            return tally.check(self.name, "invalid", ", ".join(reasons), measures)
        return tally.check(self.name, "valid", _fine(history, total, len(failures)), measures)

    def exposure(self, history: History) -> dict[str, int]:
        tried = Counter(
            one.planned.topic for one in history.deliveries.by_id.values() if one.attempts and not one.planned.forged
        )
        return {f"of {topic}": count for topic, count in sorted(tried.items())} or {"deliveries tried": 0}


def _reasons(
    history: History, failures: list[FailedAttempt], attempts: int, lasting: list[tuple[int, str, str]]
) -> list[str]:
    """What is wrong with deliveries, in words."""
    timeouts = sum(failure.attempt.error in TIMEOUTS for failure in failures)
    wrong: list[tuple[int | str, str, str]] = [
        (_repeated(history, failures, attempts), "", ""),
        (timeouts, "attempt timed out", "attempts timed out"),
        *lasting,
    ]
    return [_reason(*entry) for entry in wrong if entry[0]]


def _starved(history: History, failure: FailedAttempt) -> bool:
    """Whether it tells of load, while other programs of the machine took the CPU."""
    attempt = failure.attempt
    if attempt.error == "connect_timeout" and (attempt.delivery, attempt.attempt) in history.stalled:
        return True
    return failure.of_load and history.cpu_waits.is_starved(attempt.started_ns, attempt.at_ns)


def _too_slow(
    history: History, failures: Sequence[FailedAttempt], proven: Sequence[FailedAttempt], *, only_load: bool
) -> str:
    """Why the machine may have caused these failures, if all are of load; empty if nothing says so."""
    if not only_load:
        return ""
    if (generator := Generator()(history)).verdict == "unknown":
        return f"the load generator could not keep up: {generator.reason}"
    return _seen(history) if 2 * len(proven) <= len(failures) else ""


def _seen(history: History) -> str:
    return history.cpu_waits.text(history.start_ns, history.start_ns + history.load_ns) or STARVED


def _fine(history: History, total: _Topic, failures: int) -> str:
    """What went well, and what did not and is not held against the subject."""
    noun = "delivery" if total.deliveries == 1 else "deliveries"
    said = [f"{total.first_try:,} of {total.deliveries:,} {noun} acknowledged at the first try"]
    if failures:
        said.append(f"{counted(failures, 'attempt')} failed, too few to judge")
    if total.dropped:
        said.append(f"{counted(total.dropped, 'attempt')} met a kept connection that the subject had just closed")
    if history.removals.given_up or history.removals.all:
        gone = counted(len(history.removals.all), "subscription")
        said.append(f"because of a planned fault: {len(history.removals.given_up):,} given up, {gone} removed")
    return "; ".join(said)


def _reason(found: int | str, one: str, many: str) -> str:
    return found if isinstance(found, str) else f"{found} {one if found == 1 else many}"


def _counted_topics(history: History) -> tuple[dict[str, _Topic], list[FailedAttempt], Tally]:
    """Counts by topic, the failed attempts that count against the subject, and an incident for each."""
    topics: dict[str, _Topic] = {}
    tally = Tally()
    for delivery in history.deliveries.by_id.values():
        if delivery.attempts and not delivery.planned.forged:
            name = delivery.planned.topic
            topic = topics.get(name) or topics.setdefault(name, _Topic())
            topic.add(delivery)
            if delivery.outcome == "given_up" and delivery.planned.delivery not in history.removals.given_up:
                tally.add(_given_up(history, delivery))
    failures = [
        failure
        for failure in failed_attempts(history, history.deliveries, history.fault_intervals)
        if not (failure.of_load and history.app.postponed(failure.attempt))
    ]
    for failure in failures:
        if tally.full:
            tally.count()
        else:
            tally.add(_failed(history, failure))
    return topics, failures, tally


def _repeated(history: History, failures: list[FailedAttempt], attempts: int) -> str:
    """What failed again and again, in words. Empty for a few failures among many attempts."""
    others = [
        failure
        for failure in failures
        if failure.attempt.error not in TIMEOUTS and not _before_its_order(history, failure)
    ]
    if len(others) < FAILURES_MIN or len(others) <= FAILURES_SHARE_MAX * attempts:
        return ""
    how = Counter(failure.how for failure in others).most_common(2)
    shown = ", ".join(f"{count:,} {what}" for what, count in how)
    topics = Counter(failure.delivery.planned.topic for failure in others)
    where = f", all of {next(iter(topics))}" if len(topics) == 1 else ""
    copies = ", all of them duplicates" if all(failure.delivery.planned.copy for failure in others) else ""
    return f"{len(others):,} of {attempts:,} attempts failed ({shown}{where}{copies})"


def _before_its_order(history: History, failure: FailedAttempt) -> bool:
    """Whether a change of an order came before the order itself and was taken later. A subject may ask for that so."""
    event = history.deliveries.events.get(failure.delivery.planned.event)
    if event is None or event.order < 0 or failure.delivery.outcome != "acknowledged":
        return False
    created = "orders/create" if event.source == "shopify" else "order.created"
    first = history.deliveries.order_event.get((event.order, created), -1)
    if event.topic == created or first < 0:
        return False
    of_order = history.deliveries.by_event.get(first, ())
    taken = [delivery.ended_ns for delivery in of_order if delivery.outcome == "acknowledged"]
    return min(taken, default=NEVER_NS) > failure.attempt.started_ns


def _failed(history: History, failure: FailedAttempt) -> Incident:
    planned, attempt = failure.delivery.planned, failure.attempt
    event = history.deliveries.events.get(planned.event)
    source = "" if event is None or event.source == "shopify" else event.source
    copy = ", a duplicate" if planned.copy else ""
    after = "" if failure.delivery.outcome != "acknowledged" else "; a later attempt was acknowledged"
    text = (
        f"{planned.topic} of {source or 'the shop'} (webhook {planned.webhook_id}{copy}) failed at attempt "
        f"{attempt.attempt}, at {history.offset(attempt.at_ns)}: {failure.how}{after}"
    )
    sku, order = (event.sku, event.order) if event is not None else ("", -1)
    return Incident("delivery_failed", attempt.at_ns, text, source, sku, order, events=(planned.event,))


def _given_up(history: History, delivery: Delivery) -> Incident:
    planned = delivery.planned
    text = (
        f"{planned.topic} was given up after {counted(len(delivery.attempts), 'attempt')}, "
        f"at {history.offset(delivery.ended_ns)}: the subject never got {history.event_name(planned.event)}"
    )
    return Incident("given_up", delivery.ended_ns, text, events=(planned.event,))


def _removed(history: History, gone: Removal) -> Incident:
    why = "because of a planned fault" if gone.planned else "after consecutive failures"
    never = gone.again_ns == NEVER_NS
    then = "never created again" if never else f"created again at {history.offset(gone.again_ns)}"
    text = f"The subscription to {gone.topic} was removed {why}, at {history.offset(gone.gone_ns)}, and {then}"
    return Incident("subscription_removed", gone.gone_ns, text)


def _renewal_s(removed: Sequence[Removal]) -> float:
    longest_ns = max(gone.renewed_after_ns for gone in removed)
    return math.inf if longest_ns == NEVER_NS else longest_ns / SECOND_NS


def _without_subscription_s(history: History) -> float:
    """Seconds, summed over topics, in which a topic once subscribed to had no subscription."""
    changes: list[f.SubscriptionCreated | f.SubscriptionRemoved] = [*history.all(f.SubscriptionCreated)]
    changes = sorted([*changes, *history.all(f.SubscriptionRemoved)], key=lambda fact: fact.at_ns)
    alive: dict[tuple[str, str], int] = {}
    since: dict[tuple[str, str], int] = {}
    total_ns = 0
    for change in changes:
        key = (change.source, change.topic)
        alive[key] = alive.get(key, 0) + (1 if isinstance(change, f.SubscriptionCreated) else -1)
        if alive[key] <= 0:
            since.setdefault(key, change.at_ns)
        elif key in since:
            total_ns += change.at_ns - since.pop(key)
    total_ns += sum(history.end_ns - begin_ns for begin_ns in since.values())
    return total_ns / SECOND_NS
