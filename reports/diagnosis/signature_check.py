"""Genuine deliveries were answered 401 or 403: the subject's signature check differs from Shopify's."""

from collections.abc import Iterator
from typing import Final

from stockstorm.reports.diagnosis.answers import (
    Answered,
    attempts_of,
    compared,
    examples,
    failures,
    removals,
    shared,
    texts,
)
from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
from stockstorm.reports.diagnosis.traits import said
from stockstorm.reports.result import Diagnosis, verb
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.model import SHOPIFY

DENIED: Final = frozenset({401, 403})
RESPELLED: Final = "reserialised"
SHOP: Final = (
    "Shopify signs the raw bytes of the body: X-Shopify-Hmac-Sha256 is base64(HMAC-SHA256(client secret, body)). "
    "Compare the secret, and check that no framework parses or decodes the body first"
)
MARKET: Final = (
    "a marketplace signs the raw bytes of the body: X-Marketplace-Signature, with the marketplaces' secret and not "
    "with Shopify's; docs/own_service.md has the format"
)


class SignatureCheck(Diagnose):
    name = "signature_check"

    def __call__(self, case: Case) -> Iterator[Found]:
        denied = failures(case, is_denied)
        if not denied:
            return
        accepted = attempts_of(case).accepted
        answered = len(accepted) + len(failures(case, lambda attempt: attempt.status > 0))
        common = compared(case, denied, accepted) if accepted else []
        statuses = sorted({attempt.status for _, attempt in denied})
        which = f"; they are {said(common[0].traits)}" if common and common[0].bad == common[0].bad_of else ""
        codes = " or ".join(map(str, statuses))
        passed, sent = respelled(case)
        refused = f"{len(denied):,} of {answered:,} genuine deliveries {verb(len(denied), 'were')} answered {codes}"
        cause = f"{refused}: the signature check differs"
        if passed:
            cause = (
                f"{refused}, and {passed} of {sent} with a body in another spelling than the signed one "
                f"{verb(passed, 'pass')}: the "
                "body is parsed and serialised again before its signature is computed"
            )
        evidence = [*shared(common, "refused ones"), examples(case, denied), *removals(case)]
        if said_by_subject := texts(denied)[:2]:
            evidence.insert(0, f"the service said {' and '.join(said_by_subject)}")
        yield Found(
            Diagnosis(
                self.name,
                cause + which,
                tuple(evidence),
                _remedy(case, denied),
                (*case.consequences(), *(case.consequences("forged") if passed else ())),
                denied[0][1].at_ns,
            ),
            frozenset(f"delivery {delivery.planned.delivery}" for delivery, _ in denied),
        )


def is_denied(attempt: f.AttemptEnded) -> bool:
    """Whether an attempt was answered 401 or 403."""
    return attempt.status in DENIED


def respelled(case: Case) -> tuple[int, int]:
    """How many forgeries with a body in another spelling were acknowledged, and how many were sent."""
    sent = [one for one in case.history.deliveries.by_id.values() if one.planned.forged == RESPELLED]
    return sum(one.outcome == "acknowledged" for one in sent), len(sent)


def _remedy(case: Case, denied: list[Answered]) -> str:
    events = case.history.deliveries.events
    sources = {events[one.planned.event].source for one, _ in denied if one.planned.event in events}
    shop, market = SHOPIFY in sources, bool(sources - {SHOPIFY})
    return "; ".join([SHOP] * shop + [MARKET] * market) or SHOP
