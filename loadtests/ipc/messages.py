"""What the stage (an ordinary process) and the driver (inside Locust) tell one another: one JSON line a message."""

import msgspec

from stockstorm.simulator.config import FaultKind


class Message(msgspec.Struct, frozen=True, tag_field="message"):
    """Base of the closed union."""


class Setup(Message, frozen=True, tag=True):
    """Orchestrator → driver: what to run, and the secrets. Secrets travel by this pipe only, never by file or log."""

    spec: msgspec.Raw  # a `loadtests.spec.RunSpec`
    admin_token: str
    client_secret: str
    channel_token: str
    channel_secret: str


class Listening(Message, frozen=True, tag=True):
    """Driver → stage: the played APIs answer on this port."""

    port: int


class Go(Message, frozen=True, tag=True):
    """Orchestrator → driver: the subject is ready; start the load. `notes` are shown in the report."""

    notes: tuple[str, ...] = ()
    subscribe_uri: str = ""  # of a service that registers by itself: it is waited for; topics it left go here
    routes: dict[str, str] = {}  # URI of a bus subscription -> URL of the process that publishes to that bus
    settle_s: float = 0.0  # how long the subject can rest although there is work: between two looks, or two leases
    polls: bool = False  # a subject that looks only now and then
    ceilings: dict[str, float] = {}  # measured events a second of an emulator, by its description


class Live(Message, frozen=True, tag=True):
    """Driver → stage, twice a second: figures for people who watch. Latencies of the last seconds, estimated."""

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


class Step(Message, frozen=True, tag=True):
    """Driver → stage: what it does from now on, for people who watch."""

    text: str


class FaultDue(Message, frozen=True, tag=True):
    """Driver → orchestrator: a fault of the plan is due now."""

    kind: FaultKind
    duration_ns: int


class Mended(Message, frozen=True, tag=True):
    """Orchestrator → driver: what a fault had killed runs again and is ready; one for each `FaultDue`."""

    kind: FaultKind


class Finished(Message, frozen=True, tag=True):
    """Driver → stage: the history is written and closed. `complete` False: the run broke off, and why."""

    complete: bool
    reason: str = ""


class Abort(Message, frozen=True, tag=True):
    """Either way: stop now, and why."""

    reason: str


AnyMessage = Setup | Listening | Go | Step | Live | FaultDue | Mended | Finished | Abort
