"""The pool of connections stays within what the operating system allows."""

import resource

from stockstorm.loadtests.generator.health import SPARE, connections_allowed
from stockstorm.simulator.limits import CONNECTIONS_MAX


def test_the_bound_fits_the_open_files_of_this_process() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        allowed = connections_allowed()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        assert 1 <= allowed <= CONNECTIONS_MAX
        assert allowed <= soft - SPARE or soft <= SPARE
        assert hard == before[1]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_tight_soft_limit_is_raised_to_the_hard_one() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(512, before[0]), before[1]))
        assert connections_allowed() >= 512 - SPARE
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= min(512, before[0])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
