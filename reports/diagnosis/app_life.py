"""The subject did not survive what happened to its app: no new token, no new subscriptions, or scopes that it lacks."""

from collections.abc import Iterator, Sequence
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, ordered, quoted
from stockstorm.reports.history.app_life import RENEWED_WITHIN_NS
from stockstorm.reports.result import Diagnosis, counted
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.model import SHOPIFY

NO_TOPIC: Final = "You cannot create a webhook subscription"
NO_SCOPE: Final = (
    "Access denied for ",
    NO_TOPIC,
    "This app is not approved",
    "[API] This action requires merchant approval",
)

SHARE_MIN: Final = 0.05  # of the calls to the Admin API


class NotReinstalled(Diagnose):
    """The app was installed again, or its token revoked, and the subject went on as before."""

    name = "not_reinstalled"

    def __call__(self, case: Case) -> Iterator[Found]:
        for change in case.history.app.changes:
            if change.change in ("reinstall", "revoke_token"):
                yield from _dead_token(self.name, case, change)
            if change.change == "reinstall":
                yield from _not_subscribed(self.name, case, change)


def _dead_token(name: str, case: Case, change: f.AppChanged) -> Iterator[Found]:
    """Calls with the dead token long after another one could be had, and none with a new one."""
    late_ns = change.at_ns + RENEWED_WITHIN_NS
    later = [call for call in case.calls if call.api == "admin" and call.at_ns >= change.at_ns]
    dead = [call for call in later if call.outcome == "denied"]
    if not dead or dead[-1].at_ns < late_ns or any(call.outcome != "denied" for call in later):
        return
    happened = "installed again" if change.change == "reinstall" else "left without its token"
    yield Found(
        Diagnosis(
            name,
            f"the app was {happened} at {case.when(change.at_ns)}, and the subject went on with its dead token",
            (f"{counted(len(dead), 'call')} to the Admin API after that, all answered 401",),
            "ask for a new access token when a call is answered 401, and use it",
            case.consequences(),
            dead[0].at_ns,
        ),
        frozenset(f"call {call.request}" for call in dead),
    )


def _not_subscribed(name: str, case: Case, change: f.AppChanged) -> Iterator[Found]:
    """Topics that were subscribed to before the uninstallation and not after the app came back."""
    created = [each for each in case.history.all(f.SubscriptionCreated) if each.source == SHOPIFY and each.by_api]
    gone = [each for each in case.history.all(f.SubscriptionRemoved) if each.source == SHOPIFY]
    before = {each.topic for each in gone if each.at_ns <= change.at_ns}
    gone_for_good = before - {each.topic for each in created if each.at_ns >= change.at_ns}
    missing = sorted(topic for topic in gone_for_good if not case.history.app.forbids(topic, change.at_ns))
    if not missing:
        return
    unheard = case.history.deliveries.unheard
    events = [event for event in case.history.all(f.EventFired) if event.event in unheard and event.topic in missing]
    after = [event for event in events if event.at_ns >= change.at_ns]
    if not after:
        return
    yield Found(
        Diagnosis(
            name,
            f"the app was installed again at {case.when(change.at_ns)}, and the subject did not subscribe again to "
            f"{quoted(missing)}",
            (f"{counted(len(after), 'event')} of these topics had no subscriber after that",),
            "uninstalling removes every subscription made by API: create them again with the new token, and read what "
            "changed meanwhile",
            case.consequences(),
            change.at_ns,
        ),
        frozenset(f"event {event.event}" for event in after),
    )


class ScopesMissing(Diagnose):
    """The app lacks a scope, and the subject does without more than that."""

    name = "scopes_missing"

    def __call__(self, case: Case) -> Iterator[Found]:
        refused = [call for call in case.calls if any(text.startswith(NO_SCOPE) for text in call.errors)]
        if not refused:
            return
        left_out = _left_out(case)
        if not (left_out or _often(case, refused)):
            return
        told = [text for text, _ in ordered(text for call in refused for text in call.errors)]
        yield Found(
            Diagnosis(
                self.name,
                f"{counted(len(refused), 'call')} to the Admin API needed a scope or an approval that the app lacks",
                (f"first at {case.when(refused[0].at_ns)}", *told[:2], *left_out),
                "ask for the scope; without it, go on with everything that does not need it",
                case.consequences(),
                refused[0].at_ns,
            ),
            frozenset(f"call {call.request}" for call in refused),
        )


def _often(case: Case, refused: Sequence[f.ApiCalled]) -> bool:
    """Whether so much was refused that it matters, besides subscriptions: a sound service goes on without these."""
    admin = sum(call.api == "admin" for call in case.calls)
    work = sum(not any(text.startswith(NO_TOPIC) for text in call.errors) for call in refused)
    return work > 0 and work >= SHARE_MIN * admin


def _left_out(case: Case) -> tuple[str, ...]:
    """Topics that the app may have and that the subject did not subscribe to after a refusal."""
    app, unheard = case.history.app, case.history.deliveries.unheard
    events = [event for event in case.history.all(f.EventFired) if event.event in unheard and not app.excuses(event)]
    topics = sorted({event.topic for event in events if event.source == SHOPIFY})
    return (f"allowed, and not subscribed to either: {quoted(topics)}",) if topics else ()
