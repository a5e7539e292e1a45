"""Flaws of reading at an interval."""

from collections.abc import Mapping

from stockstorm.reference_service.flaws.polling import (
    cursor_before_work,
    cursor_off_by_one,
    overlap_missing,
    page_two_never_read,
    window_from_the_end,
)
from stockstorm.reference_service.seams import Compose

FLAWS: Mapping[str, Compose] = {
    "cursor_before_work": cursor_before_work.compose,
    "cursor_off_by_one": cursor_off_by_one.compose,
    "overlap_missing": overlap_missing.compose,
    "page_two_never_read": page_two_never_read.compose,
    "window_from_the_end": window_from_the_end.compose,
}
