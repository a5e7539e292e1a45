"""An incident that a diagnosis explains ends with that cause, and keeps no guess of its own."""

import pytest

from stockstorm.reports.diagnosis import find
from stockstorm.reports.diagnosis.case import Found
from stockstorm.reports.diagnosis.retold import retold
from stockstorm.reports.result import Check, Diagnosis, Incident
from stockstorm.reports.verdict.judge import judge
from tests.unit.reports.diagnosis.test_order_arithmetic import SOLD, shop_of

GUESS = "which changes it lacks cannot be told: its quantity fits no single moment"


def cause(*covers: str) -> Found:
    return Found(
        Diagnosis("x", "c", ("e",), "r", ("drift", "applied_twice")), frozenset(covers), "the stock is held back"
    )


def told(text: str, found: Found, check: str = "drift", **about: object) -> str:
    incident = Incident(check, 1, text, **about)  # type: ignore[arg-type]  # any field
    return retold((Check(check, "invalid", "wrong", incidents=(incident,)),), [found])[0].incidents[0].text


@pytest.mark.parametrize(
    ("text", "certain"),
    [
        (
            f"At rest bazaar lists 3 of MUG where 6 would be right; it was last set at 1.000 s, to 3; {GUESS}",
            "At rest bazaar lists 3 of MUG where 6 would be right; it was last set at 1.000 s, to 3",
        ),
        (
            f"At rest bazaar lists 3 of MUG where 6 would be right; it was never set; {GUESS}",
            "At rest bazaar lists 3 of MUG where 6 would be right; it was never set",
        ),
        (
            "At rest the master shows 7 of MUG where 6 are on the shelf; explained by the return of an order",
            "At rest the master shows 7 of MUG where 6 are on the shelf",
        ),
        (
            "order.returned of bazaar's order 1 moved MUG by 2 units more than once, at 4.212 s",
            "bazaar's order 1: MUG was moved by 2 units too many, at 4.212 s",
        ),
    ],
)
def test_a_guess_is_left_out_where_a_cause_explains_the_incident(text: str, certain: str) -> None:
    of_listing = {"channel": "bazaar", "sku": "MUG"}
    assert told(text, cause("listing bazaar MUG"), **of_listing) == f"{certain}: the stock is held back"
    assert told(text, cause("sku MUG"), sku="MUG") == f"{certain}: the stock is held back"
    assert told(text, cause("event 7"), events=(7,)) == f"{certain}: the stock is held back"
    assert told(text, cause("event 7", "sku MUG"), events=(7,), **of_listing) == text  # of the master, not of a listing
    assert told(text, cause("listing mercado MUG", "sku CUP", "event 8"), **of_listing) == text
    assert told(text, cause("sku MUG")._replace(short=""), sku="MUG") == text
    assert told(text, cause("sku MUG"), "stale_overwrite", sku="MUG") == text


def test_what_names_no_guess_stays() -> None:
    text = "bazaar's order 1: order.created is not in the master's record"
    assert told(text, cause("sku MUG"), sku="MUG") == text


def test_incidents_of_a_wrong_rule_name_the_rule_and_not_an_order_applied_twice() -> None:
    history = shop_of({("cancelled", order): SOLD[order] for order in SOLD}, named=True, cancelled_first=False)
    result = judge(history)
    assert "order_arithmetic" in {each.diagnosis.name for each in find(history, result.checks)[0]}
    texts = [one.text for check in result.checks for one in check.incidents if check.name in ("drift", "applied_twice")]
    of_master = [text for text in texts if "the master shows" in text or "too many" in text]
    assert len(of_master) > len(SOLD)
    assert all("gives back again what a return had given back" in text for text in of_master)
    assert not any("more than once" in text or "applied twice" in text for text in texts)
