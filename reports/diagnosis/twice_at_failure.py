"""Events that count twice because the call that first wrote them got no answer, and was made again as a new one."""

import math
from collections.abc import Iterator
from typing import Final

from stockstorm.reports.diagnosis.applied_twice import CHECKS, doubled_and_single
from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.contrast import chance
from stockstorm.reports.diagnosis.event_traits import unanswered
from stockstorm.reports.result import Diagnosis

CHANCE_MAX: Final = 0.02  # of one hypothesis
COVERAGE_MIN: Final = 0.6


class TwiceAtFailure(Diagnose):
    name = "twice_at_failure"
    checks = CHECKS
    at_rest = True

    def __call__(self, case: Case) -> Iterator[Found]:
        bad, good = doubled_and_single(case)
        silent = unanswered(case)
        hit = [event for event in bad if (event.order, event.topic) in silent]
        others = sum((event.order, event.topic) in silent for event in good)
        if not hit or len(hit) < COVERAGE_MIN * len(bad):
            return
        if chance(len(hit), len(bad), len(hit) + others, len(bad) + len(good)) > math.log(CHANCE_MAX):
            return
        yield Found(
            Diagnosis(
                self.name,
                f"{len(hit)} of {len(bad)} events that count twice were first written by a call that got no answer",
                (
                    f"of the {len(good):,} events that count once, {others:,} had such a first call",
                    "twice, for example, " + quoted(case.named(event) for event in hit),
                ),
                "a write without an answer may have been executed: store its idempotency key before the call, and send "
                "it again with the same key and the same rows",
                case.consequences(*CHECKS),
                hit[0].at_ns,
            ),
            frozenset(f"event {event.event}" for event in hit),
        )
