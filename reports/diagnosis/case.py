"""What a diagnosis reads, and what it gives back."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Final, NamedTuple, Protocol

from stockstorm.reports.history import History
from stockstorm.reports.history.deliveries import Delivery
from stockstorm.reports.history.faults import ENDS
from stockstorm.reports.result import CLOCK, Check, Diagnosis, Incident
from stockstorm.simulator.history import facts as f

EXAMPLES_MAX: Final = 2
HARNESS: Final = "generator"
# What the subject did too much of. Where such a check is invalid, nothing that is missing or late explains it.
OWN: Final = frozenset({HARNESS, "forged", "applied_twice", "stale_overwrite", "unexplained_push"})


class Found(NamedTuple):
    """A diagnosis, and the keys of what it explains ("event 12", "call 7"), by which rival ones are recognised.

    `short`: the cause as the end of the sentence of each incident that it explains; empty where incidents tell enough.
    """

    diagnosis: Diagnosis
    covers: frozenset[str] = frozenset()
    short: str = ""
    tells: frozenset[str] = frozenset()  # keys of these incidents, where they are not those of `covers`


class Case:
    """A judged history. Everything here is built on first use, and only for a run that has a flaw."""

    def __init__(self, history: History, checks: tuple[Check, ...]) -> None:
        self.history, self.checks = history, checks
        self.kept: dict[str, object] = {}  # what several diagnoses read and only one builds

    @cached_property
    def failing(self) -> tuple[str, ...]:
        """Names of the checks that are invalid or unknown."""
        return tuple(check.name for check in self.checks if check.verdict in {"invalid", "unknown"})

    @cached_property
    def invalid(self) -> frozenset[str]:
        """Names of the checks that are invalid."""
        return frozenset(check.name for check in self.checks if check.verdict == "invalid")

    def consequences(self, *names: str) -> tuple[str, ...]:
        """Those of the named checks that fail. Without names: all that fail because something is missing or late."""
        left_out = OWN & (self.invalid | {HARNESS})
        return tuple(name for name in self.failing if (name in names if names else name not in left_out))

    def incidents(self, *kinds: str) -> list[Incident]:
        """All kept incidents of these kinds."""
        return [one for check in self.checks for one in check.incidents if one.kind in kinds]

    @cached_property
    def genuine(self) -> list[Delivery]:
        """Deliveries that were not forged and were tried."""
        by_id = self.history.deliveries.by_id.values()
        return [delivery for delivery in by_id if not delivery.planned.forged and delivery.attempts]

    @cached_property
    def calls(self) -> list[f.ApiCalled]:
        """Calls of the subject to the played APIs."""
        return self.history.all(f.ApiCalled)

    @cached_property
    def at_rest(self) -> bool:
        """Whether what is missing at the end is missing for good, as far as can be told."""
        ended = self.history.last(f.RunEnded)
        missing = not self.history.unrest or bool(self.history.rest.stood_still_ns)
        return ended is not None and ended.complete and missing

    @cached_property
    def differences(self) -> dict[str, int]:
        """By SKU: available units of the master, less those on the shelf. SKUs that are right are left out."""
        pending = self.history.pending.skus
        return {
            final.sku: final.available - final.physical
            for final in self.history.all(f.FinalStock)
            if final.available != final.physical and final.sku not in pending
        }

    @cached_property
    def process_ends(self) -> list[tuple[int, str]]:
        """When processes of the subject ended, planned or not, and what it was called."""
        killed = [
            (interval.begin_ns, f"the fault {interval.fault.replace('_', ' ')}")
            for interval in self.history.fault_intervals
            if interval.planned and interval.fault in ENDS
        ]
        ended = [(end.at_ns, f"the end of {end.process}") for end in self.history.all(f.ProcessEnded)]
        return sorted([*killed, *ended])

    @cached_property
    def machine(self) -> tuple[str, ...]:
        """That processes of the run waited for a CPU which other programs used, as evidence; empty if hardly."""
        history = self.history
        seen = history.cpu_waits.text(history.start_ns, history.start_ns + history.load_ns)
        return (f"{seen}: a part of it may be the machine's doing",) if seen else ()

    def when(self, at_ns: int) -> str:
        """A time of the load and of the wall clock in UTC: "12.345 s (06:30:12.345)"."""
        return f"{self.history.offset(at_ns)} ({self.history.wall(at_ns)[CLOCK]})"

    def order(self, number: int) -> str:
        """An order as its channel names it."""
        return self.history.order_name(number)

    def named(self, event: f.EventFired) -> str:
        """An event as the user's log can name it, with the webhook id of its first delivery."""
        of = self.order(event.order) if event.order >= 0 else event.sku
        deliveries = self.history.deliveries.of_event(event.event)
        webhook = f", webhook {deliveries[0].planned.webhook_id}" if deliveries else ""
        return f"{event.topic} of {of} at {self.when(event.at_ns)}{webhook}"


class Diagnose(Protocol):
    """Names one root cause. `after`: diagnoses that, where they are found, already explain what this one sees.

    `checks`: all that it can explain, for one that is costly to find. Without one of these it is not looked for.
    """

    name: str
    at_rest: bool = False  # rests on what is missing at the end, so it needs a run that came to rest
    after: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()

    def __call__(self, case: Case) -> Iterable[Found]:
        """What was found; nothing without evidence."""
        ...


def quoted(texts: Iterable[str]) -> str:
    """The first examples, joined by commas, and how many there are in all if that is more."""
    all_texts = list(texts)
    shown = ", ".join(all_texts[:EXAMPLES_MAX])
    return shown if len(all_texts) <= EXAMPLES_MAX else f"{shown} and {len(all_texts) - EXAMPLES_MAX:,} more"


def ordered(words: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Each different word with its number, most frequent first."""
    counts: dict[str, int] = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    yield from sorted(counts.items(), key=lambda item: -item[1])
