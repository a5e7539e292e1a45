"""The model of a subject file, `subject.toml`: where a service receives, what it declares, and how it is run.

It holds no secret: secrets have the names of environment variables here. `stockstorm run SCENARIO --subject URL` makes
one without a file.
"""

import json
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import ConfigDict, Field

from stockstorm.simulator.config import PROCESS_NAMES, Config, Level, ProcessName
from stockstorm.simulator.versions import ApiVersion

SCHEMA_PATH: Final = Path(__file__).with_name("subject.schema.json")
SERVICE: Final = "service"  # the process of a service that has one
PROCESSES_MAX: Final = 8

Command = Annotated[str, Field(min_length=1, max_length=4_000)]
Url = Annotated[str, Field(min_length=1, max_length=2_000)]
VariableName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$")]
ProcessKey = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Bound = Annotated[float, Field(gt=0, le=120)]


class SecretNames(Config):
    """The environment variables that hold what both sides know.

    One that is not set is drawn, for a service that Stockstorm starts.
    """

    client_secret: VariableName = "STOCKSTORM_CLIENT_SECRET"  # noqa: S105 - a name
    admin_token: VariableName = "STOCKSTORM_ADMIN_TOKEN"  # noqa: S105 - a name
    channel_token: VariableName = "STOCKSTORM_CHANNEL_TOKEN"  # noqa: S105 - a name
    channel_secret: VariableName = "STOCKSTORM_CHANNEL_SECRET"  # noqa: S105 - a name
    next_client_secret: VariableName = "STOCKSTORM_NEXT_CLIENT_SECRET"  # noqa: S105 - a name

    def by_role(self) -> dict[str, str]:
        """Names by what they hold, without the secret that only some scenarios rotate to."""
        named: dict[str, str] = self.model_dump()
        return {role: name for role, name in named.items() if role != "next_client_secret"}


class Life(Config):
    """How the service is emptied, started, awaited and stopped. A command runs without a shell, in `folder`."""

    start: Annotated[str, Field(max_length=4_000, description="command of its only process; it stays in front")] = ""
    processes: dict[ProcessKey, Command] = Field(
        default_factory=dict,
        max_length=PROCESSES_MAX,
        description="instead of start: commands by name; faults of receiver and worker hit those, or the only one",
    )
    detached: Annotated[
        bool, Field(description="start returns when the service runs by itself, as `docker compose up -d`")
    ] = False
    stop: Annotated[str, Field(max_length=4_000, description="command, or URL to POST to; left out: SIGTERM")] = ""
    reset: Annotated[
        str, Field(max_length=4_000, description="command before the start, or URL to POST to after it: empties it")
    ] = ""
    ready: Annotated[
        str, Field(max_length=4_000, description="URL that answers 2xx, or command that ends with 0, once it is ready")
    ] = ""
    folder: Annotated[str, Field(max_length=1_000, description="where commands run, from the file's own folder")] = "."
    ready_within_s: Annotated[Bound, Field(description="for the start of all processes")] = 30.0
    reset_within_s: Bound = 60.0
    stop_within_s: Annotated[float, Field(gt=0, le=30, description="then SIGKILL")] = 5.0

    def commands(self) -> dict[str, str]:
        """The processes that stay in front, by name."""
        if self.detached:
            return {}
        return dict(self.processes) or ({SERVICE: self.start} if self.start else {})

    def roles(self) -> dict[ProcessName, str]:
        """The process that does the work of a receiver or a worker: the one of that name, or the only one."""
        names = tuple(self.commands())
        if len(names) == 1:
            return dict.fromkeys(PROCESS_NAMES.values(), names[0])
        return {PROCESS_NAMES[name]: name for name in names if name in PROCESS_NAMES}

    @property
    def starts(self) -> bool:
        return bool(self.start or self.processes)


class HttpRead(Config):
    """What a GET of a URL answers in JSON, and where in it the figures are (JMESPath)."""

    url: Url
    stock: Annotated[
        str, Field(max_length=1_000, description="JMESPath to a list of {sku: …, available: …}; empty: none")
    ] = ""
    orders: Annotated[str, Field(max_length=1_000, description="JMESPath to the number of orders; empty: none")] = ""


class SqlRead(Config):
    """What two queries of its database give. `url` is the environment variable that holds a URL for SQLAlchemy."""

    url: VariableName
    stock: Annotated[str, Field(max_length=4_000, description="a query with the columns sku and available")] = ""
    orders: Annotated[str, Field(max_length=4_000, description="a query of one number")] = ""


class Reads(Config):
    """The service's own view of stock and orders, read again and again: by HTTP, or in its database."""

    every_s: Annotated[float, Field(ge=0.1, le=60, description="between two reads; the figures' error bar")] = 1.0
    http: Annotated[tuple[HttpRead, ...], Field(max_length=4)] = ()
    sql: SqlRead | None = None

    @property
    def any(self) -> bool:
        return bool(self.http or self.sql)


class Https(Config):
    """The simulated APIs over HTTPS, at the shop's own domain: for a service whose library insists on it.

    Its environment then has a proxy and an authority by the variables that clients heed.
    """

    port: Annotated[int, Field(ge=0, le=65_535, description="of the APIs over HTTPS; 0: any free one")] = 0
    proxy_port: Annotated[
        int, Field(ge=0, le=65_535, description="of the proxy that leads the shop's domain there; 0: any free one")
    ] = 0
    host: Annotated[str, Field(min_length=1, max_length=100, description="address that both listen on")] = "127.0.0.1"


class SubjectFile(Config):
    """One service of the user's own."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", json_schema_extra={"title": "Stockstorm subject", "additionalProperties": False}
    )

    name: Annotated[str, Field(max_length=2_000, description="in reports; else that of the file, or its folder")] = ""
    webhooks: Annotated[Url, Field(description="where it receives webhooks, e.g. http://127.0.0.1:8080/webhooks")]
    topics: Annotated[
        tuple[str, ...],
        Field(max_length=50, description="topics of its app's TOML; left out: what it lacks when the load begins"),
    ] = ()
    topic_urls: dict[str, Url] = Field(
        default_factory=dict, max_length=50, description="topics that it receives at addresses of their own"
    )
    probes: Annotated[str, Field(max_length=2_000, description="base URL of its probes, if it has them elsewhere")] = ""
    app_url: Annotated[str, Field(max_length=2_000, description="its page, which the merchant opens")] = ""
    api_port: Annotated[
        int, Field(ge=0, le=65_535, description="port of the simulated APIs; 0, with start: any free one")
    ] = 0
    api_version: Annotated[
        ApiVersion | None, Field(description="of its app; a scenario that names one has its own")
    ] = None
    level: Annotated[Level, Field(description="what it does, and so what it is judged on")] = "full"
    safety_stock: Annotated[int | None, Field(ge=0, le=10_000, description="units that it holds back on listings")] = (
        None
    )
    lists_less: Annotated[
        bool, Field(description="it lists fewer units than there are on purpose, so only too many are wrong")
    ] = False
    pauses_s: Annotated[
        float,
        Field(
            ge=0,
            le=600,
            description="for how long it may do nothing although it has work: a batch's period, a broker's lease",
        ),
    ] = 0.0
    ca: Annotated[str, Field(max_length=1_000, description="file of the authority that signed its certificate")] = ""
    https: Annotated[
        Https | None, Field(description="a table, which may be empty: the simulated APIs over HTTPS too")
    ] = None
    secrets: SecretNames = SecretNames()
    environment: dict[VariableName, str] = Field(
        default_factory=dict, max_length=200, description="what its commands find in their environment"
    )
    life: Life = Life()
    reads: Reads = Reads()

    @property
    def listed_topics(self) -> tuple[str, ...]:
        """All that it wants of the shop. Empty: it lists none, and gets what it lacks when the load begins."""
        return (*self.topics, *self.topic_urls) if self.topics else ()

    def addresses(self) -> dict[str, str]:
        """Every URL that it is called at, by its key."""
        found = {"webhooks": self.webhooks, "probes": self.probes, "app_url": self.app_url}
        found |= {f'topic_urls."{topic}"': url for topic, url in self.topic_urls.items()}
        found |= {
            f"life.{key}": text for key in ("ready", "reset", "stop") if is_address(text := getattr(self.life, key))
        }
        found |= {f"reads.http.{place}.url": read.url for place, read in enumerate(self.reads.http)}
        return {key: url for key, url in found.items() if url}


def is_address(text: str) -> bool:
    """Whether it is a URL and not a command."""
    return text.startswith(("http://", "https://"))


def schema() -> dict[str, Any]:
    """The JSON Schema of subject files, for editors and for what error messages say."""
    made = SubjectFile.model_json_schema()
    made["description"] = "A Stockstorm subject file: a service of your own, and how it is run."
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def schema_text() -> str:
    """The schema file."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
