"""Environment variables of AWS's SDKs: those that point at an emulator, and those that a user set himself."""

import os
from collections.abc import Mapping
from typing import Final

REGION: Final = "us-east-1"
PREFIX: Final = "AWS_"
REGION_VARIABLES: Final = ("AWS_REGION", "AWS_DEFAULT_REGION")  # botocore reads only the latter


def emulator_environment(*, sqs: str = "", eventbridge: str = "") -> dict[str, str]:
    """Endpoints by service, and credentials that are valid nowhere."""
    endpoints = {"AWS_ENDPOINT_URL_SQS": sqs, "AWS_ENDPOINT_URL_EVENTBRIDGE": eventbridge}
    return {name: url for name, url in endpoints.items() if url} | {
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "stockstorm",
        "AWS_SECRET_ACCESS_KEY": "not-a-secret",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def real_environment(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Everything of AWS's that the user set, with the region under both of its names."""
    environment = os.environ if environment is None else environment
    found = {name: value for name, value in environment.items() if name.startswith(PREFIX)}
    if region := next((found[name] for name in REGION_VARIABLES if name in found), ""):
        found |= dict.fromkeys(REGION_VARIABLES, region)
    return found
