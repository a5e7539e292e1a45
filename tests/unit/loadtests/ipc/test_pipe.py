"""The pipe between orchestrator and generator."""

import pytest

from stockstorm.loadtests.ipc.messages import Abort, AnyMessage, FaultDue, Finished, Go
from stockstorm.loadtests.ipc.pipe import Pipe, PipeClosed, make_pair


def test_messages_arrive_whole_and_in_order() -> None:
    one, two = (Pipe(end) for end in make_pair())
    sent: list[AnyMessage] = [
        Go(notes=("é" * 100_000,)),
        FaultDue(kind="kill_worker", duration_ns=5),
        Finished(complete=True),
    ]
    received = []
    for message in sent:
        one.send(message)
        received.append(two.receive(5.0))
    assert received == sent
    one.close()
    two.close()


def test_a_timeout_gives_none_and_loses_nothing() -> None:
    one, two = (Pipe(end) for end in make_pair())
    assert two.receive(0.01) is None
    one.send(Abort(reason="later"))
    assert two.receive(1.0) == Abort(reason="later")
    one.close()
    two.close()


def test_a_closed_pipe_raises_on_both_ends() -> None:
    one, two = (Pipe(end) for end in make_pair())
    one.close()
    with pytest.raises(PipeClosed):
        two.receive(1.0)
    with pytest.raises(PipeClosed):
        two.send(Abort(reason="too late"))
    two.close()
