import msgspec

from stockstorm.simulator.api.admin.base.idempotency import IdempotencyKeys, Remembered, fingerprint
from stockstorm.simulator.limits import IDEMPOTENCY_WINDOW_NS


def test_a_key_is_recalled_within_its_window_only() -> None:
    keys: IdempotencyKeys[str] = IdempotencyKeys(str.encode, bytes.decode)
    done = Remembered(b"f", "group", False, 100)
    keys.remember("k", done)
    assert keys.recall("k", 100 + IDEMPOTENCY_WINDOW_NS - 1) == done
    assert keys.recall("k", 100 + IDEMPOTENCY_WINDOW_NS) is None
    assert keys.recall("other", 100) is None


def test_the_oldest_key_is_forgotten_beyond_the_limit() -> None:
    keys: IdempotencyKeys[int] = IdempotencyKeys(msgspec.json.encode, msgspec.json.decode, keys_max=2)
    for n in range(3):
        keys.remember(f"k{n}", Remembered(b"", n, False, n))
    assert [keys.recall(f"k{n}", 3) is not None for n in range(3)] == [False, True, True]


def test_a_fingerprint_depends_on_operation_and_values_but_not_on_the_order_of_fields() -> None:
    assert fingerprint("set", {"a": 1, "b": [2]}) == fingerprint("set", {"b": [2], "a": 1})
    assert fingerprint("set", {"a": 1}) != fingerprint("set", {"a": 2})
    assert fingerprint("set", {"a": 1}) != fingerprint("adjust", {"a": 1})
