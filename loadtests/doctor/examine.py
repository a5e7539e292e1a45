"""What the answers of a service mean. Observations in, findings out; nothing is asked here."""

import re
from collections.abc import Iterator, Sequence
from typing import Final, Literal

import msgspec

from stockstorm.loadtests.https.told import BROKEN_OFF
from stockstorm.loadtests.serve.told import Heard, Told, ToldCall
from stockstorm.loadtests.subjects import SHOP_TOPICS
from stockstorm.reports.history.reads import REST
from stockstorm.reports.result import counted
from stockstorm.reports.verdict.by_rest import LEGACY

Mark = Literal["good", "bad", "note"]
CLOCK_S: Final = 30.0  # of skew, from which on "old" and "new" are mixed up
SHOWN: Final = 3
TITLE: Final = re.compile(r"<title>([^<]*)", re.IGNORECASE)
ERROR_LINE: Final = re.compile(r"\s*(?:Uncaught )?[\w.:]*(?:Error|Exception)\b")  # "KeyError: 'PORT'", "TypeError: …"
REFUSED: Final = {
    "wrong_key": "signed with another key",
    "unsigned": "without a signature",
    "empty_signature": "with an empty signature",
}


class Finding(msgspec.Struct, frozen=True):
    """One line: what was looked at, what was found, and what to do where it is not good."""

    name: str
    mark: Mark
    found: str
    remedy: str = ""


class Sent(msgspec.Struct, frozen=True):
    """One delivery of the visit. `asked`: what it was to show, e.g. "genuine", "duplicate", "unsigned"."""

    asked: str
    told: Told


class Visit(msgspec.Struct, frozen=True):
    """Everything that was seen. `clock_s`: how much later its clock is; None: it sends no Date."""

    sent: tuple[Sent, ...]
    heard: tuple[Heard, ...]  # subscriptions that the service made by itself
    calls: tuple[ToldCall, ...]
    marketplaces: tuple[str, ...]
    clock_s: float | None
    level: str
    probes: tuple[str, ...]  # those that answered
    refused_topics: tuple[str, ...]  # that its scopes do not let it hear
    log: tuple[str, ...] = ()  # the newest lines of its processes
    https: tuple[str, ...] = ()  # what kept it from a host over HTTPS


def examine(visit: Visit) -> list[Finding]:
    """The findings, in the order in which they matter."""
    findings = [
        _genuine(visit.sent, visit.log),
        *_forged(visit.sent),
        _duplicate(visit.sent),
        _unknown_topic(visit.sent),
        *_subscriptions(visit),
        *_calls(visit.calls),
        *_https(visit.https),
        _clock(visit.clock_s),
        _level(visit),
    ]
    return [found for found in findings if found is not None]


def _of(sent: Sequence[Sent], *asked: str) -> list[Told]:
    return [one.told for one in sent if one.asked in asked]


def _answers(told: Told) -> str:
    texts = ((text, _readable(said)) for _, text, said in told.attempts)
    return "; ".join(f"{text}{f' ({said})' if said else ''}" for text, said in texts) or "no answer"


def _readable(said: str) -> str:
    """A body as it is shown: of a page in HTML, as frameworks answer errors, only the title."""
    if not said.lstrip().startswith("<"):
        return said
    title = TITLE.search(said)
    return title[1].strip() if title else ""


def _failure(log: Sequence[str]) -> str:
    """The newest line of a log that names an error, as most languages write it. Empty if there is none."""
    return next((line.strip() for line in reversed(log) if ERROR_LINE.match(line)), "")


def _taken(told: Told) -> bool:
    return any(200 <= status < 300 for status, _, _ in told.attempts)


def _genuine(sent: Sequence[Sent], log: Sequence[str]) -> Finding | None:
    told = _of(sent, "genuine")
    if not told:
        return None
    refused = [one for one in told if not _taken(one)]
    name = "genuine webhooks"
    if not refused:
        return Finding(name, "good", f"{counted(len(told), 'webhook')} with a good signature taken")
    found = f"{len(refused)} of {len(told)} refused: {refused[0].topic}: {_answers(refused[0])}"
    if any(status == 401 for one in refused for status, _, _ in one.attempts):
        remedy = "the signature check differs: the secret, or a body that was parsed and serialised before the check"
    elif any("timeout" in text for one in refused for _, text, _ in one.attempts):
        remedy = "answer first and work later: Shopify waits five seconds"
    elif failure := _failure(log):
        remedy = f"its log names an error: {failure}"
    else:
        remedy = "read its log at that time; Shopify sends again, and removes the subscription after repeated failures"
    return Finding(name, "bad", found, remedy)


def _forged(sent: Sequence[Sent]) -> Iterator[Finding]:
    if not _of(sent, "genuine"):
        return
    if not any(map(_taken, _of(sent, "genuine"))):
        why = "refused, as everything is: whether it tells them apart is not known"
        yield Finding("forged webhooks", "note", why, "mend the signature check first")
        return
    for kind, words in REFUSED.items():
        told = _of(sent, kind)
        if not told:
            continue
        passed = [one for one in told if _taken(one)]
        name = f"webhooks {words}"
        if not passed:
            yield Finding(name, "good", f"{counted(len(told), 'webhook')} refused: {_answers(told[0])}")
        else:
            topics = ", ".join(dict.fromkeys(one.topic for one in passed))
            remedy = "compare the signature of the raw body, in constant time, before anything else, on every topic"
            yield Finding(name, "bad", f"{len(passed)} of {len(told)} taken: {topics}", remedy)


def _duplicate(sent: Sequence[Sent]) -> Finding | None:
    told = _of(sent, "duplicate")
    if not told or not any(map(_taken, _of(sent, "genuine"))):
        return None
    refused = [one for one in told if any(not 200 <= status < 300 for status, _, _ in one.attempts)]
    if not refused:
        return Finding("duplicates", "good", f"the same webhook twice: {_answers(told[0])}")
    remedy = "answer 200 to a webhook that is known: Shopify takes any other answer for a failure and sends it again"
    return Finding("duplicates", "bad", f"the same webhook twice: {_answers(refused[0])}", remedy)


def _unknown_topic(sent: Sequence[Sent]) -> Finding | None:
    told = _of(sent, "unknown topic")
    if not told:
        return None
    crashed = [
        one for one in told if not one.attempts or any(status >= 500 or not status for status, _, _ in one.attempts)
    ]
    if not crashed:
        return Finding("a topic that nobody expects", "good", _answers(told[0]))
    remedy = "answer 200 and ignore it: a topic can be subscribed by somebody else of your team"
    return Finding("a topic that nobody expects", "bad", _answers(crashed[0]), remedy)


def _subscriptions(visit: Visit) -> Iterator[Finding]:
    if visit.level == "acknowledgement":
        return
    topics = {one.topic for one in visit.heard if one.source == "shopify"}
    own = [topic for topic in SHOP_TOPICS if topic in topics]
    missing = [topic for topic in SHOP_TOPICS if topic not in topics and topic not in visit.refused_topics]
    name = "subscriptions at the shop"
    if not topics:
        told = "none by the API; what a run needs is sent as if its app's TOML had it"
        yield Finding(name, "note", told, "if it should subscribe by itself, read the calls below")
    elif missing:
        yield Finding(
            name,
            "note",
            f"{len(own)} of {len(SHOP_TOPICS)}; not {', '.join(missing)}",
            "sent all the same, as if its TOML had them",
        )
    else:
        yield Finding(name, "good", f"all {len(own)} topics")
    if visit.refused_topics:
        told = f"its scopes do not let it hear {', '.join(visit.refused_topics)}"
        yield Finding("scopes", "bad", told, "ask for the scope, e.g. read_orders and read_inventory")
    deaf = [name for name in visit.marketplaces if name not in {one.source for one in visit.heard}]
    if deaf:
        remedy = "register a webhook there, or read its feed of orders at a period"
        yield Finding("marketplaces", "note", f"no webhook registered at {', '.join(deaf)}", remedy)
    else:
        yield Finding("marketplaces", "good", f"registered at {', '.join(visit.marketplaces)}")


def _calls(calls: Sequence[ToldCall]) -> Iterator[Finding]:
    if not calls:
        remedy = "check the address and the token of the APIs; a service that only acknowledges calls none"
        yield Finding("calls of the APIs", "note", "none", remedy)
        return
    if by_rest := sum(call.operation.startswith(REST) for call in calls):
        yield Finding("REST", "note", f"{counted(by_rest, 'call')} of the REST Admin API: {LEGACY}", "use GraphQL")
    wrong = [call for call in calls if call.status >= 400 or call.outcome not in {"ok", "replayed"}]
    names = ", ".join(list(dict.fromkeys(call.operation for call in calls))[:SHOWN])
    told = f"{counted(len(calls), 'call')} ({names})"
    if not wrong:
        yield Finding("calls of the APIs", "good", told)
        return
    texts = [f"{call.operation}: HTTP {call.status} {call.errors or call.outcome}" for call in wrong]
    shown = "; ".join(list(dict.fromkeys(texts))[:SHOWN])
    yield Finding(
        "calls of the APIs", "bad", f"{told}, {len(wrong)} refused: {shown}", "what Shopify would say as well"
    )


def _https(told: Sequence[str]) -> Iterator[Finding]:
    """What the front of a service with [https] says."""
    if broken := [line for line in told if line.startswith(BROKEN_OFF)]:
        remedy = "let it trust the authority in ${ca_file}; docs/https.md has the variable of each language"
        yield Finding("HTTPS", "bad", "; ".join(broken[:SHOWN]), remedy)
    if refused := [line for line in told if not line.startswith(BROKEN_OFF)]:
        remedy = "if it needs another host over HTTPS, name that in NO_PROXY under [environment]"
        yield Finding("HTTPS", "note", "; ".join(refused[:SHOWN]), remedy)


def _clock(skew_s: float | None) -> Finding | None:
    if skew_s is None:
        return None
    if abs(skew_s) <= CLOCK_S:
        return Finding("clock", "good", f"within {CLOCK_S:g} s of this machine's")
    late = "ahead" if skew_s > 0 else "behind"
    return Finding(
        "clock", "bad", f"{abs(skew_s):,.0f} s {late} of this machine's", "let NTP set it: ages and tokens are wrong"
    )


def _level(visit: Visit) -> Finding:
    if visit.level == "acknowledgement":
        told = "acknowledgement only: acknowledgement time, signatures and duplicates are judged"
        return Finding("level", "note", told, "with calls of the APIs, stock is judged as well")
    if visit.probes:
        return Finding("level", "good", f"full loop, with probes ({', '.join(visit.probes)})")
    told = "full loop without probes: stock and listings are judged from the outside"
    return Finding("level", "note", told, "probes tell a lost event from a late one (docs/own_service.md)")
