"""Flaws of the check of signatures."""

from collections.abc import Mapping

from stockstorm.reference_service.flaws.signatures import (
    new_secret_never_read,
    no_signature_check,
    previous_secret_forgotten,
    signature_by_prefix,
    signature_case_ignored,
    signature_in_either_form,
    signature_in_hex,
    signature_may_be_empty,
    signature_of_empty_key,
    signature_of_one_topic,
    signature_of_parsed_body,
    signature_of_shop_only,
    wrong_secret,
)
from stockstorm.reference_service.seams import Compose

FLAWS: Mapping[str, Compose] = {
    "new_secret_never_read": new_secret_never_read.compose,
    "no_signature_check": no_signature_check.compose,
    "previous_secret_forgotten": previous_secret_forgotten.compose,
    "signature_by_prefix": signature_by_prefix.compose,
    "signature_case_ignored": signature_case_ignored.compose,
    "signature_in_either_form": signature_in_either_form.compose,
    "signature_in_hex": signature_in_hex.compose,
    "signature_may_be_empty": signature_may_be_empty.compose,
    "signature_of_empty_key": signature_of_empty_key.compose,
    "signature_of_one_topic": signature_of_one_topic.compose,
    "signature_of_parsed_body": signature_of_parsed_body.compose,
    "signature_of_shop_only": signature_of_shop_only.compose,
    "wrong_secret": wrong_secret.compose,
}
