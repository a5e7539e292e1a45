"""The cost of judging: a million facts of the modelled subject, read from a sealed file, judged and rendered.

The bound is a number of calibration loops of the same process, so the speed of the machine cancels out.
"""

import sys
from pathlib import Path

import msgspec

from stockstorm.simulator.history import facts as f
from tests.benchmarks.judging import Cost
from tests.benchmarks.traded import trade
from tests.modelled.run import run_model
from tests.modelled.subject import Behaviour
from tests.running import run_module
from tests.stored_history import as_written, sealed

LOOPS_MAX = 300.0  # of both processes; 225 to 250 when it was set, on a very busy machine
LONGEST_MAX = 155.0  # of the one with more to do; 115 to 128 then
PEAK_MAX_MB = 950.0  # of both processes, for 1,020,000 facts; 890, of which 60 are code that they share


def million_facts() -> list[f.AnyFact]:
    """The modelled run with the probe that its history lacks."""
    facts = list(as_written(run_model(trade(385), Behaviour(), 1).facts))
    probed = [
        f.EffectProbed(facts[-1].at_ns, planned.webhook_id, "applied", 1)
        for planned in facts
        if isinstance(planned, f.DeliveryPlanned)
    ]
    return [*facts[:-1], *probed, f.ProbeEnded(facts[-1].at_ns, "effects", ok=True), facts[-1]]


def test_a_million_facts_are_judged_in_bounded_time_and_memory(tmp_path: Path) -> None:
    facts = million_facts()
    assert len(facts) >= 1_000_000
    (tmp_path / "history.jsonl.zst").write_bytes(sealed(facts, per_block=5_000))
    del facts
    ran = run_module("tests.benchmarks.judging", [str(tmp_path)], {})
    assert ran.returncode == 0, ran.stderr
    cost = msgspec.json.decode(ran.stdout, type=Cost)
    sys.stdout.write(f"{cost}\n{cost.ratio:.0f} loops a million facts, {cost.longest:.0f} in one process\n")
    assert cost.verdict == "valid"
    assert cost.ratio <= LOOPS_MAX
    assert cost.longest <= LONGEST_MAX
    assert cost.second_s > 0
    assert cost.peak_mb + cost.second_mb <= PEAK_MAX_MB
