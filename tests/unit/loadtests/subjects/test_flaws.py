"""The declared flaws are complete and name existing checks."""

from stockstorm.loadtests.subjects.flaws import FLAWS
from stockstorm.reports.checkers import CHECKERS
from stockstorm.scenarios.flags import with_faults
from stockstorm.scenarios.loader import load


def test_the_five_mistakes_of_the_guide_are_declared() -> None:
    named = {"no_order_dedup", "last_write_wins", "ack_before_durable", "no_signature_check", "slow_handler"}
    assert named <= set(FLAWS)


def test_every_declared_check_exists_and_is_declared_once() -> None:
    names = {checker.name for checker in CHECKERS}
    for flaw in FLAWS.values():
        assert flaw.must
        assert flaw.must <= names
        assert set(flaw.may) <= names
        assert not flaw.must & set(flaw.may)


def test_every_possible_consequence_gives_its_reason() -> None:
    assert all(len(reason.split()) > 4 for flaw in FLAWS.values() for reason in flaw.may.values())


def test_the_faults_of_a_flaw_fit_the_proof_scenario() -> None:
    proof = load("proof")
    added = [with_faults(proof, flaw.faults).faults for flaw in FLAWS.values()]
    assert sorted(len(faults) - len(proof.faults) for faults in added) == sorted(len(f.faults) for f in FLAWS.values())
