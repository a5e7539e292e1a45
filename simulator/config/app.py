"""The app as which the subject is installed, and what happens to its installation."""

from typing import Annotated, Final, Literal

from pydantic import Field

from stockstorm.simulator.config.fields import Config, Seconds

Scope = Annotated[str, Field(pattern=r"^(read|write)_[a-z_]{1,60}$")]
# What of protected customer data the app is approved to read: everything; orders without the person; nothing.
CustomerData = Literal["all", "orders", "none"]
# Everything that the simulated APIs need. Writing implies reading.
ALL_SCOPES: Final[tuple[str, ...]] = (
    "read_all_orders",
    "write_customers",
    "write_draft_orders",
    "write_fulfillments",
    "write_inventory",
    "write_locations",
    "write_merchant_managed_fulfillment_orders",
    "write_orders",
    "write_products",
    "write_publications",
)


class AppConfig(Config):
    """The app as which the subject is installed in the shop."""

    scopes: Annotated[
        tuple[Scope, ...],
        Field(max_length=100, description='access scopes, e.g. "read_orders"; write_x implies read_x; default: all'),
    ] = ALL_SCOPES
    redirect_urls: Annotated[
        tuple[str, ...], Field(max_length=20, description="to which OAuth may redirect; empty: to any")
    ] = ()
    customer_data: Annotated[
        CustomerData,
        Field(
            description='protected customer data that it may read: "all"; "orders", which then have no customer; "none"'
        ),
    ] = "all"


# The only definition of what can happen to an app, with its label in reports.
LifeKind = Literal[
    "uninstall",
    "reinstall",
    "rotate_secret",
    "revoke_token",
    "scopes_update",
    "data_request",
    "customer_redact",
    "shop_redact",
]
LifeChange = LifeKind | Literal["new_secret_used"]  # the latter: from now on deliveries are signed with the new secret
LIFE: Final[dict[LifeKind, str]] = {
    "uninstall": "app uninstalled",
    "reinstall": "app installed again",
    "rotate_secret": "client secret rotated",
    "revoke_token": "access token revoked",
    "scopes_update": "scopes changed",
    "data_request": "customers/data_request",
    "customer_redact": "customers/redact",
    "shop_redact": "shop/redact",
}


class LifeConfig(Config):
    """Something that happens to the installation of the app, at `at_s` seconds after the start of load."""

    kind: LifeKind
    at_s: Seconds
    after_s: Annotated[
        Seconds,
        Field(
            description="uninstall: how late app/uninstalled is delivered; rotate_secret: how long deliveries are "
            "still signed with the old secret, as Shopify's are for up to an hour"
        ),
    ] = 0.0
    scopes: Annotated[tuple[Scope, ...], Field(description="scopes_update: the scopes from then on")] = ()
