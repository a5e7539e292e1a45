"""Faults of processes, and calls of the subject that fail at the simulated APIs."""

from typing import Annotated, Final, Literal, NamedTuple

from pydantic import Field

from stockstorm.simulator.config.fields import Config, Name, Seconds

ProcessName = Literal["receiver", "worker"]  # processes of a subject that faults can hit one by one
PROCESS_NAMES: Final[dict[str, ProcessName]] = {"receiver": "receiver", "worker": "worker"}
# What a fault can hit. The broker is an emulator of SQS, EventBridge or Pub/Sub; the publisher stands for Shopify at a
# bus. Both are parts of the run, like the database.
# The subject is all its processes at once: a power cut.
FaultTarget = Literal[ProcessName, "subject", "database", "broker", "publisher"]
FaultAction = Literal["kill", "pause", "restart"]
# The only definition of the kinds of fault. A new kind is one name here, and one row of FAULTS.
FaultKind = Literal[
    "kill_receiver",
    "kill_worker",
    "kill_subject",
    "kill_database",
    "kill_broker",
    "kill_publisher",
    "pause_receiver",
    "pause_worker",
    "pause_database",
    "pause_broker",
    "pause_publisher",
    "restart_database",
]
_PAST: Final[dict[str, str]] = {"kill": "killed", "pause": "paused", "restart": "restarted"}


class Fault(NamedTuple):
    """What a fault does. It hits all processes of its target at once.

    kill: SIGKILL, a crash, and a new start. pause: SIGSTOP, and SIGCONT. restart: a clean end, and a new start.
    """

    action: FaultAction
    target: FaultTarget

    @property
    def label(self) -> str:
        """Its name in reports."""
        return f"{self.target} {_PAST[self.action]}"


FAULTS: Final[dict[FaultKind, Fault]] = {
    "kill_receiver": Fault("kill", "receiver"),
    "kill_worker": Fault("kill", "worker"),
    "kill_subject": Fault("kill", "subject"),
    "kill_database": Fault("kill", "database"),
    "kill_broker": Fault("kill", "broker"),
    "kill_publisher": Fault("kill", "publisher"),
    "pause_receiver": Fault("pause", "receiver"),
    "pause_worker": Fault("pause", "worker"),
    "pause_database": Fault("pause", "database"),
    "pause_broker": Fault("pause", "broker"),
    "pause_publisher": Fault("pause", "publisher"),
    "restart_database": Fault("restart", "database"),
}


def fault_label(fault: str) -> str:
    """The label of a fault in reports. A fault that was not planned has its name in the history as its label."""
    return next((known.label for kind, known in FAULTS.items() if kind == fault), fault)


# What begins a fault. "executed": the subject's change of the master has been executed, and its answer is withheld
# until the fault has begun. "acknowledged": the subject has acknowledged an event, and its calls are held until then.
# "fetched": it has read orders of a marketplace, and its calls are held from then on.
FaultTrigger = Literal["time", "executed", "acknowledged", "fetched"]


class FaultConfig(Config):
    """One fault, at `at_s` seconds after the start of load; or `count` faults, each on evidence that begins it."""

    kind: FaultKind
    on: Annotated[
        FaultTrigger,
        Field(
            description='what begins it: "time"; "executed", a change of the master that was executed and is not yet '
            'answered; "acknowledged", an event that was acknowledged and is not yet applied; "fetched", orders of a '
            "marketplace that were read and are not yet applied"
        ),
    ] = "time"
    at_s: Annotated[Seconds, Field(description="when it begins; one on evidence does not begin earlier")]
    count: Annotated[int, Field(ge=1, le=100, description="how often a fault on evidence occurs, at most")] = 1
    every_s: Annotated[
        Seconds, Field(description="least time from the end of any fault to the next that begins on evidence")
    ] = 1.0
    topics: Annotated[
        tuple[str, ...],
        Field(description="acknowledged: of which events; empty: new orders of the marketplaces, order.created"),
    ] = ()
    restart_after_s: Annotated[
        Seconds, Field(description="how long the target is down or paused; 0: it is started again at once")
    ] = 1.0


# The only definition of the kinds of API fault, with their labels in reports. Each is a file of `api.faults`.
ApiFaultKind = Literal[
    "server_error", "failed_after", "throttled", "rows_rejected", "slow", "answer_lost", "dropped", "down",
    "unanswered", "cut_short",
]  # fmt: skip
API_FAULTS: Final[dict[ApiFaultKind, str]] = {
    "server_error": "server errors",
    "failed_after": "server errors after execution",
    "throttled": "throttling",
    "rows_rejected": "rows rejected",
    "slow": "slow answers",
    "answer_lost": "answers lost after execution",
    "dropped": "connections dropped before execution",
    "down": "an outage",
    "unanswered": "calls that were never answered",
    "cut_short": "answers that stopped half-way",
}
LEFT_OPEN: Final = frozenset({"unanswered", "cut_short"})  # the connection stays open until the subject closes it
EVERY_API: Final = "all"
ADMIN: Final = "admin"
MARKETPLACES: Final = "marketplaces"


class ApiFaultConfig(Config):
    """Calls of the subject that fail at the simulated APIs, in an interval of the load."""

    kind: ApiFaultKind
    api: Annotated[
        Name, Field(description='"all", "admin", "marketplaces", or the name of one marketplace: whose calls fail')
    ] = EVERY_API
    share: Annotated[
        float,
        Field(ge=0.0001, le=1, description="of the calls, reads and writes each; which ones depends on the seed only"),
    ] = 1.0
    from_s: Annotated[Seconds, Field(description="seconds after the start of load")] = 0.0
    until_s: Annotated[Seconds | None, Field(description="end of the interval; left out: the end of the load")] = None
    count: Annotated[
        int | None,
        Field(ge=1, le=1000, description="how many calls it hits at most, reads and writes of each API counted apart"),
    ] = None
    seconds: Annotated[
        float | None,
        Field(
            ge=0,
            le=60,
            description="slow: the longest delay (0.3); failed_after: how long the call is in progress, at most (1.5); "
            "throttled: Retry-After of a marketplace (1); answer_lost and "
            "dropped: how long the connection stays open (0.5 and 0); down: both for a call without an answer, and "
            "Retry-After of a 503 (2)",
        ),
    ] = None
