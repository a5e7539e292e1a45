"""Webhooks that are answered late or not within 5 s: work is done before the answer, or answers wait for their turn.

What timed out while other programs had the machine says nothing of that.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from stockstorm.reports.diagnosis.answers import Answered, attempts_of, compared, failures, shared
from stockstorm.reports.diagnosis.case import EXAMPLES_MAX, HARNESS, Case, Diagnose, Found, quoted
from stockstorm.reports.result import Diagnosis, verb
from stockstorm.reports.statistics.quantiles import quantile
from stockstorm.simulator.clock import MILLISECOND_NS
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.history.attempt_errors import TURNED_AWAY

TOO_LATE: Final = frozenset({"answer_timeout", "connect_timeout"})
SLOW_MS: Final = 500.0  # in the median
GROWTH_MIN: Final = 3.0
THIRD_MIN: Final = 10  # answers
CHECKS: Final = ("ack_time", "delivery", "delivery_success")


class SlowAnswers(Diagnose):
    name = "slow_answers"

    def __call__(self, case: Case) -> Iterator[Found]:
        if HARNESS in case.failing:
            return  # the load generator was late, so every speed is unknown
        late = failures(case, lambda attempt: attempt.error in TOO_LATE and not _of_the_machine(case, attempt))
        accepted = attempts_of(case).accepted
        if not late and not case.consequences(*CHECKS):
            return
        took = [_took_ms(attempt) for _, attempt in accepted]
        median = quantile(sorted(took), 0.5) if took else 0.0
        if not late and median < SLOW_MS:
            return
        if len(failures(case, lambda attempt: attempt.error in TURNED_AWAY)) > len(late):
            return  # nobody listens, which is another cause
        tried = sum(len(delivery.attempts) for delivery in case.genuine)
        parts = (
            [
                (
                    f"{len(late):,} of {tried:,} attempts "
                    f"{verb(len(late), 'were')} not accepted within 1 s or answered within 5 s"
                )
            ]
            if late
            else []
        )
        if took:
            parts.append(f"an answer takes {median:,.0f} ms in the median and {max(took):,.0f} ms at most")
        first, last = _thirds([attempt for _, attempt in accepted])
        if first and last / first >= GROWTH_MIN:
            parts.append(f"in the last third of the answers {last / first:,.0f} times as long as in the first")
        evidence = [
            f"the median is {first:,.0f} ms in the first third of the answers and {last:,.0f} ms in the last"
            if first
            else "",
            _slowest(case, accepted),
            *_calls(case),
            *case.machine,
        ]
        evidence += shared(compared(case, late, accepted), "unanswered ones") if late else ()
        yield Found(
            Diagnosis(
                self.name,
                ", ".join(parts) + ": the work is done before the answer, or requests wait for a free process",
                tuple(one for one in evidence if one) or ("no answer came in time",),
                "store the event, answer 200, and do the work afterwards in a worker; give the server more processes "
                "or "
                "connections to its database",
                case.consequences(),
                late[0][1].due_ns if late else 0,
            ),
            frozenset(f"delivery {delivery.planned.delivery}" for delivery, _ in late),
        )


def _of_the_machine(case: Case, attempt: f.AttemptEnded) -> bool:
    """Whether other programs had the machine when it timed out."""
    history = case.history
    stalled = (attempt.delivery, attempt.attempt) in history.stalled
    return stalled or history.cpu_waits.is_starved(attempt.started_ns, attempt.at_ns)


def _slowest(case: Case, accepted: Sequence[Answered]) -> str:
    """The answers that took longest, as the service's own log can name them."""
    slow = sorted(accepted, key=lambda one: -_took_ms(one[1]))
    return (
        "slowest: "
        + quoted(
            f"{delivery.planned.topic}, webhook {delivery.planned.webhook_id}, at {case.when(attempt.at_ns)}: "
            f"{_took_ms(attempt):,.0f} ms"
            for delivery, attempt in slow[:EXAMPLES_MAX]
        )
        if slow
        else ""
    )


def _took_ms(attempt: f.AttemptEnded) -> float:
    return (attempt.answered_ns - attempt.started_ns) / MILLISECOND_NS


def _thirds(attempts: Sequence[f.AttemptEnded]) -> tuple[float, float]:
    """What an answer takes in the median of the first third of them, and of the last, in ms; 0 of few."""
    third = len(attempts) // 3
    if third < THIRD_MIN:
        return 0.0, 0.0
    return (
        quantile(sorted(map(_took_ms, attempts[:third])), 0.5),
        quantile(sorted(map(_took_ms, attempts[-third:])), 0.5),
    )


def _calls(case: Case) -> tuple[str, ...]:
    """Whether calls of the subject fall into the time in which it owes an answer."""
    open_ = sorted((attempt.started_ns, attempt.at_ns) for one in case.genuine for attempt in one.attempts)
    if not case.calls or not open_:
        return ()
    inside = place = until = 0
    for at_ns in sorted(call.started_ns or call.at_ns for call in case.calls):
        while place < len(open_) and open_[place][0] <= at_ns:
            until, place = max(until, open_[place][1]), place + 1
        inside += at_ns <= until
    return (f"{inside:,} of its {len(case.calls):,} API calls began while a webhook waited for its answer",)
