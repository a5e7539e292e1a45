"""Settings of the stockroom service, from its environment."""

import os
from pathlib import Path
from typing import NamedTuple


class Settings(NamedTuple):
    """Where the shop and the marketplaces are, and what is shared with them."""

    port: int
    probe_port: int
    graphql_url: str
    shop_domain: str
    admin_token: str
    client_secret: str
    channels: tuple[str, ...]
    channel_url: str
    channel_token: str
    channel_secret: str
    database: Path
    next_client_secret: str = ""  # while the shop's secret is rotated

    @property
    def webhook_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/webhooks"


def from_environment() -> Settings:
    """KeyError: a setting is missing."""
    env = os.environ
    return Settings(
        port=int(env["PORT"]),
        probe_port=int(env["PROBE_PORT"]),
        graphql_url=env["GRAPHQL_URL"],
        shop_domain=env["SHOP_DOMAIN"],
        admin_token=env["ADMIN_TOKEN"],
        client_secret=env["CLIENT_SECRET"],
        channels=tuple(env["CHANNELS"].split(",")),
        channel_url=env["CHANNEL_URL"],
        channel_token=env["CHANNEL_TOKEN"],
        channel_secret=env["CHANNEL_SECRET"],
        database=Path(env["STATE"]),
        next_client_secret=env.get("NEXT_CLIENT_SECRET", ""),
    )
