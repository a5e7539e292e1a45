"""What each kind of forgery does to the signature."""

from stockstorm.simulator.delivery.forgery import KINDS, claimed_available, forged_signature
from stockstorm.simulator.events.encoding import matches, sign

SECRET, HONEST, CLAIMED = b"secret", b'{"available":3}', b'{"available":999}'


def test_the_kinds_are_those_that_a_plan_may_name() -> None:
    assert set(KINDS) == {"tampered", "unsigned", "wrong_key"}


def test_a_tampered_body_goes_with_the_signature_of_the_honest_one() -> None:
    assert forged_signature("tampered", SECRET, honest=HONEST, claimed=CLAIMED) == sign(SECRET, HONEST)


def test_an_unsigned_delivery_has_no_signature() -> None:
    assert forged_signature("unsigned", SECRET, honest=HONEST, claimed=CLAIMED) is None


def test_a_wrong_key_gives_a_well_formed_signature_that_does_not_match() -> None:
    signature = forged_signature("wrong_key", SECRET, honest=HONEST, claimed=CLAIMED)
    assert signature is not None
    assert len(signature) == len(sign(SECRET, CLAIMED))
    assert not matches(SECRET, CLAIMED, signature)


def test_the_claimed_quantity_is_never_the_true_one() -> None:
    assert [claimed_available(each) for each in (0, 999, -3)] == [999, 998, 999]
