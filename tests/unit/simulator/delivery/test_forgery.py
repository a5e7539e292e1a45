"""What each kind of forgery sends, and how it signs it."""

import json
from typing import get_args

import pytest

from stockstorm.simulator.config import ForgeryKind
from stockstorm.simulator.delivery.forgery import JUDGED_BY_EFFECT, KINDS, Attack, Signed
from stockstorm.simulator.events.encoding import matches, sign

SECRET, SENT, CLAIMED = b"secret", b'{"available":3}', rb'{"available":999,"at":"a\/b"}'
RIGHT = sign(SECRET, CLAIMED)


def forged(kind: ForgeryKind) -> Signed:
    return KINDS[kind](Attack(CLAIMED, SENT, SECRET))


def test_the_kinds_are_those_that_a_plan_may_name() -> None:
    assert set(KINDS) == set(get_args(ForgeryKind))
    assert set(KINDS) >= JUDGED_BY_EFFECT


@pytest.mark.parametrize("kind", KINDS)
def test_what_must_be_refused_has_no_valid_signature_and_the_rest_has_one(kind: ForgeryKind) -> None:
    made = forged(kind)
    valid = made.signature is not None and matches(SECRET, made.body, made.signature)
    assert valid == (kind in JUDGED_BY_EFFECT)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - JUDGED_BY_EFFECT))
def test_nothing_that_must_be_refused_is_genuine_where_every_body_of_a_topic_is_the_same(kind: ForgeryKind) -> None:
    made = KINDS[kind](Attack(CLAIMED, CLAIMED, SECRET))
    assert made.signature is None or not matches(SECRET, made.body, made.signature)


def test_a_tampered_body_goes_with_the_signature_of_one_that_was_sent() -> None:
    assert forged("tampered") == Signed(CLAIMED, sign(SECRET, SENT))


def test_a_missing_signature_is_not_an_empty_one() -> None:
    assert (forged("unsigned").signature, forged("empty_signature").signature) == (None, "")


def test_a_wrong_key_gives_a_well_formed_signature() -> None:
    assert len(forged("wrong_key").signature or "") == len(RIGHT)


def test_a_stale_key_is_neither_the_right_one_nor_the_wrong_one() -> None:
    assert len({RIGHT, forged("stale_key").signature, forged("wrong_key").signature}) == 3


def test_an_empty_key_signs_as_anybody_can() -> None:
    assert matches(b"", CLAIMED, forged("empty_key").signature or "")


def test_the_other_case_is_the_right_signature_to_whoever_ignores_case() -> None:
    assert (forged("other_case").signature or "").lower() == RIGHT.lower()


def test_half_a_signature_is_right_and_its_rest_is_missing_or_wrong() -> None:
    cut, prefix = forged("truncated").signature or "", forged("prefix").signature or ""
    assert (len(cut), len(prefix)) == (22, 44)
    assert RIGHT.startswith(cut)
    assert RIGHT.startswith(prefix[:22])


def test_a_hex_digest_holds_the_right_bytes() -> None:
    assert len(bytes.fromhex(forged("hex_digest").signature or "")) == 32


def test_a_reserialised_body_means_the_same_and_its_signature_is_that_of_the_original() -> None:
    made = forged("reserialised")
    assert (json.loads(made.body), made.signature) == (json.loads(CLAIMED), RIGHT)
    assert made.body != CLAIMED
