"""How many connections this process may hold: our own bound, or what the operating system allows it."""

import resource

from simulator.limits import CONNECTIONS_MAX

SPARE = 200  # for files, pipes and the connections of the subject to the played APIs


def connections_allowed() -> int:
    """Raises the soft limit of open files as far as the hard one allows, and gives the bound for the pool."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS_MAX + SPARE
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(1, min(CONNECTIONS_MAX, soft - SPARE))
