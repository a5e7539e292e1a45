"""What a service of the user's own needs beforehand: where the played APIs will be, and the secrets of both sides.

It reads them when it starts, which is before the run. Drawn for the run, they would be known to nobody: every call
would be refused and every signature wrong, and the report would call that the service's fault.
"""

import os
from collections.abc import Mapping
from typing import Final

from loadtests.subject_option import is_url
from scenarios.problems import Problem

SECRETS: Final = {
    name: f"STOCKSTORM_{name.upper()}" for name in ("admin_token", "client_secret", "channel_token", "channel_secret")
}


def own_problems(subject: str, api_port: int, environment: Mapping[str, str] | None = None) -> list[Problem]:
    """What is not set for a subject that is given by URL; nothing for others, whose service is told all by us."""
    if not is_url(subject):
        return []
    given = os.environ if environment is None else environment
    found: list[Problem] = []
    if not api_port:
        stated = "is not set, so your service cannot know where the played APIs are"
        found.append(Problem("--api-port", stated, "write e.g. --api-port 9400, and point your service there"))
    if unset := [name for name in SECRETS.values() if not given.get(name)]:
        remedy = "export for your service and for this command; where your service uses none, any word will do"
        found.append(Problem(", ".join(unset), "not set, so your service cannot know what is drawn instead", remedy))
    return found
