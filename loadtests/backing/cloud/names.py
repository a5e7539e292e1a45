"""Names of what a run creates in a cloud: telling, allowed everywhere, and never used twice."""

import re
import secrets


def fresh_name(run: str) -> str:
    """`stockstorm-<run>-<random>`, at most 58 characters of [a-z0-9-]: room for an ending within SQS's limit of 80.

    The random end keeps runs apart that two machines began in the same second in one account.
    """
    return f"stockstorm-{re.sub(r'[^a-z0-9]+', '-', run.lower()).strip('-')[:40]}-{secrets.token_hex(3)}"
