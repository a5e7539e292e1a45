"""A modelled run whose end is the real wait for rest, with a subject that is stopped for a time near the end."""

from collections.abc import Sequence

from stockstorm.loadtests.generator.figures import LiveFigures
from stockstorm.loadtests.generator.quiesce import Activity, PendingReads, Quiet, wait_for_rest
from stockstorm.loadtests.ipc.messages import PendingCounted
from stockstorm.simulator.clock import SECOND_NS as S
from stockstorm.simulator.config import WorldConfig
from stockstorm.simulator.history.facts import QuietReached
from tests.modelled.run import START, ModelledRun, Run
from tests.modelled.subject import Behaviour

READ_EVERY_NS = S // 2


Stop = tuple[float, float]  # the subject is stopped from … to …, in seconds from the end of the load; its probe answers


def run_to_rest(
    config: WorldConfig, behaviour: Behaviour, seed: int, quiet: Quiet, *, probe: bool, stops: Sequence[Stop]
) -> ModelledRun:
    return _RunToRest(config, behaviour, seed, quiet, probe, stops).run()


class _RunToRest(Run):
    def __init__(
        self, config: WorldConfig, behaviour: Behaviour, seed: int, quiet: Quiet, probe: bool, stops: Sequence[Stop]
    ) -> None:
        super().__init__(config, behaviour, seed)
        self.quiet, self.probe = quiet, probe
        end = START + max(self.plan.duration_ns, self.plan.items[-1].offset_ns)
        self.stops = [(end + int(first * S), end + int(last * S)) for first, last in stops]
        self.figures = LiveFigures(self.world.marketplaces)
        self.reads = PendingReads()
        self.now = self.observed = self.read_at = 0

    def rest(self, now: int) -> QuietReached:
        self.now = now
        return wait_for_rest(self.quiet, lambda: self.now, self.activity, self.reads, lambda: False, pause=self.pause)

    def activity(self) -> Activity:
        facts = self.result.facts
        self.figures.observe(facts[self.observed :])
        self.observed = len(facts)
        figures = self.figures
        return Activity(figures.last_effect_ns, 0, figures.gaps.longest_ns, kind_gap_ns=figures.kinds.longest_ns)

    def pause(self, seconds: float) -> None:
        self.now += int(seconds * S)
        self.until(self.now)
        if self.now - self.read_at >= READ_EVERY_NS:
            self.read_at = self.now
            pending = self.undelivered + self.subject.unfinished if self.probe else None
            self.reads.arrived(PendingCounted(self.now, self.now, pending))
