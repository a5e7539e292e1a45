"""What holds for all tests."""

from hypothesis import settings

# How long one example takes depends on what else runs on the machine.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")
