"""Where a run's Pub/Sub topic and subscription come from: fresh each time with a dead-letter pair, gone afterwards.

`--cloud real` takes the project that Google's own environment variables name; `docker` starts Google's emulator;
`embedded`, the default, takes the emulator at PUBSUB_EMULATOR_HOST if that is set and else our double
(loadtests.backing.pubsub_double).
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Final

import msgspec

from stockstorm.loadtests.backing.cloud.base import (
    EMBEDDED,
    PUBSUB_DOUBLE_PER_S,
    PUBSUB_WORDS,
    PubSubBacking,
    PubSubQueue,
    QueueRules,
    fresh_name,
    stated,
)
from stockstorm.loadtests.backing.cloud.containers import pubsub_emulator
from stockstorm.loadtests.backing.cloud.gcp import (
    EMULATOR_VARIABLE,
    PROJECT_VARIABLES,
    clients,
    delete_pubsub_queue,
    libraries,
    make_pubsub_queue,
    project_of,
    real_environment,
)
from stockstorm.loadtests.backing.pubsub_double.broker import DEADLINE_MIN_S
from stockstorm.loadtests.processes.local_server import HOST, python_module, running
from stockstorm.simulator.errors import BackingError

MODULE: Final = "stockstorm.loadtests.backing.pubsub_double"
PROJECT: Final = "stockstorm"  # of emulators, which take any


class PubSubEndpoint(msgspec.Struct, frozen=True):
    """A Pub/Sub that answers. `ours`: it ends with the run, so nothing in it needs to be deleted."""

    environment: dict[str, str]
    description: str
    ceiling_per_s: float | None
    pids: tuple[int, ...]
    ours: bool


@contextmanager
def open_pubsub(
    run: str,
    cloud: str = EMBEDDED,
    rules: QueueRules = QueueRules(),  # noqa: B008 - frozen
) -> Iterator[PubSubBacking]:
    """Topic and subscription for `run`, kept until the block ends. Raises BackingError."""
    libraries()  # before the double, which could only say so in its log
    with ExitStack() as stack:
        endpoint = stack.enter_context(_endpoint(cloud, os.environ, rules.lease_s))
        with clients(endpoint.environment) as use:
            queue = make_pubsub_queue(use, project_of(endpoint.environment), fresh_name(run), rules)
        if not endpoint.ours:
            stack.callback(_delete, endpoint, queue)
        yield PubSubBacking(
            environment=endpoint.environment,
            description=endpoint.description,
            ceiling_per_s=endpoint.ceiling_per_s,
            pids=endpoint.pids,
            queue=queue,
        )


@contextmanager
def _endpoint(cloud: str, user: Mapping[str, str], lease_s: int) -> Iterator[PubSubEndpoint]:
    match cloud:
        case "real":
            environment = real_environment(user)
            project = project_of(environment)
            environment[PROJECT_VARIABLES[0]] = project
            text = f"Google Pub/Sub in project {project}, as your environment names it"
            yield PubSubEndpoint(environment, text, None, (), ours=False)
        case "embedded" if user.get(EMULATOR_VARIABLE):
            project = user.get(PROJECT_VARIABLES[0], PROJECT)
            environment = {EMULATOR_VARIABLE: user[EMULATOR_VARIABLE], PROJECT_VARIABLES[0]: project}
            text = f"Google Pub/Sub played by the emulator at {user[EMULATOR_VARIABLE]}, {stated(None)}"
            yield PubSubEndpoint(environment, text, None, (), ours=False)
        case "docker":
            with pubsub_emulator(PROJECT) as container:
                environment = {EMULATOR_VARIABLE: container.address, PROJECT_VARIABLES[0]: PROJECT}
                text = f"Google Pub/Sub played by Google's emulator in Docker ({container.image}), {stated(None)}"
                yield PubSubEndpoint(environment, text, None, (), ours=True)
        case "embedded" | "double":
            with running("Pub/Sub double", partial(_command, lease_s), lambda _: {}) as emulator:
                environment = {EMULATOR_VARIABLE: emulator.address, PROJECT_VARIABLES[0]: PROJECT}
                text = f"Google Pub/Sub played by Stockstorm's own double, in memory, {stated(PUBSUB_DOUBLE_PER_S)}"
                yield PubSubEndpoint(environment, text, PUBSUB_DOUBLE_PER_S, (emulator.pid,), ours=True)
        case _:
            remedy = f"write one of: {', '.join(PUBSUB_WORDS)}"
            raise BackingError("--cloud", f"{cloud!r} is unknown for Pub/Sub", remedy)


def _delete(endpoint: PubSubEndpoint, queue: PubSubQueue) -> None:
    with clients(endpoint.environment) as use:
        delete_pubsub_queue(use, queue)


def _command(lease_s: int, port: int) -> list[str]:
    """Leases below Pub/Sub's minimum are accepted only where the run's own rules have one."""
    shortest_s = str(min(lease_s, DEADLINE_MIN_S))
    return python_module(MODULE, "--host", HOST, "--port", str(port), "--deadline-min-s", shortest_s)
