"""The messages between orchestrator (an ordinary process) and generator (inside Locust): one JSON line each."""

from typing import Final

import msgspec

from stockstorm.loadtests.subjects import Receiving
from stockstorm.simulator.config import FAULTS, FaultKind, FaultTrigger
from stockstorm.simulator.errors import InternalError, StockstormError

_ERRORS: Final = {kind.__name__: kind for kind in StockstormError.__subclasses__()}


class SentError(msgspec.Struct, frozen=True):
    """An error for users, by the name of its class and by its parts, so that the other process can raise the same."""

    kind: str
    where: str
    found: str
    remedy: str

    @classmethod
    def of(cls, error: StockstormError) -> "SentError":
        return cls(type(error).__name__, error.where, error.found, error.remedy)

    def error(self) -> StockstormError:
        return _ERRORS.get(self.kind, InternalError)(self.where, self.found, self.remedy)


class Message(msgspec.Struct, frozen=True, tag_field="message"):
    """Base of the closed union."""


class Setup(Message, frozen=True, tag=True):
    """Orchestrator → generator: what to run. Secrets travel by this pipe only, never by file or log."""

    spec: msgspec.Raw  # a `loadtests.config.run_spec.RunSpec`
    admin_token: str
    client_secret: str
    channel_token: str
    channel_secret: str
    next_client_secret: str = ""  # that the scenario rotates to; "" without a rotation


class Listening(Message, frozen=True, tag=True):
    """Generator → orchestrator: the simulated APIs answer on this port."""

    port: int


class Go(Message, frozen=True, tag=True):
    """Orchestrator → generator: the subject is ready, start the load. `notes` are for readers of the report."""

    notes: tuple[str, ...] = ()
    receiving: Receiving = Receiving()
    routes: dict[str, str] = {}  # URI of a bus subscription -> URL of the process that publishes to that bus
    settle_s: float = 0.0  # how long the subject can rest with work left: between two polls, or until a lease ends
    lease_s: float = 0.0  # how long a broker withholds the messages of a process that does not answer
    polls: bool = False  # the subject polls instead of being notified
    one_process: bool = False  # it receives and works, so a fault of either is one of the whole subject
    ceilings: dict[str, float] = {}  # measured events a second of an emulator, by its description


class Live(Message, frozen=True, tag=True):
    """Generator → orchestrator, twice a second: figures for the terminal. Latencies are estimates."""

    phase: str
    elapsed_s: float
    total_s: float
    events: int
    acknowledged: int
    pending: int
    ack_p99_ms: float
    sync_p95_ms: float
    oversold_units: int
    quiescing: bool = False
    faults: tuple[FaultKind, ...] = ()  # open since the message before; the orchestrator adds them

    def news(self, before: "Live | None") -> list[str]:
        """A line for each fault that began or ended since the message before."""
        known = before.faults if before else ()
        began = [f"{self.elapsed_s:.0f} s, fault: {FAULTS[kind].label}" for kind in self.faults if kind not in known]
        ended = [f"{self.elapsed_s:.0f} s, over: {FAULTS[kind].label}" for kind in known if kind not in self.faults]
        return began + ended


class Step(Message, frozen=True, tag=True):
    """Generator → orchestrator: the step that begins, for the terminal."""

    text: str


class FaultDue(Message, frozen=True, tag=True):
    """Generator → orchestrator: a fault of the scenario is due. One on evidence names the call or delivery."""

    kind: FaultKind
    duration_ns: int
    on: FaultTrigger = "time"
    request: int = -1
    delivery: int = -1


class FaultBegun(Message, frozen=True, tag=True):
    """Orchestrator → generator: a fault on evidence has been applied, so the subject's calls need not be held."""


class FaultOver(Message, frozen=True, tag=True):
    """Orchestrator → generator: the process that a fault killed is ready again; one for each `FaultDue`."""

    kind: FaultKind


class Quiescing(Message, frozen=True, tag=True):
    """Generator → orchestrator: load and faults are over; report what the subject has pending, again and again."""


class PendingCounted(Message, frozen=True, tag=True):
    """Orchestrator → generator: one read of what is pending, from `began_ns` to `ended_ns` (monotonic)."""

    began_ns: int
    ended_ns: int
    probe: int | None = None  # by the subject's probe; None: it has none, or did not answer
    queue: int | None = None  # messages in its queue, also those that are leased; None: not to be seen
    silent: tuple[str, ...] = ()  # processes of the subject that did not answer

    @property
    def visible(self) -> bool:
        """Whether anything shows what is pending. Otherwise only silence can tell."""
        return self.probe is not None or self.queue is not None

    @property
    def clean(self) -> bool:
        """Whether everything answered and nothing is pending."""
        return not (self.silent or self.probe or self.queue)


class Finished(Message, frozen=True, tag=True):
    """Generator → orchestrator: the history is written and closed. If not `complete`, why the run broke off."""

    complete: bool
    reason: str = ""
    error: SentError | None = None


class Abort(Message, frozen=True, tag=True):
    """Either way: stop now, and why. `error` is the error behind the reason, if there is one."""

    reason: str
    error: SentError | None = None


AnyMessage = (
    Setup
    | Listening
    | Go
    | Step
    | Live
    | FaultDue
    | FaultBegun
    | FaultOver
    | Quiescing
    | PendingCounted
    | Finished
    | Abort
)
