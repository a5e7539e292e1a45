"""Calls that an API refused, grouped by operation and by the text of the error."""

from collections.abc import Iterator
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.not_played import not_offered, nowhere
from stockstorm.reports.result import Diagnosis
from stockstorm.simulator.api.exchange import request_id
from stockstorm.simulator.history import facts as f

REFUSED: Final = frozenset({"user_error", "error", "bad_request"})
SHARE_MIN: Final = 0.05  # of an operation's calls; a sound service may lose a comparison now and then
MANY: Final = 0.5
GROUPS_MAX: Final = 3
CORRECT: Final = "read userErrors and errors of every answer, log them, and correct the call as the text says"
CONTENDED: Final = (
    "somebody else changes these levels between read and write: read just before the write, write fewer levels in one "
    "call, since one that changed refuses all of them, or write a difference without a comparison"
)
AWAY: Final = "app_not_installed"  # with which a token is refused while the app is not installed
_STALE: Final = ("changefromquantity", "compare", "stale")  # an answer that asks for a new try, as it should be
_TAKEN: Final = "already been taken"


class CallsRefused(Diagnose):
    name = "calls_refused"

    def __call__(self, case: Case) -> Iterator[Found]:
        totals: dict[tuple[str, str], int] = {}
        groups: dict[tuple[str, str, str], list[f.ApiCalled]] = {}
        for call in case.calls:
            totals[call.api, call.operation] = totals.get((call.api, call.operation), 0) + 1
            left_out = call.strangers or call.injected or call.unplayed or _planned(case, call) or _is_there(call)
            if not left_out and _refused(call):
                groups.setdefault((call.api, call.operation, _text(call)), []).append(call)
        largest = sorted(groups.items(), key=lambda item: -len(item[1]))
        kept = [(key, found) for key, found in largest if _telling(key[2], len(found), totals[key[0], key[1]])]
        for (api, operation, text), found in kept[:GROUPS_MAX]:
            of = totals[api, operation]
            name = operation or "documents"
            part = "took only some rows of" if found[0].outcome == "ok" else "refused"
            side = "the Admin API" if api == "admin" else api
            yield Found(
                Diagnosis(
                    self.name,
                    f"{side} {part} {len(found):,} of {of:,} {name}: {text}",
                    (
                        f"first at {case.when(found[0].at_ns)}, last at {case.when(found[-1].at_ns)}",
                        "calls " + quoted(_named(call) for call in found),
                    ),
                    CONTENDED if _is_stale(text) else CORRECT,
                    case.consequences(),
                    found[0].at_ns,
                ),
                frozenset(f"call {call.request}" for call in found),
            )


def _refused(call: f.ApiCalled) -> bool:
    if call.outcome == "ok":
        return bool(call.errors) and call.api != "admin"  # a push of which some rows were rejected
    return call.outcome in REFUSED and not (nowhere(call) or not_offered(call))


def _planned(case: Case, call: f.ApiCalled) -> bool:
    """Whether the call asked for a token while the app was away, as a service does that waits for it to come back."""
    away = any(each.begin_ns <= call.at_ns < each.end_ns for each in case.history.app.away)
    return away and any(text.startswith(AWAY) for text in call.errors)


def _is_there(call: f.ApiCalled) -> bool:
    """Whether a subscription was asked for that exists, as after every restart. The subject has what it wants then."""
    texts = [text for text in call.errors if _TAKEN not in text.lower()]
    return "webhook" in call.operation.lower() and bool(call.errors) and not texts


def _text(call: f.ApiCalled) -> str:
    return call.errors[0] if call.errors else f"{call.outcome.replace('_', ' ')}, with status {call.status}"


def _telling(text: str, count: int, of: int) -> bool:
    return count >= (MANY if _is_stale(text) else SHARE_MIN) * of


def _is_stale(text: str) -> bool:
    return any(word in text.lower() for word in _STALE)


def _named(call: f.ApiCalled) -> str:
    name = request_id(call.request)
    return f"{name} (idempotency key {call.key})" if call.key else name
