"""Faults met: whether what the scenario injects into calls, and begins on evidence, has occurred.

It says nothing about the subject. Without it, a run in which no call failed would read like one that the subject
survived.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Final

from stockstorm.reports.checkers.checker import Checker
from stockstorm.reports.history import History
from stockstorm.reports.history.level import judged_level
from stockstorm.reports.result import Check, counted, unknown
from stockstorm.simulator.config import API_FAULTS, FAULTS, FaultConfig, FaultTrigger
from stockstorm.simulator.history import facts as f

INSTANTS: Final[Mapping[FaultTrigger, str]] = {
    "time": "at a time",
    "executed": "when a change was executed",
    "acknowledged": "when an event was acknowledged",
    "fetched": "when orders were read",
}
SOLD: Final = "order.created"  # what faults of a scenario without topics begin on


class FaultsMet(Checker):
    name = "faults_met"
    level = "acknowledgement"
    severity = "required"

    def __call__(self, history: History) -> Check:
        if history.last(f.RunStarted) is None:
            return unknown(self.name, "the run did not begin")
        scenario = history.scenario
        on_evidence = [fault for fault in scenario.faults if fault.on != "time"]
        if not scenario.api_faults and not on_evidence:
            return Check(self.name, "not_exercised", "the scenario makes no call fail and begins no fault on evidence")
        met, begun = _met(history), _begun(history)
        missing = [_words(fault) for fault in on_evidence if not begun[_words(fault)] and _possible(fault, history)]
        if scenario.api_faults and not any(met.values()) and _calls(history):
            missing.append("failing calls")
        if missing:
            return unknown(self.name, f"the scenario promises them, and none occurred: {', '.join(missing)}")
        unmet = sorted({API_FAULTS[fault.kind] for fault in scenario.api_faults} - set(met))
        notes = (f"no call met {', '.join(unmet)}",) if unmet else ()
        if not met and not begun:
            return Check(
                self.name, "not_exercised", "the subject did nothing at which a fault could begin", notes=notes
            )
        reason = f"{counted(met.total(), 'call')} met a fault, and {counted(begun.total(), 'fault')} began on evidence"
        return Check(self.name, "valid", reason, notes=notes)

    def exposure(self, history: History) -> dict[str, int]:
        if history.last(f.RunStarted) is None:
            return {}
        scenario = history.scenario
        met, begun = _met(history), _begun(history)
        kinds = dict.fromkeys(API_FAULTS[fault.kind] for fault in scenario.api_faults)
        on_evidence = dict.fromkeys(_words(fault) for fault in scenario.faults if fault.on != "time")
        return {words: met[words] for words in kinds} | {f"times {words}": begun[words] for words in on_evidence}


def _met(history: History) -> Counter[str]:
    """Calls that met each kind of API fault, without those that a fault on evidence took their answer."""
    taken = {fault.request for fault in history.all(f.FaultStarted) if fault.on == "executed"}
    kinds = {fault.kind for fault in history.scenario.api_faults}
    calls = (call for call in history.all(f.ApiCalled) if call.injected and call.request not in taken)
    return Counter(API_FAULTS[call.injected] for call in calls if call.injected and call.injected in kinds)


def _begun(history: History) -> Counter[str]:
    """Faults that began on evidence."""
    begun = (fault for fault in history.all(f.FaultStarted) if fault.on != "time")
    return Counter(_named(FAULTS[one.fault].label, one.on) for one in begun if one.fault in FAULTS)


def _possible(fault: FaultConfig, history: History) -> bool:
    """Whether the subject does on what a fault begins.

    One that polls acknowledges nothing, and another one need not read orders. One that is not judged by its writes
    changes nothing. That one may have given the marketplaces no address, so they told it of no order, on which most of
    these faults begin.
    """
    if fault.on == "fetched":
        return history.started.polls
    if judged_level(history) == "full":
        return fault.on != "acknowledged" or not history.started.polls
    told = {planned.topic for planned in history.all(f.DeliveryPlanned)}
    return fault.on == "acknowledged" and not history.started.polls and not told.isdisjoint(fault.topics or (SOLD,))


def _calls(history: History) -> bool:
    """Whether the subject made calls, or is judged by what it should have made."""
    return judged_level(history) == "full" or bool(history.count(f.ApiCalled))


def _words(fault: FaultConfig) -> str:
    return _named(FAULTS[fault.kind].label, fault.on)


def _named(label: str, on: FaultTrigger) -> str:
    return f"{label} {INSTANTS[on]}"
