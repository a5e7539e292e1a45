"""The service's environment variables (prefix REFERENCE_), all checked in one pass at start."""

import os
from collections.abc import Callable, Collection
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from stockstorm.reference_service import limits

PREFIX = "REFERENCE_"
EXIT_BAD_SETTINGS = 3
DEFAULT_ARCHITECTURE = "queue-postgres"


Switch = Annotated[bool, BeforeValidator(lambda value: {"on": True, "off": False}.get(value, value))]


class BadSettings(Exception):
    """The environment is invalid. The message names every wrong variable, one per line."""


class Settings(BaseSettings):
    """Settings of one process. URLs have no trailing slash."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    architecture: str = DEFAULT_ARCHITECTURE
    database_url: SecretStr
    listen_host: str = "127.0.0.1"  # where webhooks arrive; everything else is at the operations ports
    listen_port: int = Field(ge=0, le=65535)
    connections_max: int = Field(default=limits.CONNECTIONS_MAX, ge=1)
    address_connections_max: int = Field(default=limits.ADDRESS_CONNECTIONS_MAX, ge=1)  # behind a proxy: all
    operations_host: str = "127.0.0.1"
    receiver_operations_port: int = Field(ge=0, le=65535)
    worker_operations_port: int = Field(ge=0, le=65535)
    shop_domain: str = Field(min_length=1)
    admin_api_url: str = Field(pattern=r"^https?://")
    admin_token: SecretStr
    client_secret: SecretStr = Field(min_length=1)
    client_id: str = ""  # with `token_url`: how another token is got when the present one is refused
    token_url: str = Field(default="", pattern=r"^(https?://.*)?$")
    subscription_check_s: float = Field(default=300.0, gt=0.0)  # between two checks that all subscriptions are there
    reconcile_s: float = Field(default=3_600.0, gt=0.0)  # between two reconciliations
    reconcile_grace_s: float = Field(default=60.0, ge=0.0)  # what is younger is left alone; half a period at most
    previous_client_secret: SecretStr = SecretStr("")  # accepted besides: it signs for up to an hour after a rotation
    public_url: str = Field(pattern=r"^https?://")
    channels_url: str = Field(pattern=r"^https?://")
    channels: Annotated[tuple[str, ...], NoDecode]
    channel_token: SecretStr
    channel_secret: SecretStr = Field(min_length=1)
    safety_stock: int = Field(default=0, ge=0)
    poll_interval_s: float = Field(default=300.0, gt=0.0)  # for the architecture polling
    flow_interval_s: float = Field(default=120.0, gt=0.0)  # this and the next two: for the architecture ipaas
    flow_step_s: float = Field(default=0.2, ge=0.0)
    flow_tasks_max: int = Field(default=600, ge=1)
    flaw: str = ""  # a mistake of the package `flaws`
    probe: Switch = True  # whether it shows what it did and holds; see operations.Probe
    references: Switch = True  # whether its writes to Shopify name the orders that they are for
    log_level: str = Field(default="info", pattern=r"^(debug|info|warning|error)$")

    @field_validator("channels", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("public_url", "channels_url", "admin_api_url")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        return value.rstrip("/")


def read_settings(architectures: Collection[str], flaws: Callable[[], Collection[str]] = tuple) -> Settings:
    """The settings from the environment. Raises BadSettings with every problem in one message.

    `flaws` gives the names of all of them, and is called if one is wanted.
    """
    problems: list[str] = []
    try:
        settings = Settings()
    except ValidationError as error:
        problems = _explain(error)
    chosen = os.environ.get(f"{PREFIX}ARCHITECTURE", DEFAULT_ARCHITECTURE)
    if chosen not in architectures:
        problems.append(
            f"{PREFIX}ARCHITECTURE: unknown architecture {chosen!r}; choose one of {', '.join(sorted(architectures))}"
        )
    if (flaw := os.environ.get(f"{PREFIX}FLAW", "")) and flaw not in (known := flaws()):
        problems.append(f"{PREFIX}FLAW: unknown flaw {flaw!r}; choose one of {', '.join(sorted(known))}")
    if problems:
        raise BadSettings("\n  ".join(["The reference service cannot start. Its environment is wrong:", *problems]))
    return settings


def required(name: str, what: str) -> str:
    """The value of an architecture's own variable. `name` has no prefix; `what` says what the variable names.

    Raises BadSettings if it is not set.
    """
    value = os.environ.get(f"{PREFIX}{name}", "")
    if not value:
        raise BadSettings(f"{PREFIX}{name}: is not set; it names {what}")
    return value


def _explain(error: ValidationError) -> list[str]:
    lines = []
    for problem in error.errors(include_url=False, include_input=False):
        variable = PREFIX + "_".join(str(part) for part in problem["loc"]).upper()
        text = "is not set" if problem["type"] == "missing" else problem["msg"].removeprefix("Value error, ")
        lines.append(f"{variable}: {text}")
    return lines
