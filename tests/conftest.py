"""What holds for all tests."""

import pytest
from hypothesis import settings

from tests.order import in_turns

# How long one example takes depends on what else runs on the machine.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files in their order; within each the tests stay as they are."""
    files = [item.nodeid.partition("::")[0] for item in items]
    place = {file: number for number, file in enumerate(in_turns(dict.fromkeys(files)))}
    items.sort(key=lambda item: place[item.nodeid.partition("::")[0]])
