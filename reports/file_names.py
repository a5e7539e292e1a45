"""Names of files in a run's folder, for those who only write them. `reports.store` reads them."""

from typing import Final

HISTORY: Final = "history.jsonl.zst"
PLAIN_HISTORY: Final = "history.jsonl"
SENT: Final = "sent.jsonl.zst"
