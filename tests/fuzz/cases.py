"""Case number `index` of a seed: the same bytes in every run, whatever came before it."""

from itertools import accumulate
from random import Random
from typing import Final

from tests.fuzz import played_cases, rest_cases, webhook_cases
from tests.fuzz.case import KINDS, Case, Kind
from tests.fuzz.raw_http import raw, torn

WEIGHTS: Final[dict[Kind, int]] = {
    "genuine": 10,
    "replayed": 2,
    "odd_signed": 12,
    "forged": 15,
    "raw_webhooks": 11,
    "raw_operations": 2,
    "raw_played": 6,
    "torn": 2,
    "probe": 6,
    "graphql_valid": 9,
    "graphql_mutated": 6,
    "graphql_bomb": 1,
    "graphql_body": 5,
    "marketplace": 10,
    "wrong_door": 3,
    "rest": 8,
}
_BOUNDS: Final = list(accumulate(WEIGHTS[kind] for kind in KINDS))


def case_of(seed: int, index: int) -> Case:
    """The case of an index."""
    rng = Random(f"{seed}/{index}")
    (kind,) = rng.choices(KINDS, cum_weights=_BOUNDS)
    return make(kind, rng, seed, index)


def make(kind: Kind, rng: Random, seed: int, index: int) -> Case:  # noqa: C901, PLR0911, PLR0912 - one line a kind
    """A case of one kind."""
    match kind:
        case "genuine":
            return webhook_cases.genuine(rng, seed, index)
        case "replayed":
            return webhook_cases.replayed(rng, seed, index)
        case "odd_signed":
            return webhook_cases.odd_signed(rng, seed, index)
        case "forged":
            return webhook_cases.forged(rng, seed, index)
        case "raw_webhooks":
            return raw(rng, index, "webhooks")
        case "raw_operations":
            return raw(rng, index, "operations")
        case "raw_played":
            return raw(rng, index, "played")
        case "torn":
            return torn(rng, index, _whole(rng, seed, index))
        case "probe":
            return played_cases.probe(rng, index)
        case "graphql_valid":
            return played_cases.graphql_valid(rng, index)
        case "graphql_mutated":
            return played_cases.graphql_mutated(rng, index)
        case "graphql_bomb":
            return played_cases.graphql_bomb(rng, index)
        case "graphql_body":
            return played_cases.graphql_body(rng, index)
        case "marketplace":
            return played_cases.marketplace(rng, index)
        case "wrong_door":
            return played_cases.wrong_door(rng, index)
        case "rest":
            return rest_cases.rest(rng, index)


def _whole(rng: Random, seed: int, index: int) -> Case:
    """A request to tear: of the webhook port, the operations port or the played APIs."""
    kind: Kind = rng.choice(("forged", "probe", "graphql_valid", "marketplace"))
    return make(kind, rng, seed, index)
