"""What a fault does to one call, and the reply that is left after it."""

from typing import Final

import msgspec

from stockstorm.simulator.api.exchange import ApiReply, LeftOpen
from stockstorm.simulator.history.facts import AnyFact, ApiCalled, Injected, OrdersShown, StockShown

# A gateway in front of an API answers in HTML, and its answer does not tell whether the call was executed.
GATEWAY: Final[dict[int, str]] = {502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout"}
_HTML: Final = ("Content-Type", "text/html; charset=utf-8")


class Injection(msgspec.Struct, frozen=True):
    """What happens to one call. The default is no fault.

    `before_ns`, `after_ns`: how long it waits before it is executed, and then before it is answered. `executes`:
    whether it is executed. `status`: what it is answered instead, if not 0. `answers`: whether it is answered at all;
    if not, its connection is closed, or `left_open`. `pick`: a number in [0, 1) that chooses the rejected rows.
    `busy_ns`: how long the shop is still at work on it after its answer.
    """

    kind: Injected = ""
    before_ns: int = 0
    after_ns: int = 0
    executes: bool = True
    status: int = 0
    answers: bool = True
    retry_after_s: int = 0
    pick: float = 0.0
    left_open: LeftOpen = ""
    busy_ns: int = 0

    @property
    def in_progress_ns(self) -> int:
        """From its execution, how long another call with its idempotency key is told that it is in progress."""
        return self.after_ns + self.busy_ns

    @property
    def succeeds(self) -> bool:
        """Whether the call is executed and gets its own answer, if late."""
        return self.executes and self.answers and not self.status

    def rejects(self, row: int, rows: int) -> bool:
        """Whether row number `row` of `rows` is rejected: every second one, and the only one."""
        return self.kind == "rows_rejected" and (rows == 1 or row % 2 == int(self.pick * 2))

    def applied(self, reply: ApiReply) -> ApiReply:
        """The reply as the fault leaves it. An answer that the subject does not get has shown it nothing."""
        if not self.kind:
            return reply
        reply.after_ns, reply.left_open = self.after_ns, self.left_open
        reply.dropped = not self.answers and not self.left_open
        if self.status in GATEWAY:
            reply.status = self.status
            reply.headers = (_HTML, *(pair for pair in reply.headers if pair[0] != "Content-Type"))
            reply.body = f"<html><body><h1>{self.status} {GATEWAY[self.status]}</h1></body></html>".encode()
        if self.retry_after_s and reply.status != 200:
            reply.headers = (*reply.headers, ("Retry-After", str(self.retry_after_s)))
        status = reply.status if self.answers else 0
        seen = self.answers and not (self.executes and self.status)
        reply.facts = [self._told(fact, status) for fact in reply.facts if seen or not isinstance(fact, _SHOWN)]
        return reply

    def _told(self, fact: AnyFact, status: int) -> AnyFact:
        if not isinstance(fact, ApiCalled):
            return fact
        started_ns = max(0, fact.started_ns - self.before_ns)
        told_s = self.retry_after_s if status not in (0, 200) else 0
        return msgspec.structs.replace(
            fact, status=status, injected=self.kind, started_ns=started_ns, retry_after_s=told_s
        )


_SHOWN: Final = (StockShown, OrdersShown)
NONE: Final = Injection()
# Of a kill on evidence: the call that it was taken from, and the calls that were held meanwhile.
WITHHELD: Final = Injection("answer_lost", answers=False)
HELD: Final = Injection("dropped", executes=False, answers=False)
