"""What every container of ours has in common: a port on loopback only, no reaper, errors told in one line."""

from typing import Any, Final

LOOPBACK: Final = "127.0.0.1"


def without_reaper() -> None:
    """testcontainers' reaper is a second image to pull; we remove our containers ourselves. Needs testcontainers."""
    from testcontainers.core.config import testcontainers_config  # noqa: PLC0415 - an optional extra

    testcontainers_config.ryuk_disabled = True


def publish_on_loopback(container: Any, port: int) -> None:
    """Before it starts. `with_bind_ports` knows no address; docker-py takes (address, None) for a free port on it."""
    container.ports = {f"{port}/tcp": (LOOPBACK, None)}


def published_port(container: Any, port: int) -> int:
    """Where `port` is on this machine. Inside a container testcontainers itself would name the bridge's address."""
    return int(container.get_docker_client().port(container.get_container_id(), port))


def in_one_line(error: Exception) -> str:
    """docker, requests and testcontainers each raise their own, some with whole logs."""
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no reason given'}"
