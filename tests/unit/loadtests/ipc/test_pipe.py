"""The pipe between orchestrator and generator."""

import pytest

from stockstorm.loadtests.ipc.messages import Abort, AnyMessage, FaultDue, Finished, Go, SentError
from stockstorm.loadtests.ipc.pipe import Pipe, PipeClosed, make_pair
from stockstorm.simulator.errors import StockstormError


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


@pytest.mark.parametrize("kind", StockstormError.__subclasses__())
def test_an_error_arrives_as_the_same_class_with_the_same_parts(kind: type[StockstormError]) -> None:
    one, two = (Pipe(end) for end in make_pair())
    one.send(Abort(reason="stop", error=SentError.of(kind("where", "found", "remedy"))))
    received = two.receive(1.0)
    assert isinstance(received, Abort)
    assert received.error is not None
    error = received.error.error()
    assert (type(error), error.where, error.found, error.remedy) == (kind, "where", "found", "remedy")
    one.close()
    two.close()
