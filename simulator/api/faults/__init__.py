"""Faults of the simulated APIs: protocol, registry, and which call meets which fault. One variant a file.

A fault of share s hits one call in each stretch of 1/s calls of its API; which one is drawn. So N calls contain N·s
hits to within one, for every seed. Reads and writes count apart, so that frequent reads do not take the hits of rare
writes. The same sequence of calls meets the same faults. A fault with a count hits no more calls than that.
"""

import re
from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

from stockstorm.simulator.api.exchange import ApiRequest, is_graphql
from stockstorm.simulator.api.faults.answer_lost import answer_lost
from stockstorm.simulator.api.faults.cut_short import cut_short
from stockstorm.simulator.api.faults.down import down
from stockstorm.simulator.api.faults.dropped import dropped
from stockstorm.simulator.api.faults.failed_after import failed_after
from stockstorm.simulator.api.faults.injection import HELD, NONE, WITHHELD, Injection
from stockstorm.simulator.api.faults.rows_rejected import rows_rejected
from stockstorm.simulator.api.faults.server_error import server_error
from stockstorm.simulator.api.faults.slow import slow
from stockstorm.simulator.api.faults.throttled import throttled
from stockstorm.simulator.api.faults.unanswered import unanswered
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import ADMIN, EVERY_API, MARKETPLACES, ApiFaultConfig, ApiFaultKind
from stockstorm.simulator.seeds import Draws, Seeds

__all__ = ["HELD", "NONE", "REGISTRY", "WITHHELD", "ApiFault", "ApiFaults", "Injection", "target_of"]


class ApiFault(Protocol):
    """What a fault does to a call that it hits. `draws` belong to this hit alone."""

    def __call__(self, config: ApiFaultConfig, draws: Draws, /) -> Injection: ...


REGISTRY: Final[dict[ApiFaultKind, ApiFault]] = {
    "server_error": server_error,
    "failed_after": failed_after,
    "throttled": throttled,
    "rows_rejected": rows_rejected,
    "slow": slow,
    "answer_lost": answer_lost,
    "dropped": dropped,
    "down": down,
    "unanswered": unanswered,
    "cut_short": cut_short,
}
MILLION: Final = 1_000_000  # shares are counted in whole millionths, so that the stretches have no gap
_MARKETPLACE: Final = re.compile(r"/marketplaces/([^/]+)/v1/([a-z]+)")
_ADMIN: Final = "/admin/"
_MUTATION: Final = re.compile(rb'"query"\s*:\s*"(?:\\n|\s)*mutation\b')


class Target(msgspec.Struct, frozen=True):
    """What a call is aimed at: an API by its name, to read or to write, and whether it is a push of listings."""

    api: str
    writes: bool
    pushes: bool = False


def target_of(request: ApiRequest) -> Target:
    """By path, method and the start of a document. Whether the call is valid is not known yet."""
    if found := _MARKETPLACE.fullmatch(request.path):
        writes = request.method != "GET"
        return Target(found[1], writes, writes and found[2] == "listings")
    if request.path.startswith(_ADMIN) and not is_graphql(request.path):  # then it is REST
        return Target(ADMIN, request.method not in ("GET", "HEAD"))
    return Target(ADMIN, _MUTATION.search(request.body) is not None)


class _Active:
    """One fault of the scenario during the load."""

    def __init__(self, name: str, config: ApiFaultConfig, seeds: Seeds, load_s: float) -> None:
        self._name, self._config, self._seeds = name, config, seeds
        self._millionths = round(config.share * MILLION)
        until_s = load_s if config.until_s is None else min(config.until_s, load_s)
        self._from_ns, self._until_ns = round(config.from_s * SECOND_NS), round(until_s * SECOND_NS)
        self._calls: dict[tuple[str, bool], int] = {}

    def met_by(self, target: Target, offset_ns: int) -> Injection | None:
        """The injection for this call, if the fault hits it. Counts the calls that it could hit."""
        if not self._from_ns <= offset_ns < self._until_ns or not self._concerns(target):
            return None
        key = (target.api, target.writes)
        number = self._calls.get(key, 0)
        self._calls[key] = number + 1
        hit = self._hit(key, number)
        if hit < 0 or (self._config.count is not None and hit >= self._config.count):
            return None
        draws = self._seeds.draws(f"{self._name}.what", *key, hit)
        return REGISTRY[self._config.kind](self._config, draws)

    def _concerns(self, target: Target) -> bool:
        if self._config.kind == "rows_rejected" and not target.pushes:
            return False
        api = self._config.api
        return api in (EVERY_API, target.api) or (api == MARKETPLACES and target.api != ADMIN)

    def _hit(self, key: tuple[str, bool], number: int) -> int:
        """The hit that falls on call `number`, or -1."""
        hit = number * self._millionths // MILLION
        begin, end = (-(-edge * MILLION // self._millionths) for edge in (hit, hit + 1))
        place = begin + int(self._seeds.draw(f"{self._name}.when", *key, hit) * (end - begin))
        return hit if place == number else -1


class ApiFaults:
    """The API faults of a run. Nothing fails before `start` and after the load."""

    def __init__(self, configs: Sequence[ApiFaultConfig], seeds: Seeds, load_s: float) -> None:
        self._active = [
            _Active(f"api fault {place} {config.kind}", config, seeds, load_s) for place, config in enumerate(configs)
        ]
        self._start_ns: int | None = None

    def start(self, start_ns: int) -> None:
        """The load begins at `start_ns`."""
        self._start_ns = start_ns

    def injection(self, request: ApiRequest, now_ns: int) -> Injection:
        """What happens to a call that has just arrived. Where several faults hit it, the first of the scenario does."""
        if not self._active or self._start_ns is None or now_ns < self._start_ns:
            return NONE
        target, offset_ns = target_of(request), now_ns - self._start_ns
        found = [each for fault in self._active if (each := fault.met_by(target, offset_ns)) is not None]
        return found[0] if found else NONE
