"""Delivery success by topic: attempts, first-try share, retries, deliveries given up, subscriptions removed.

A timeout, a delivery given up or a subscription removed by policy is invalid: in production those events are gone.
Timeouts of attempts that overlap a fault of the scenario are counted but not blamed on the subject. Timeouts alone are
unknown if the load generator could not keep up, because a stalled generator causes timeouts itself.
"""

from collections import Counter

import msgspec

from stockstorm.reports.checkers.checker import Checker, Measure
from stockstorm.reports.checkers.generator import Generator
from stockstorm.reports.history import History
from stockstorm.reports.history.acks import TIMEOUTS
from stockstorm.reports.history.deliveries import Delivery
from stockstorm.reports.history.faults import FaultInterval, excused
from stockstorm.reports.result import Check, Incident, Tally, counted, unknown
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f


class _Topic(msgspec.Struct):
    deliveries: int = 0
    first_try: int = 0
    attempts: int = 0
    retries: int = 0
    given_up: int = 0
    timeouts: int = 0
    excused: int = 0  # timeouts during a fault

    def add(self, delivery: Delivery, faults: list[FaultInterval]) -> None:
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
        for attempt in attempts:
            if attempt.error in TIMEOUTS:
                self.timeouts += 1
                self.excused += excused(attempt, faults)

    def include(self, other: "_Topic") -> None:
        for count in self.__struct_fields__:
            setattr(self, count, getattr(self, count) + getattr(other, count))

    def measures(self, prefix: str) -> dict[str, float]:
        share = {f"{prefix}.first_try_share": self.first_try / self.deliveries} if self.deliveries else {}
        counts = ("attempts", "retries", "given_up", "timeouts")
        return {**share, **{f"{prefix}.{count}": float(getattr(self, count)) for count in counts}}


class DeliverySuccess(Checker):
    name = "delivery_success"
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
        faults = [fault for fault in history.fault_intervals if fault.planned]
        topics: dict[str, _Topic] = {}
        total, tally = _Topic(), Tally()
        for delivery in history.deliveries.by_id.values():
            if delivery.attempts and not delivery.planned.forged:
                name = delivery.planned.topic
                topic = topics.get(name) or topics.setdefault(name, _Topic())
                topic.add(delivery, faults)
                if delivery.outcome == "given_up":
                    tally.add(_given_up(history, delivery))
        for topic in topics.values():
            total.include(topic)
        removed = [gone for gone in history.all(f.SubscriptionRemoved) if gone.by_policy]
        for gone in removed:
            tally.add(_removed(history, gone))
        measures = total.measures(self.name)
        for name, topic in sorted(topics.items()):
            measures |= topic.measures(f"{self.name}.{name}")
        measures[f"{self.name}.subscriptions_removed"] = float(len(removed))
        measures["delivery_success_s.without_subscription"] = _without_subscription_s(history)
        if not total.deliveries:
            return unknown(self.name, "no attempt was made", measures)
        blamed = total.timeouts - total.excused
        wrong = [
            (blamed, "attempt timed out", "attempts timed out"),
            (total.given_up, "delivery given up", "deliveries given up"),
        ]
        wrong.append((len(removed), "subscription removed", "subscriptions removed"))
        reasons = [f"{count} {one if count == 1 else many}" for count, one, many in wrong if count]
        if len(reasons) == 1 and blamed and (generator := Generator()(history)).verdict == "unknown":
            reason = f"{reasons[0]}, but the load generator could not keep up: {generator.reason}"
            return unknown(self.name, reason, measures)
        if reasons:
            return tally.check(self.name, "invalid", ", ".join(reasons), measures)
        reason = f"{total.first_try:,} of {counted(total.deliveries, 'delivery')} acknowledged at the first try"
        return tally.check(self.name, "valid", reason.replace("deliverys", "deliveries"), measures)

    def exposure(self, history: History) -> dict[str, int]:
        tried = Counter(
            one.planned.topic for one in history.deliveries.by_id.values() if one.attempts and not one.planned.forged
        )
        return {f"of {topic}": count for topic, count in sorted(tried.items())} or {"deliveries tried": 0}


def _given_up(history: History, delivery: Delivery) -> Incident:
    planned = delivery.planned
    text = (
        f"{planned.topic} was given up after {counted(len(delivery.attempts), 'attempt')}, "
        f"at {history.offset(delivery.ended_ns)}: the subject never got event {planned.event}"
    )
    return Incident("given_up", delivery.ended_ns, text, events=(planned.event,))


def _removed(history: History, gone: f.SubscriptionRemoved) -> Incident:
    text = f"The subscription to {gone.topic} was removed after consecutive failures, at {history.offset(gone.at_ns)}"
    return Incident("subscription_removed", gone.at_ns, text, channel="" if gone.source == "shopify" else gone.source)


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
