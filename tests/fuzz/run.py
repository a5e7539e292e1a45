"""One run of the fuzzer: sends a range of cases, then checks processes, memory, logs, times, and the database."""

import asyncio
import math
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from stockstorm.reference_service.limits import ADDRESS_CONNECTIONS_MAX, LOG_INTERVAL_S, LOG_LINES_MAX, LOG_TEXTS_MAX
from tests.fuzz.case import KINDS, Answer, Case, Kind, broken_rule
from tests.fuzz.cases import case_of
from tests.fuzz.driver import saturate, send_all
from tests.fuzz.played_server import LOOPS_MAX, Report
from tests.fuzz.targets import Targets, running

PARTS: Final = 10  # at least
PART_MAX: Final = 5_000  # requests
WARM_PARTS: Final = 2  # memory may grow in these: caches fill
GROWTH_MAX_MB: Final = 60.0  # of one process, from the warm parts to the end
OVER_THE_BOUND: Final = 20  # connections of one address above the receiver's bound
LOG_LINE_BYTES: Final = 400
KEPT_MAX: Final = 100  # violations that are kept, with their bytes


class Violation(msgspec.Struct, frozen=True):
    """A broken rule. `case` is None if no single request broke it."""

    rule: str
    case: Case | None = None


class Outcome(msgspec.Struct):
    """What one run found."""

    seed: int
    first: int
    requests: int
    seconds: float = 0.0
    statuses: dict[Kind, Counter[int]] = {}
    violations: list[Violation] = []
    rss_mb: list[dict[str, float]] = []  # after each part
    busy: int = 0  # answers of 503 after which a request was sent again
    saturated: dict[int, int] = {}
    forgeries_stored: int = 0
    stored: int = 0
    cpu_s: dict[str, float] = {}
    log_bytes: dict[str, int] = {}
    calls: Report | None = None

    def break_rule(self, rule: str, case: Case | None = None) -> None:
        if len(self.violations) < KEPT_MAX:
            self.violations.append(Violation(rule, case))


class Run:
    """Sends cases, at most for `seconds`, and keeps what they found."""

    def __init__(self, seed: int, first: int, requests: int, seconds: float = math.inf) -> None:
        self.outcome = Outcome(seed, first, requests)
        self._stops_at, self._seconds = math.inf, seconds
        self._sent = 0
        self.outcome.statuses = {kind: Counter() for kind in KINDS}
        self._accepted: set[str] = set()  # webhook ids

    def whole(self, folder: Path) -> Outcome:
        """Everything. The processes live only during it; their logs stay in `folder`."""
        outcome = self.outcome
        with running(folder) as targets:
            begun = time.monotonic()
            self._stops_at = begun + self._seconds
            for part in self._parts():
                asyncio.run(send_all(targets.ports, part, self._answered))
                outcome.rss_mb.append(targets.rss_mb())
                for text in targets.ended():
                    outcome.break_rule(text)
                if targets.ended() or time.monotonic() >= self._stops_at:
                    break
            outcome.requests = self._sent
            outcome.seconds, outcome.cpu_s = time.monotonic() - begun, targets.cpu_s()
            self._saturate(targets)
            self._check_inbox(targets.inbox())
            outcome.calls = targets.stop()
            self._check_logs(targets)
        self._check_memory()
        self._check_calls()
        return outcome

    def _parts(self) -> Iterator[Iterable[Case]]:
        first, requests = self.outcome.first, self.outcome.requests
        size = max(1, min(requests // PARTS, PART_MAX))
        for low in range(first, first + requests, size):
            yield self._cases(low, min(low + size, first + requests))

    def _cases(self, low: int, high: int) -> Iterator[Case]:
        for index in range(low, high):
            if time.monotonic() >= self._stops_at:
                return
            self._sent += 1
            yield case_of(self.outcome.seed, index)

    def _answered(self, case: Case, answer: Answer) -> None:
        self.outcome.statuses[case.kind][answer.status] += 1
        self.outcome.busy += answer.busy
        if rule := broken_rule(case, answer):
            self.outcome.break_rule(rule, case)
        if answer.status == 200 and case.webhook_id and case.target == "webhooks":
            self._accepted.add(case.webhook_id)

    def _saturate(self, targets: Targets) -> None:
        """More connections than one address may have: those above are answered 503, and only those."""
        found = asyncio.run(saturate(targets.ports["webhooks"], ADDRESS_CONNECTIONS_MAX + OVER_THE_BOUND))
        self.outcome.saturated = found
        if not found.keys() <= {0, 503} or not 0 < found.get(503, 0) <= OVER_THE_BOUND:
            self.outcome.break_rule(f"{ADDRESS_CONNECTIONS_MAX + OVER_THE_BOUND} connections of one address: {found}")

    def _check_inbox(self, rows: dict[str, int]) -> None:
        outcome = self.outcome
        outcome.stored = sum(rows.values())
        outcome.forgeries_stored = sum(count for webhook_id, count in rows.items() if webhook_id.startswith("f-"))
        if outcome.forgeries_stored:
            outcome.break_rule(f"{outcome.forgeries_stored} forgeries are stored")
        if missing := sorted(self._accepted - rows.keys()):
            outcome.break_rule(f"{len(missing)} acknowledged webhooks are not stored, e.g. {missing[:5]}")
        if doubled := [
            webhook_id for webhook_id, count in rows.items() if count > 1 and webhook_id[:2] in ("g-", "r-")
        ]:
            outcome.break_rule(f"{len(doubled)} webhooks are stored twice, e.g. {doubled[:5]}")

    def _check_logs(self, targets: Targets) -> None:
        intervals = 1 + self.outcome.seconds / LOG_INTERVAL_S
        lines = intervals * LOG_TEXTS_MAX * (LOG_LINES_MAX + 1) + self.outcome.stored  # a dead letter is a line
        bound = round(lines * LOG_LINE_BYTES)
        for name, log in targets.logs().items():
            text = log.read_text(encoding="utf-8", errors="replace")
            self.outcome.log_bytes[name] = len(text)
            if "Traceback" in text:
                self.outcome.break_rule(f"{name} logged a traceback: {text[text.index('Traceback') :][:3_000]}")
            if name == "worker" and "claim_failed" in text:
                self.outcome.break_rule(f"an event failed a whole claim: {text[text.index('claim_failed') :][:300]}")
            if len(text) > bound:
                self.outcome.break_rule(f"{name} logged {len(text)} bytes, more than {bound}")

    def _check_memory(self) -> None:
        samples = self.outcome.rss_mb
        if len(samples) <= WARM_PARTS:
            return
        warm, last = samples[WARM_PARTS - 1], samples[-1]
        for name in last:
            if last[name] - warm.get(name, last[name]) > GROWTH_MAX_MB:
                self.outcome.break_rule(f"{name} grew from {warm[name]:.0f} to {last[name]:.0f} MB")

    def _check_calls(self) -> None:
        if self.outcome.calls is None:
            self.outcome.break_rule("the played APIs left no report")
            return
        for slow in self.outcome.calls.slow:
            if slow.loops > LOOPS_MAX:
                what = f"{slow.path} took {slow.loops:.1f} loops, more than {LOOPS_MAX:.0f}"
                self.outcome.break_rule(f"{what} ({slow.first_ms:.0f} ms when it was made): {slow.body[:2_000]}")
