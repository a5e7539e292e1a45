"""The states that a quantity fits, compared with a plain search over every state."""

import random

from stockstorm.simulator.history import facts as f
from tests.literal_history import history, ns, opened, sold


def long_history(seed: int) -> list[f.AnyFact]:
    rng, available, facts = random.Random(seed), 400, list[f.AnyFact](opened(400))
    for number in range(1, 300):
        delta = rng.choice((-2, -1, -1, 3))
        available += delta
        facts.append(f.StockChanged(ns(2 * number), "MUG", 1, 7, number, delta, available, "restock"))
        if rng.random() < 0.3:
            facts.append(sold(2 * number + 1, 1_000 + number, "bazaar", rng.randrange(1, 3)))
    return facts


def test_skipping_whole_blocks_changes_no_match() -> None:
    found = history(*long_history(1))
    ledger, rng = found.ledgers["MUG"], random.Random(2)
    for _ in range(400):
        quantity, seq = rng.randrange(0, 450), rng.randrange(10, len(found.facts))
        lowest = rng.randrange(0, 200)
        honest = [
            state
            for state in range(ledger.version_at(seq) + 1)
            if ledger.floor(state, seq) <= quantity <= ledger.ceiling(state)
        ]
        later = [state for state in honest if state >= lowest]
        bounds, last = ledger.bounds(quantity, seq), ledger.version_at(seq)
        assert ledger.latest_match(bounds, last) == (honest[-1] if honest else -1)
        assert ledger.earliest_match(bounds, lowest, last) == (later[0] if later else -1)
