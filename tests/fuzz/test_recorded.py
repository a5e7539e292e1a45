"""What hostile calls make the world record is a history that can be read and judged."""

from urllib.parse import unquote

from stockstorm.reports.history import History
from stockstorm.reports.history.invariants import first_breach
from stockstorm.reports.verdict.judge import judge
from stockstorm.simulator.api.exchange import ApiRequest
from stockstorm.simulator.history.facts import AnyFact, ApiCalled, LoadStopped, RunEnded, StockChanged
from tests.fuzz.case import Case
from tests.fuzz.cases import case_of
from tests.fuzz.played import START_NS, Played
from tests.unit.reports.literal import run_started

SEED = 5
CASES = 2_500


def request_of(case: Case) -> ApiRequest:
    """A well-formed case as the server reads it."""
    head, _, body = case.pieces[0].partition(b"\r\n\r\n")
    line, *fields = head.decode("latin-1").split("\r\n")
    method, address, _version = line.split(" ")
    path, _, query = address.partition("?")
    pairs = [field.partition(":") for field in fields]
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    return ApiRequest(method, unquote(path, "latin-1"), query, headers, body)


def test_the_facts_of_hostile_calls_are_a_history_that_can_be_judged() -> None:
    played = Played()
    facts: list[AnyFact] = [*played.opening, run_started(at_ns=START_NS, duration_ns=10**15), *played.sold]
    for index in range(CASES):
        case = case_of(SEED, index)
        if case.target == "played" and not case.alone:
            played.call(request_of(case))
            played.check_facts()
            facts += played.unread
    end_ns = facts[-1].at_ns
    facts += [LoadStopped(end_ns), *played.world.final_facts(end_ns), RunEnded(end_ns, True)]
    history = History.of(facts)
    assert len(history.all(ApiCalled)) > CASES // 4
    assert len(history.all(StockChanged)) > 10
    assert first_breach(history, facts) is None
    result = judge(history)
    assert [check.name for check in result.checks if "the checker failed" in check.reason] == []
