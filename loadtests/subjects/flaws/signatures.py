"""The flaws of the class signatures."""

from typing import Final

from stockstorm.loadtests.subjects.flaws.flaw import FORGED_LEVEL, NEVER_DELIVERED, OF_RECEIVERS, Flaw, without

DECLARED: Final = (
    Flaw(
        name="no_signature_check",
        kind="signatures",
        mistake="a forged delivery is accepted",
        must=frozenset({"forged"}),
        may=without(FORGED_LEVEL, "forged"),
        subjects=OF_RECEIVERS,
        diagnoses=frozenset({"forgeries"}),
        guide_ref="C6",
    ),
    Flaw(
        name="signature_of_one_topic",
        kind="signatures",
        mistake="the signature of orders/create alone is checked",
        must=frozenset({"forged"}),
        may=without(FORGED_LEVEL, "forged"),
        subjects=OF_RECEIVERS,
        diagnoses=frozenset({"forgeries"}),
    ),
    Flaw(
        name="signature_of_shop_only",
        kind="signatures",
        mistake="the signatures of the marketplaces are not checked",
        must=frozenset({"forged"}),
        may=without(FORGED_LEVEL, "forged"),
        subjects=OF_RECEIVERS,
        diagnoses=frozenset({"forgeries"}),
    ),
    Flaw(
        name="signature_in_either_form",
        kind="signatures",
        mistake="a hexadecimal digest is accepted besides the base64 one",
        must=frozenset({"forged"}),
        may=without(FORGED_LEVEL, "forged"),
        subjects=OF_RECEIVERS,
        diagnoses=frozenset({"forgeries"}),
    ),
    Flaw(
        name="signature_by_prefix",
        kind="signatures",
        mistake="an empty or truncated signature is accepted",
        must=frozenset({"forged"}),
        may=without(FORGED_LEVEL, "forged"),
        subjects=OF_RECEIVERS,
        diagnoses=frozenset({"forgeries"}),
    ),
    Flaw(
        name="signature_may_be_empty",
        kind="signatures",
        mistake="a request without a signature is accepted",
        must=frozenset({"forged"}),
        may=without(FORGED_LEVEL, "forged"),
        subjects=OF_RECEIVERS,
        diagnoses=frozenset({"forgeries"}),
    ),
    Flaw(
        name="signature_in_hex",
        kind="signatures",
        mistake="the signature is compared with a hexadecimal digest, so every genuine delivery is refused",
        must=frozenset({"delivery_success"}),
        may={
            **without(NEVER_DELIVERED, "delivery_success"),
            "forged": "what is signed in hexadecimal is accepted, and nothing else",
        },
        subjects=OF_RECEIVERS,
        diagnoses=frozenset({"signature_check"}),
    ),
    Flaw(
        name="signature_of_parsed_body",
        kind="signatures",
        mistake="the body is parsed and serialised again before its signature is checked, so genuine ones are refused",
        must=frozenset({"delivery_success"}),
        may={
            **without(NEVER_DELIVERED, "delivery_success"),
            "forged": "a body in another spelling than the signed one comes out as the signed one, so it passes",
        },
        subjects=OF_RECEIVERS,
        diagnoses=frozenset({"signature_check"}),
    ),
    Flaw(
        name="wrong_secret",
        kind="signatures",
        mistake="the shop's secret is wrong, so every delivery of the shop is refused",
        must=frozenset({"delivery_success"}),
        may=without(NEVER_DELIVERED, "delivery_success"),
        subjects=OF_RECEIVERS,
        diagnoses=frozenset({"signature_check"}),
    ),
)
