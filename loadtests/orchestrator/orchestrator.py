"""One run, seen from outside Locust: database, subject, faults, CPU of every process, final reads.

It exchanges messages with the generator over a pipe, in one loop; only the reads of pending work have a thread of their
own. It appends its own facts to the history after the generator has closed it. The order of the end: load, quiesce,
final reads, subject, database.
"""

import os
import secrets
import time
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager

import msgspec

from stockstorm.loadtests.backing.cloud.listening import Listeners
from stockstorm.loadtests.backing.postgres import Backing
from stockstorm.loadtests.config.spec import RunSpec, reachable
from stockstorm.loadtests.exits import unforeseen
from stockstorm.loadtests.ipc.messages import (
    Abort,
    AnyMessage,
    FaultBegun,
    FaultDue,
    FaultOver,
    Finished,
    Go,
    Listening,
    Live,
    Quiescing,
    Setup,
    Step,
)
from stockstorm.loadtests.ipc.pipe import Pipe, PipeClosed
from stockstorm.loadtests.limits import READY_WITHIN_S, REGISTERING_MAX_S, SETTLES_MAX, STILL_MAX_S
from stockstorm.loadtests.orchestrator import hung_generator
from stockstorm.loadtests.orchestrator.cloud import CloudContext
from stockstorm.loadtests.orchestrator.disks import database_disk, run_disk
from stockstorm.loadtests.orchestrator.ending import INTERRUPTED, Ending, Show
from stockstorm.loadtests.orchestrator.faults import PlannedFaults
from stockstorm.loadtests.orchestrator.hung_generator import Silence, hung
from stockstorm.loadtests.orchestrator.observations import Observations
from stockstorm.loadtests.orchestrator.pending_reads import PendingReader
from stockstorm.loadtests.orchestrator.samples import ProcessSamples
from stockstorm.loadtests.orchestrator.watch import Watch, dead_generator, generator_end
from stockstorm.loadtests.processes.part import Part
from stockstorm.loadtests.subjects import Subject, Surroundings
from stockstorm.scenarios.spec import api_fault_notes, compression_notes, delivery_notes, life_notes, rotates
from stockstorm.simulator.config import FaultTarget
from stockstorm.simulator.errors import InternalError, StockstormError, SubjectError
from stockstorm.simulator.history.facts import (
    DatabaseCounted,
    RunEnded,
)
from stockstorm.simulator.io.journal import Journal
from stockstorm.simulator.plan.rates import expected_events, expected_items_max

TICK_S = 0.2
LISTENING_WITHIN_S = 60.0
PLAN_ITEM_WITHIN_S = 0.0002  # beyond that, for each item of the plan (measured: 20 µs)
GIVE_UP_WITHIN_S = 20.0  # until a generator that was told to stop has closed a long history
SPARE_S = 60.0  # beyond registering, load and quiesce, before the generator counts as hung


class Orchestrator:
    """Everything surroundings the generator for one run."""

    def __init__(
        self,
        spec: RunSpec,
        pipe: Pipe,
        backing: AbstractContextManager[Backing],
        cloud: AbstractContextManager[CloudContext],
        subject: Subject,
    ) -> None:
        self._spec, self._pipe, self._subject = spec, pipe, subject
        self._open_backing, self._open_cloud = backing, cloud
        self._scenario = spec.scenario
        self._facts = Observations(spec.folder)
        self._journal: Journal | None = None
        self._faults = PlannedFaults(self._facts.append, lambda kind: pipe.send(FaultOver(kind=kind)))
        self._pending = PendingReader(subject.pending)
        self._generator_finished = False
        self._generator_pid = 0
        self._samples = ProcessSamples(self._facts.append)

    def run(self, generator_pid: int, show: Show, live: Callable[[Live], None]) -> Ending:
        """Runs to the end. `show` gets a sentence at each step, `live` the figures.

        However the run ends, the history is completed with what is known.
        """
        self._generator_pid = generator_pid
        finished = Finished(complete=False, reason="interrupted")
        cause: StockstormError | KeyboardInterrupt | None = None
        try:
            with self._open_backing as backing, self._open_cloud as cloud, self._watching(backing, cloud) as watch:
                try:
                    finished = self._run_or_abort(backing, cloud, watch, show, live)
                finally:
                    show("stopping the subject")
                    self._pending.stop()
                    self._subject.stop()
            cause = finished.error.error() if finished.error else None
        except KeyboardInterrupt as interrupt:
            finished, cause = Finished(complete=False, reason=INTERRUPTED), interrupt
        except StockstormError as error:
            finished, cause = Finished(complete=False, reason=str(error)), error
        except PipeClosed as error:
            silent = InternalError("generator", f"it ended without a message ({error})", self._read_log)
            gone = generator_end() or silent
            finished, cause = Finished(complete=False, reason=str(gone)), gone
        except Exception as error:  # noqa: BLE001 - a defect, which must not look like an interruption
            traceback.print_exception(error)
            defect = unforeseen(error)
            finished, cause = Finished(complete=False, reason=str(defect)), defect
        finally:
            self._wait_for_generator(finished.reason)
            ended = self._finish_history(finished.complete, finished.reason)
        return Ending(ended, cause)

    def _watching(self, backing: Backing, cloud: CloudContext) -> Watch:
        events = expected_events(self._scenario)
        disks = [run_disk(self._spec.folder, events)]
        if backing.folder is not None:
            disks.append(database_disk(backing.folder, events))
        return Watch(backing, disks, self._faults.is_open, emulators=Listeners(cloud.emulators))

    @property
    def _read_log(self) -> str:
        return f"read {self._spec.logs / 'locust.log'}"

    def _run_or_abort(
        self, backing: Backing, cloud: CloudContext, watch: Watch, show: Show, live: Callable[[Live], None]
    ) -> Finished:
        """Raises what broke the run off, once the load has stopped: a subject that is stopped refuses connections."""
        try:
            try:
                return self._run(backing, cloud, watch, show, live)
            except SubjectError:
                watch.settle()  # what it rests on may have ended first
                if (gone := dead_generator()) is not None:
                    raise gone from None
                raise
        except BaseException as error:
            self._wait_for_generator(INTERRUPTED if isinstance(error, KeyboardInterrupt) else str(error))
            raise

    def _run(
        self, backing: Backing, cloud: CloudContext, watch: Watch, show: Show, live: Callable[[Live], None]
    ) -> Finished:
        surroundings = self._set_up(backing, cloud, show)
        show("starting the subject")
        self._subject.start(surroundings)
        parts = {**self._subject.parts(), **_database(backing), **cloud.parts()}
        self._faults.have(parts, (fault.kind for fault in self._scenario.faults))
        self._count_database(backing)
        self._pipe.send(self._go(backing, cloud))
        finished = self._follow(backing, cloud, watch, show, live)
        self._count_database(backing)
        if finished.complete:
            show("final reads")
            self._journal = Journal(self._spec.history_path)
            self._journal.write_stream(self._subject.probe(time.monotonic_ns()))
            watch.settle()
        return finished

    def _set_up(self, backing: Backing, cloud: CloudContext, show: Show) -> Surroundings:
        names = self._spec.secret_names
        tokens = {role: _secret(variable) for role, variable in names.by_role().items()}
        if rotates(self._scenario):
            tokens["next_client_secret"] = _secret(names.next_client_secret)
        self._pipe.send(Setup(spec=msgspec.Raw(self._spec.model_dump_json().encode()), **tokens))
        show("building the world")
        within_s = LISTENING_WITHIN_S + PLAN_ITEM_WITHIN_S * expected_items_max(self._scenario)
        message = self._pipe.receive(within_s)
        if isinstance(message, Abort):
            raise self._aborted(message)
        if not isinstance(message, Listening):
            raise hung(self._spec, f"it did not listen within {within_s:.0f} s")
        base = f"http://{reachable(self._spec.options.api_host)}:{message.port}"
        return Surroundings(
            database_url=backing.url,
            admin_api_url=f"{base}/admin/api/{self._scenario.shop.api_version}/graphql.json",
            token_url=f"{base}/admin/oauth/access_token",
            channels_url=f"{base}/marketplaces",
            shop_domain=self._scenario.shop.domain,
            channels=tuple(channel.name for channel in self._scenario.channels if channel.name != "online"),
            safety_stock=self._scenario.subject.safety_stock,
            reconcile_s=self._scenario.subject.reconcile_s,
            subscription_check_s=self._scenario.subject.subscription_check_s,
            cloud=cloud.environment,
            **tokens,
        )

    def _aborted(self, message: Abort) -> StockstormError:
        """The generator's own error, which has closed its history."""
        self._generator_finished = True
        return message.error.error() if message.error else InternalError("generator", message.reason, self._read_log)

    def _go(self, backing: Backing, cloud: CloudContext) -> Go:
        notes = self._notes(backing)
        ceilings = {}
        if cloud.description:
            notes = (*notes, cloud.description)
            ceilings = {cloud.description: cloud.ceiling_per_s} if cloud.ceiling_per_s else {}
        return Go(
            notes=notes,
            receiving=self._subject.receiving,
            routes=dict(cloud.routes),
            settle_s=self._settle_s,
            lease_s=self._subject.lease_s,
            polls=self._subject.settle_s > 0,
            one_process=self._faults.one_process,
            ceilings=ceilings,
        )

    @property
    def _settle_s(self) -> float:
        """After this long a silence nothing more comes: no poll, no batch, nothing that a killed worker had leased."""
        leased_s = self._subject.lease_s if self._scenario.faults else 0.0
        return max(self._subject.settle_s, self._subject.pauses_s, leased_s)

    def _notes(self, backing: Backing) -> tuple[str, ...]:
        database = [f"PostgreSQL {backing.description}"] if backing.description else []
        notes = [*database, *self._subject.notes, *self._faults.notes, *compression_notes(self._scenario)]
        notes += api_fault_notes(self._scenario)
        notes += life_notes(self._scenario)
        return (*notes, *delivery_notes(self._scenario))

    def _follow(
        self, backing: Backing, cloud: CloudContext, watch: Watch, show: Show, live: Callable[[Live], None]
    ) -> Finished:
        quiesce_s = self._scenario.quiesce.max_s + SETTLES_MAX * self._settle_s + STILL_MAX_S
        begun_s = max(self._scenario.load_s, self._scenario.faults_end_s + READY_WITHIN_S)
        seconds = REGISTERING_MAX_S + begun_s + quiesce_s + SPARE_S
        deadline = time.monotonic() + seconds
        silence = Silence(self._spec)
        while time.monotonic() < deadline:
            message = self._pipe.receive(self._faults.poll_s(TICK_S))
            silence.check(message)
            while message is not None:  # all that wait, because a tick can take a second
                if isinstance(message, Finished):
                    self._generator_finished = True
                    return message
                self._handle(message, cloud, show, live)
                message = self._pipe.receive(0.0)
            self._tick(backing, watch)
        raise hung(self._spec, f"it did not finish within {seconds:.0f} s")

    def _handle(self, message: AnyMessage, cloud: CloudContext, show: Show, live: Callable[[Live], None]) -> None:
        match message:
            case Step(text=text):
                show(text)
            case Live():
                live(msgspec.structs.replace(message, faults=self._faults.shown()))
            case FaultDue():
                self._faults.begin(message.kind, message.duration_ns, message.on, message.request, message.delivery)
                if message.on != "time":
                    self._pipe.send(FaultBegun())
            case Quiescing():
                self._pending.start(cloud.depth)
            case Abort():
                raise self._aborted(message)

    def _tick(self, backing: Backing, watch: Watch) -> None:
        watch.check()  # before faults end, which excuse it, and before the subject, which ends when its database does
        planned = self._faults.is_open("database")
        self._faults.tick()
        if planned:
            watch.forgive()
        for read in self._pending.fetch():
            self._pipe.send(read)
        self._facts.extend(self._subject.revive(time.monotonic_ns(), self._faults.is_down))
        own = {"orchestrator": [os.getpid()], "generator": [self._generator_pid]}
        self._samples.take({**own, "postgres": backing.processes()})

    def _wait_for_generator(self, reason: str) -> None:
        """After an early end: waits until the generator has closed the history, which has one writer at a time."""
        if self._generator_finished:
            return
        try:
            self._pipe.send(Abort(reason=reason))
            deadline = time.monotonic() + GIVE_UP_WITHIN_S
            while time.monotonic() < deadline:
                if isinstance(self._pipe.receive(TICK_S), Finished | Abort):
                    self._generator_finished = True
                    return
        except PipeClosed:
            return
        self._generator_finished = True
        hung_generator.end(self._spec, self._generator_pid)

    def _count_database(self, backing: Backing) -> None:
        if not backing.url or "database" in self._faults.crashed:
            return  # a crash resets its counters
        from stockstorm.loadtests.backing.postgres.server import database_work  # noqa: PLC0415 - an extra

        if work := database_work(backing.url):
            now_ns = time.monotonic_ns()
            counted = DatabaseCounted(now_ns, work.transactions, work.rows_written, self._subject.statements())
            self._facts.append(counted)

    def _finish_history(self, complete: bool, reason: str) -> RunEnded:
        ended = RunEnded(at_ns=time.monotonic_ns(), complete=complete, reason=reason)
        with self._journal or Journal(self._spec.history_path) as journal:
            journal.write_stream(self._facts)
            journal.write([ended])
        return ended


def _database(backing: Backing) -> dict[FaultTarget, Part]:
    return {"database": backing.part} if backing.part else {}


def _secret(variable: str) -> str:
    """Random, unless the owner of a running service chose it, e.g. in STOCKSTORM_CLIENT_SECRET."""
    return os.environ.get(variable) or secrets.token_hex(24)
