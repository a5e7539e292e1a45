"""The subject called no played API."""

from collections.abc import Iterator

from stockstorm.reports.diagnosis.answers import attempts_of
from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
from stockstorm.reports.history.level import judged_level
from stockstorm.reports.result import Diagnosis, counted


class NoCall(Diagnose):
    name = "no_call"
    after = ("process_ended", "unreachable", "signature_check", "webhook_failures")

    def __call__(self, case: Case) -> Iterator[Found]:
        if case.calls or judged_level(case.history) != "full":
            return
        taken = len(attempts_of(case).accepted)
        yield Found(
            Diagnosis(
                self.name,
                "the service made no call to any API of the shop or of the marketplaces",
                (f"it answered {counted(taken, 'attempt')} with 2xx, and called nothing",),
                "give it the addresses of the simulated APIs (docs/own_service.md), start its worker, and look for "
                "errors in its log",
                case.consequences(),
            )
        )
