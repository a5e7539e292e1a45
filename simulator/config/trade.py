"""The schedule of purchases, what follows them, and what staff and attackers do."""

from typing import Annotated, Literal

from pydantic import Field

from stockstorm.simulator.config.fields import Config, Name, Seconds, Share


class PhaseConfig(Config):
    """An interval of the schedule. Rates are purchases a second; phases follow one another."""

    name: Name
    kind: Literal["constant", "ramp", "burst", "poisson"] = "poisson"
    seconds: Annotated[float, Field(gt=0, le=86_400)]
    rate: Annotated[float, Field(ge=0, le=100_000, description="purchases a second (of a ramp: at its start)")] = 0.0
    rate_to: Annotated[float | None, Field(ge=0, le=100_000, description="ramp: purchases a second at its end")] = None
    bursts: Annotated[
        int, Field(ge=1, le=10_000, description="burst: number of bursts, spread evenly over the phase")
    ] = 1
    burst_size: Annotated[int, Field(ge=1, le=100_000, description="burst: purchases due at the same instant")] = 100
    hot_share: Annotated[Share, Field(description="share of purchases that want a hot SKU")] = 0.0


class OrdersConfig(Config):
    """Follow-ups of purchases. Shares are of purchases. Delays are exponential, given as means, cut at 5 means."""

    lines_max: Annotated[int, Field(ge=1, le=20)] = 2
    quantity_max: Annotated[int, Field(ge=1, le=100)] = 2
    paid_after_s: Seconds = 1.0
    cancel_share: Share = 0.0
    cancel_after_s: Seconds = 5.0
    return_share: Share = 0.0
    return_after_s: Seconds = 10.0
    restock_share: Annotated[Share, Field(description="of returns, the share that goes back into stock")] = 0.7
    edit_share: Annotated[
        Share,
        Field(description="of the own store's orders that do not come back, the share that staff edits"),
    ] = 0.0
    edit_after_s: Annotated[Seconds, Field(description="from the payment")] = 3.0
    pos_share: Annotated[Share, Field(description="of the own store's orders, those of its till: no customer")] = 0.0
    draft_share: Annotated[
        Share,
        Field(description="of the own store's orders, those made from a draft, with a line without SKU"),
    ] = 0.0
    large_share: Annotated[Share, Field(description="of the own store's orders, those with large attributes")] = 0.0
    large_kb: Annotated[int, Field(ge=1, le=1_900, description="size of these attributes, in kB")] = 1_100


class ShopEventsConfig(Config):
    """What staff and attackers do, as rates over the whole load."""

    restocks_per_s: Annotated[float, Field(ge=0, le=1_000)] = 0.0
    restock_units: Annotated[int, Field(ge=1, le=100_000)] = 20
    restock_hot: Annotated[bool, Field(description="whether hot SKUs are restocked too")] = False
    product_edits_per_s: Annotated[float, Field(ge=0, le=1_000)] = 0.0
    products_told_when_ordered: Annotated[
        bool,
        Field(
            description="whether an order of the own store also fires products/update, for each of its products: "
            "Shopify's schema says that it does, and developers report that it does not"
        ),
    ] = False
    transfers_per_s: Annotated[
        float, Field(ge=0, le=1_000, description="stock moved between two locations of an item; the sum stays")
    ] = 0.0
    corrections_per_s: Annotated[
        float, Field(ge=0, le=1_000, description="stock that staff or another app corrects, to more or fewer units")
    ] = 0.0
    correction_units: Annotated[int, Field(ge=1, le=100_000, description="units of a correction, at most")] = 5
    transfer_units: Annotated[int, Field(ge=1, le=100_000, description="units of a transfer, at most")] = 10
    forgeries_per_s: Annotated[float, Field(ge=0, le=1_000, description="deliveries that must be refused")] = 0.0
