"""API calls came with a missing or wrong token."""

from collections.abc import Iterator

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, ordered
from stockstorm.reports.result import Diagnosis, counted


class WrongToken(Diagnose):
    name = "wrong_token"
    after = ("not_reinstalled",)

    def __call__(self, case: Case) -> Iterator[Found]:
        for api, side in (("admin", "the Admin API"), ("", "the marketplaces' APIs")):
            calls = [call for call in case.calls if (call.api == "admin") == bool(api)]
            dead = case.history.app.token_dead
            denied = [call for call in calls if call.outcome == "denied" and not (api and dead(call.at_ns))]
            if not denied:
                continue
            told = [text for text, _ in ordered(text for call in denied for text in call.errors)]
            header = "X-Shopify-Access-Token: TOKEN" if api else "Authorization: Bearer TOKEN"
            yield Found(
                Diagnosis(
                    self.name,
                    f"{len(denied):,} of {counted(len(calls), 'call')} to {side} came without the right token (401)",
                    (f"first at {case.when(denied[0].at_ns)}", *told[:2]),
                    f"send the header {header}, with the token of this run",
                    case.consequences(),
                    denied[0].at_ns,
                ),
                frozenset(f"call {call.request}" for call in denied),
            )
