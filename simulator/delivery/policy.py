"""What follows from an answer: done, a retry, or giving up; and whether the subscription is removed. Pure decisions.

Shopify's documents agree on 8 retries over 4 hours since 2024-09-10 (before: 19 over 48 hours) and on gaps that grow,
but do not state the gaps; those here are assumed (docs/sources.md, S4). They disagree on when a subscription is removed
(S5): "after 8 consecutive failures", "after multiple failures in a 24-hour period". A delivery that has used up its
retries is both, and is the rule by default. The others count the failed attempts of the subscription in a row, over all
its deliveries, or the deliveries that were given up within a day; how many "multiple" is, is assumed. `guide` removes
after 19 failures of one delivery in a row with nothing acknowledged on the subscription in between. Only subscriptions
made by API are removed.
"""

from collections import deque
from typing import Final, Literal

import msgspec

from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import RemovalRule
from stockstorm.simulator.delivery.attempts import Answer
from stockstorm.simulator.history.facts import DeliveryOutcome
from stockstorm.simulator.limits import ANSWER_TIMEOUT_NS

GAPS_SHOPIFY_2024_09_S: Final = (10, 30, 120, 300, 900, 2_100, 4_200, 6_740)
GAPS_GUIDE_S: Final = (
    *(10, 16, 27, 43, 71, 115, 188, 307, 501, 818),
    *(1_334, 2_176, 3_550, 5_790, 9_445, 15_407, 25_132, 40_996, 66_874),
)
REMOVAL_FAILURES_GUIDE: Final = 19
REMOVAL_ATTEMPTS: Final = 8  # "consecutive"
REMOVAL_DELIVERIES: Final = 8  # "day"
DAY_NS: Final = 24 * 3_600 * SECOND_NS

PolicyName = Literal["shopify_2024_09", "guide"]
_RULES: Final[dict[PolicyName, tuple[tuple[int, ...], int | None]]] = {
    "shopify_2024_09": (GAPS_SHOPIFY_2024_09_S, None),
    "guide": (GAPS_GUIDE_S, REMOVAL_FAILURES_GUIDE),
}


class Done(msgspec.Struct, frozen=True):
    """Acknowledged."""


class Retry(msgspec.Struct, frozen=True):
    due_ns: int


class GiveUp(msgspec.Struct, frozen=True):
    """No further attempt. `remove_subscription` applies only to a subscription made by API."""

    remove_subscription: bool


Decision = Done | Retry | GiveUp
DONE: Final = Done()


class Record:
    """What the removal of one subscription depends on. `acknowledged` counts its successes."""

    __slots__ = ("acknowledged", "failed", "given_up_ns")

    def __init__(self) -> None:
        self.acknowledged = 0
        self.failed = 0  # attempts in a row
        self.given_up_ns: deque[int] = deque(maxlen=REMOVAL_DELIVERIES)


class Policy(msgspec.Struct, frozen=True):
    """Gaps between attempts, and when a subscription is removed (`removal_failures` None: by `rule`)."""

    name: str
    gaps_ns: tuple[int, ...]
    removal_failures: int | None = None
    rule: RemovalRule = "exhausted"
    day_ns: int = DAY_NS

    def decision(self, answer: Answer, *, attempt: int, failures_in_a_row: int) -> Decision:
        """What follows from the answer to attempt number `attempt`, from 1. `failures_in_a_row` includes this one."""
        if succeeded(answer):
            return DONE
        exhausted = attempt > len(self.gaps_ns)
        if self.removal_failures is not None and failures_in_a_row >= self.removal_failures:
            return GiveUp(remove_subscription=True)
        if exhausted:
            return GiveUp(remove_subscription=self.removal_failures is None and self.rule == "exhausted")
        return Retry(answer.ended_ns + self.gaps_ns[attempt - 1])

    def removes(self, decision: Decision, record: Record, ended_ns: int) -> bool:
        """Whether the subscription goes after an attempt that failed. Counts it in the record."""
        record.failed += 1
        if isinstance(decision, GiveUp):
            record.given_up_ns.append(ended_ns)
            if decision.remove_subscription:
                return True
        if self.removal_failures is not None:
            return False
        if self.rule == "consecutive":
            return record.failed >= REMOVAL_ATTEMPTS
        given_up = record.given_up_ns
        full = self.rule == "day" and len(given_up) == REMOVAL_DELIVERIES
        return full and ended_ns - given_up[0] <= self.day_ns


def succeeded(answer: Answer) -> bool:
    """Any 2xx, complete within 5 s of connecting. Redirects are not followed and fail (docs/sources.md, S3)."""
    return (
        200 <= answer.status < 300 and not answer.error and answer.answered_ns - answer.started_ns <= ANSWER_TIMEOUT_NS
    )


def make_policy(name: PolicyName, retry_time_scale: float = 1.0, rule: RemovalRule = "exhausted") -> Policy:
    """The policy of that name, with every gap and the day multiplied by the scale (1 is faithful)."""
    gaps_s, removal_failures = _RULES[name]
    gaps_ns = tuple(round(gap_s * SECOND_NS * retry_time_scale) for gap_s in gaps_s)
    return Policy(name, gaps_ns, removal_failures, rule, round(DAY_NS * retry_time_scale))


def forged_outcome(answer: Answer) -> DeliveryOutcome:
    """How a forged delivery ended: "refused" by any 4xx, "acknowledged" by any 2xx, else "given_up". Never retried."""
    if succeeded(answer):
        return "acknowledged"
    return "refused" if 400 <= answer.status < 500 else "given_up"
