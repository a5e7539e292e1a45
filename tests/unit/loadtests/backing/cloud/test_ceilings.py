"""The ceilings that reports state are those of the table of measured figures."""

from pathlib import Path
from typing import Final

import pytest

from stockstorm.loadtests.backing.cloud import base

PAGE: Final = Path(__file__).parents[5] / "docs" / "cloud_backings.md"
ROWS: Final = {
    "fauxqs (SQS)": base.FAUXQS_PER_S,
    "moto (SQS)": base.MOTO_SQS_PER_S,
    "moto (EventBridge) to fauxqs": base.MOTO_BUS_TO_FAUXQS_PER_S,
    "moto (EventBridge) to moto": base.MOTO_BUS_PER_S,
    "Pub/Sub double": base.PUBSUB_DOUBLE_PER_S,
}


@pytest.mark.parametrize("emulator", ROWS)
def test_the_page_states_the_ceiling_of_the_code_and_it_is_no_higher_than_what_was_measured(emulator: str) -> None:
    (line,) = (line for line in PAGE.read_text().splitlines() if line.startswith(f"| {emulator} |"))
    cells = [cell.strip().replace(",", "") for cell in line.strip("|").split("|")]
    assert float(cells[4]) == ROWS[emulator]
    assert ROWS[emulator] <= float(cells[3].split()[0])
