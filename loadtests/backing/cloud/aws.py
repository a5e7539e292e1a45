"""Environment variables, clients, queues and buses of AWS, in an account or in an emulator.

boto3 is an optional extra, imported when first needed.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from stockstorm.loadtests.backing.cloud.base import EventBus, QueueRules, SqsQueue
from stockstorm.loadtests.extras import install
from stockstorm.simulator.errors import BackingError

REGION: Final = "us-east-1"
VARIABLE_PREFIX: Final = "AWS_"
REGION_VARIABLES: Final = ("AWS_REGION", "AWS_DEFAULT_REGION")  # botocore reads only the latter
SHOPIFY_SOURCE: Final = "aws.partner/shopify.com"  # docs/sources.md, S7
# AWS reserves sources that begin with `aws.` for its partners, so on a real bus this prefix stands before Shopify's.
SOURCE_PREFIX: Final = "stockstorm."
RULE: Final = "shopify-to-queue"
TARGET_ID: Final = "queue"
DEPTHS: Final = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
CONNECT_TIMEOUT_S: Final = 5


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
    """All AWS variables that the user set, with the region under both of its names."""
    environment = os.environ if environment is None else environment
    found = {name: value for name, value in environment.items() if name.startswith(VARIABLE_PREFIX)}
    if region := next((found[name] for name in REGION_VARIABLES if name in found), ""):
        found |= dict.fromkeys(REGION_VARIABLES, region)
    return found


def client(service: str, environment: Mapping[str, str]) -> Any:
    """A boto3 client for `sqs` or `events`. The SDK finds what `environment` lacks in its usual places.

    Raises BackingError.
    """
    try:
        import boto3  # noqa: PLC0415 - an optional extra
        from botocore.config import Config  # noqa: PLC0415 - an optional extra
    except ModuleNotFoundError as error:
        raise BackingError("AWS", f"{error.name} is not installed", f"run: {install('aws')}") from None
    variable = {"sqs": "AWS_ENDPOINT_URL_SQS", "events": "AWS_ENDPOINT_URL_EVENTBRIDGE"}[service]
    with _translated_errors():
        return boto3.client(
            service,
            endpoint_url=environment.get(variable) or environment.get("AWS_ENDPOINT_URL"),
            region_name=environment.get("AWS_REGION"),
            aws_access_key_id=environment.get("AWS_ACCESS_KEY_ID"),
            aws_secret_access_key=environment.get("AWS_SECRET_ACCESS_KEY"),
            aws_session_token=environment.get("AWS_SESSION_TOKEN"),
            config=Config(connect_timeout=CONNECT_TIMEOUT_S),
        )


def make_queue(sqs: Any, name: str, rules: QueueRules) -> SqsQueue:
    """Creates the queue `name` and its dead-letter queue `name`-dead-letters. Raises BackingError."""
    with _translated_errors():
        dead_url, dead_arn = _create(sqs, f"{name}-dead-letters", {})
        redrive = {"deadLetterTargetArn": dead_arn, "maxReceiveCount": str(rules.deliveries_max)}
        attributes = {"VisibilityTimeout": str(rules.lease_s), "RedrivePolicy": json.dumps(redrive)}
        url, arn = _create(sqs, name, attributes)
    return SqsQueue(name=name, url=url, arn=arn, dead_letter_url=dead_url, dead_letter_arn=dead_arn)


def delete_queue(sqs: Any, queue: SqsQueue) -> None:
    """Deletes the queue and its dead-letter queue. Raises BackingError."""
    with _translated_errors():
        sqs.delete_queue(QueueUrl=queue.url)
        sqs.delete_queue(QueueUrl=queue.dead_letter_url)


def sqs_depth(queue: SqsQueue, environment: Mapping[str, str]) -> Callable[[], int]:
    """Counts the messages in a queue: waiting, leased and delayed. The count raises BackingError.

    AWS calls its three figures approximate. The client is made at the first count, in the thread that counts.
    """
    clients: list[Any] = []

    def depth() -> int:
        if not clients:
            clients.append(client("sqs", environment))
        with _translated_errors():
            found = clients[0].get_queue_attributes(QueueUrl=queue.url, AttributeNames=list(DEPTHS))
        return sum(int(found["Attributes"][name]) for name in DEPTHS)

    return depth


def make_bus(events: Any, sqs: Any, name: str, queue: SqsQueue, source: str) -> EventBus:
    """Creates a bus whose rule sends every event with the Shopify prefix of `source` to the queue.

    Raises BackingError.
    """
    prefix = source[: source.index(SHOPIFY_SOURCE) + len(SHOPIFY_SOURCE)]
    with _translated_errors():
        arn = events.create_event_bus(Name=name)["EventBusArn"]
        pattern = json.dumps({"source": [{"prefix": prefix}]})
        rule_arn = events.put_rule(Name=RULE, EventBusName=name, EventPattern=pattern)["RuleArn"]
        _allow(sqs, queue, rule_arn)
        events.put_targets(Rule=RULE, EventBusName=name, Targets=[{"Id": TARGET_ID, "Arn": queue.arn}])
    return EventBus(name=name, arn=arn, source=source)


def delete_bus(events: Any, bus: EventBus) -> None:
    """Deletes the bus and its rule. Raises BackingError."""
    with _translated_errors():
        events.remove_targets(Rule=RULE, EventBusName=bus.name, Ids=[TARGET_ID])
        events.delete_rule(Name=RULE, EventBusName=bus.name)
        events.delete_event_bus(Name=bus.name)


def _create(sqs: Any, name: str, attributes: Mapping[str, str]) -> tuple[str, str]:
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return str(url), str(found["Attributes"]["QueueArn"])


def _allow(sqs: Any, queue: SqsQueue, rule_arn: str) -> None:
    """Allows EventBridge to send to the queue, for this rule only. Without it a real bus drops every event silently."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue.arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule_arn}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=queue.url, Attributes={"Policy": policy})


@contextmanager
def _translated_errors() -> Iterator[None]:
    """Raises the SDK's errors as BackingError with what to do. They quote no credentials."""
    from botocore.exceptions import (  # noqa: PLC0415 - an optional extra
        BotoCoreError,
        ClientError,
        NoCredentialsError,
        NoRegionError,
    )

    try:
        yield
    except NoRegionError:
        raise BackingError("AWS", "no region is set", "set AWS_REGION") from None
    except NoCredentialsError:
        raise BackingError(
            "AWS", "no credentials were found", "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        ) from None
    except (BotoCoreError, ClientError) as error:
        remedy = "check the region, the credentials and their permissions for SQS and EventBridge; or omit --cloud real"
        raise BackingError("AWS", str(error), remedy) from error
