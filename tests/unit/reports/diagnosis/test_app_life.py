"""What happened to the app is named where the subject did not survive it, and not where it did."""

from stockstorm.reports.diagnosis.app_life import NotReinstalled, ScopesMissing
from stockstorm.reports.diagnosis.calls_refused import CallsRefused
from stockstorm.reports.diagnosis.case import Case, Diagnose
from stockstorm.reports.diagnosis.wrong_token import WrongToken
from stockstorm.reports.result import Check, Diagnosis
from stockstorm.simulator.config import LifeChange
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.model import ApiOutcome
from tests.literal_history import history, ns, opened

TOPIC = "inventory_levels/update"
FAILING = (Check("unheard", "invalid", "missed"),)
DENIED = "the token in the header X-Shopify-Access-Token is not the token of this run"


def found(diagnose: Diagnose, *facts: f.AnyFact) -> list[Diagnosis]:
    played = history(opened(), *sorted(facts, key=lambda fact: fact.at_ns), f.RunEnded(ns(90_000), complete=True))
    return [each.diagnosis for each in diagnose(Case(played, FAILING))]


def changed(ms: float, change: LifeChange) -> f.AppChanged:
    return f.AppChanged(ns(ms), change, ("write_inventory",))


def call(ms: float, request: int, outcome: ApiOutcome = "ok", *errors: str) -> f.ApiCalled:
    status = 401 if outcome == "denied" else 200
    return f.ApiCalled(ns(ms), request, "admin", "inventoryAdjustQuantities", status, outcome, errors=errors)


def denied(ms: float, request: int) -> f.ApiCalled:
    return call(ms, request, "denied", DENIED)


def subscribed(ms: float, number: int) -> f.SubscriptionCreated:
    return f.SubscriptionCreated(ns(ms), number, "shopify", TOPIC, "http://me/shop")


AWAY = (
    subscribed(0, 1),
    changed(10_000, "uninstall"),
    f.SubscriptionRemoved(ns(10_000), 1, "shopify", TOPIC, by_policy=False),
    changed(20_000, "reinstall"),
)


UNHEARD = (
    f.EventFired(ns(30_000), 1, "event-1", "shopify", TOPIC, sku="MUG", version=1),
    f.EventUnheard(ns(30_000), 1),
)


def test_a_subject_that_comes_back_is_not_named() -> None:
    facts = (*AWAY, denied(12_000, 1), denied(19_000, 2), call(21_000, 3), subscribed(22_000, 2))
    assert found(NotReinstalled(), *facts) == []
    assert found(WrongToken(), *facts) == []


def test_a_subject_that_goes_on_with_its_dead_token_is_named() -> None:
    denials = (denied(12_000, 1), denied(25_000, 2), denied(40_000, 3))
    named, other = found(NotReinstalled(), *AWAY, *denials, *UNHEARD)
    assert "went on with its dead token" in named.cause
    assert named.evidence == ("2 calls to the Admin API after that, all answered 401",)
    assert named.explains == ("unheard",)
    assert "did not subscribe again to inventory_levels/update" in other.cause


def test_a_revoked_token_that_is_used_for_ever_is_named() -> None:
    (named,) = found(NotReinstalled(), changed(10_000, "revoke_token"), denied(11_000, 1), denied(30_000, 2))
    assert "left without its token" in named.cause
    assert found(NotReinstalled(), changed(10_000, "revoke_token"), denied(11_000, 1), call(12_000, 2)) == []


def test_a_subject_with_a_new_token_and_no_subscription_is_named() -> None:
    (named,) = found(NotReinstalled(), *AWAY, call(21_000, 1), *UNHEARD)
    assert "did not subscribe again to inventory_levels/update" in named.cause
    assert named.evidence == ("1 event of these topics had no subscriber after that",)


def test_a_topic_of_which_no_event_came_any_more_is_no_evidence() -> None:
    """The subject may have ended that subscription itself."""
    assert found(NotReinstalled(), *AWAY, call(21_000, 1)) == []


def test_a_topic_whose_scope_went_meanwhile_is_not_missing() -> None:
    without = f.AppChanged(ns(20_000), "reinstall", ("write_products",))
    assert found(NotReinstalled(), *AWAY[:3], without, call(21_000, 1)) == []


def test_a_wrong_token_of_an_app_that_is_installed_is_still_a_wrong_token() -> None:
    (named,) = found(WrongToken(), denied(1_000, 1), denied(2_000, 2))
    assert "2 of 2 calls to the Admin API came without the right token" in named.cause


def test_a_scope_that_is_missing_is_named_with_the_texts() -> None:
    text = "Access denied for orders field. Required access: `read_orders` access scope."
    (named,) = found(ScopesMissing(), call(1_000, 1, "error", text), call(2_000, 2))
    assert named.cause == "1 call to the Admin API needed a scope or an approval that the app lacks"
    assert text in named.evidence
    assert found(ScopesMissing(), call(1_000, 1), call(2_000, 2, "user_error", "something else")) == []


def token_refused(ms: float, request: int) -> f.ApiCalled:
    text = "app_not_installed: The app is not installed in this shop"
    return f.ApiCalled(ns(ms), request, "admin", "POST access_token", 400, "bad_request", errors=(text,))


def test_a_token_that_is_refused_while_the_app_is_away_is_planned() -> None:
    assert found(CallsRefused(), *AWAY, token_refused(12_000, 1), token_refused(19_000, 2)) == []
    (named,) = found(CallsRefused(), *AWAY, token_refused(19_000, 1), token_refused(25_000, 2))
    assert "refused 1 of 2 POST access_token" in named.cause


def test_a_scope_that_a_sound_subject_does_without_explains_nothing() -> None:
    """It asks once, and goes on: what else is wrong has another cause."""
    calls = [call(1_000 + number, number) for number in range(2, 100)]
    topic = "You cannot create a webhook subscription with the specified topic"
    field = "Access denied for orders field. Required access: `read_orders` access scope."
    assert found(ScopesMissing(), call(1_000, 1, "user_error", topic), *calls[:3]) == []
    assert found(ScopesMissing(), call(1_000, 1, "error", field), *calls) == []
    (named,) = found(ScopesMissing(), call(1_000, 1, "error", field), *calls, *UNHEARD)
    assert "allowed, and not subscribed to either: inventory_levels/update" in named.evidence
