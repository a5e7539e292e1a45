"""The app's installation over a run: when it was away, and which topics its scopes allow.

An event that no subscription can have heard is not held against the subject: one that fires between the uninstallation
and the subject's new subscription, if that comes soon after the app was installed again, and one whose topic needs a
scope that the app lacks. Whether the subject learned of it later is judged all the same.
"""

from bisect import bisect_right
from typing import Final

import msgspec

from stockstorm.reports.history.faults import FaultInterval
from stockstorm.reports.history.log import FactLog
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import LIFE, AppConfig, LifeChange
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.model import SHOPIFY
from stockstorm.simulator.shop.app import UNAPPROVED, with_implied
from stockstorm.simulator.shop.scopes import PROTECTED_TOPICS, missing_scope

ENDED_BY: Final[dict[LifeChange, LifeChange]] = {"uninstall": "reinstall", "rotate_secret": "new_secret_used"}
RENEWED_WITHIN_NS: Final = 10 * SECOND_NS  # from the new installation to new subscriptions


class Away(msgspec.Struct, frozen=True):
    """From an uninstallation to the new installation, or to the end of the run."""

    begin_ns: int
    end_ns: int


class AppLife:
    """What happened to the app, in order of time."""

    def __init__(self, log: FactLog, app: AppConfig) -> None:
        self.changes = sorted(log.all(f.AppChanged), key=lambda change: change.at_ns)
        self.away = _away(self.changes, log.end_ns)
        revoked = (each.at_ns for each in self.changes if each.change == "revoke_token")
        gone = (*self.away, *(Away(at, at) for at in revoked))
        self._tokenless = [Away(each.begin_ns, each.end_ns + RENEWED_WITHIN_NS) for each in gone]
        scopes = [(0, app.scopes), *((each.at_ns, each.scopes) for each in self.changes)]
        self._scopes = [(at_ns, with_implied(names)) for at_ns, names in scopes]  # here once, and not for each event
        self._times = [at_ns for at_ns, _ in self._scopes]
        self._closed = "Order" in UNAPPROVED[app.customer_data]
        self._forbidden: dict[tuple[str, int], bool] = {}
        self._subscribed = sorted(
            (each.at_ns, each.topic) for each in log.all(f.SubscriptionCreated) if each.source == SHOPIFY
        )

    def excuses(self, event: f.EventFired) -> bool:
        """Whether no subscription can have heard the event."""
        return event.source == SHOPIFY and (self.forbids(event.topic, event.at_ns) or self._gone(event))

    def forbids(self, topic: str, at_ns: int) -> bool:
        """Whether the app lacked the scope or the approval for a topic at that time."""
        key = (topic, bisect_right(self._times, at_ns) - 1)
        found = self._forbidden.get(key)
        if found is None:
            found = self._forbidden[key] = self._lacks(*key)
        return found

    def _lacks(self, topic: str, change: int) -> bool:
        """Whether a topic was not allowed between this change of the scopes and the next one."""
        _, scopes = self._scopes[change]
        closed = self._closed and topic.partition("/")[0] in PROTECTED_TOPICS
        return closed or bool(missing_scope(topic, scopes))

    def token_dead(self, at_ns: int) -> bool:
        """Whether the token had just been taken from the subject: while the app is away, and a little longer."""
        return any(each.begin_ns <= at_ns < each.end_ns for each in self._tokenless)

    def postponed(self, attempt: f.AttemptEnded) -> bool:
        """Whether an attempt met a subject without a token, which may ask for it later."""
        return any(each.begin_ns <= attempt.at_ns and attempt.due_ns < each.end_ns for each in self._tokenless)

    def _gone(self, event: f.EventFired) -> bool:
        if not self.away:
            return False
        return any(away.begin_ns <= event.at_ns < self._back_ns(away, event.topic) for away in self.away)

    def _back_ns(self, away: Away, topic: str) -> int:
        """When the topic was subscribed to again, but not later than a sound subject does that."""
        again = (at_ns for at_ns, name in self._subscribed if name == topic and at_ns >= away.begin_ns)
        return min(next(again, away.end_ns + RENEWED_WITHIN_NS), away.end_ns + RENEWED_WITHIN_NS)


def life_intervals(changes: list[f.AppChanged], end_ns: int) -> list[FaultInterval]:
    """What happened to the app, for the time axes of a report. What has no end is a moment. It excuses nothing."""
    found = []
    for place, change in enumerate(changes):
        if change.change not in LIFE or change.change == "reinstall":
            continue
        end = ENDED_BY.get(change.change)
        later = (each.at_ns for each in changes[place:] if each.change == end)
        until_ns = next(later, end_ns) if end else change.at_ns
        found.append(FaultInterval(LIFE[change.change], "app", change.at_ns, until_ns))
    return found


def _away(changes: list[f.AppChanged], end_ns: int) -> list[Away]:
    found: list[Away] = []
    begin_ns: int | None = None
    for change in changes:
        if change.change == "uninstall":
            begin_ns = change.at_ns
        elif change.change == "reinstall" and begin_ns is not None:
            found.append(Away(begin_ns, change.at_ns))
            begin_ns = None
    return found if begin_ns is None else [*found, Away(begin_ns, end_ns)]
