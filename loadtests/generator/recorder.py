"""Where the facts of a run go, and why it was aborted. The facts that open a history are made here too."""

import os
from collections.abc import Iterable
from typing import get_args

from stockstorm.loadtests.config.spec import RunSpec
from stockstorm.loadtests.generator.figures import LiveFigures
from stockstorm.loadtests.generator.simulated_shopify import SimulatedShopify
from stockstorm.loadtests.ipc.messages import Go
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import ProcessName
from stockstorm.simulator.errors import StockstormError
from stockstorm.simulator.history.facts import SCHEMA_VERSION, AnyFact, ProcessSeen, RunStarted
from stockstorm.simulator.io.journal import Journal


class RunState:
    """Why the run was aborted; "" as long as it was not. The first reason counts. `error` is what is behind it."""

    def __init__(self) -> None:
        self.reason = ""
        self.error: StockstormError | None = None

    @property
    def aborted(self) -> bool:
        return bool(self.reason)

    def abort(self, reason: str) -> None:
        """Ends the run as soon as possible. Recorded facts are kept."""
        self.reason = self.reason or reason

    def fail(self, error: StockstormError) -> None:
        """Aborts the run because of an error for users, which the orchestrator raises again."""
        if not self.aborted:
            self.error = error
        self.abort(str(error))


class Recorder:
    """Passes facts to the live figures and to the journal. A journal that refuses facts aborts the run."""

    def __init__(self, journal: Journal, figures: LiveFigures, state: RunState) -> None:
        self._journal, self._figures, self._state = journal, figures, state

    def write(self, facts: list[AnyFact]) -> None:
        self._figures.observe(facts)
        try:
            self._journal.write(facts)
        except StockstormError as error:
            self._state.fail(error)

    def write_stream(self, facts: Iterable[AnyFact]) -> None:
        """Writes any number of facts that change no live figure, at the end of a run."""
        try:
            self._journal.write_stream(facts)
        except StockstormError as error:
            self._state.fail(error)

    def close(self) -> None:
        """Writes what is left. Raises LimitError when the disk fails."""
        self._journal.close()


def opening_facts(spec: RunSpec, shopify: SimulatedShopify, go: Go, start_ns: int) -> list[AnyFact]:
    """The first facts of the load: what is run, and the generator's process."""
    wall, own = shopify.wall, spec.own
    started = RunStarted(
        at_ns=start_ns,
        schema=SCHEMA_VERSION,
        run=spec.run,
        scenario=spec.scenario.model_dump(mode="json"),
        seed=spec.options.seed,
        plan_digest=shopify.plan.summary.digest,
        wall_ns=wall.wall(start_ns),
        duration_ns=shopify.plan.summary.duration_ns,
        safety_stock=shopify.scenario.subject.safety_stock,
        lists_less=shopify.scenario.subject.lists_less,
        subject=spec.subject + (f" with flaw {spec.options.flaw}" if spec.options.flaw else ""),
        driver="live",
        replay=spec.replay,
        commit=spec.provenance.commit,
        versions=spec.provenance.versions,
        machine=spec.provenance.machine,
        notes=go.notes,
        polls=go.polls,
        ceilings=go.ceilings,
        level=own.level if own is not None else "full",
        processes=tuple(own.life.commands()) if own is not None else get_args(ProcessName),
        reads_every_ns=int(own.reads.every_s * SECOND_NS) if own is not None and own.reads.any else 0,
        topics=own.listed_topics if own is not None else (),
        earlier=spec.earlier,
    )
    generator = ProcessSeen(at_ns=wall.monotonic_ns, process="generator", pid=os.getpid(), wall_ns=wall.wall_ns)
    return [started, generator]
