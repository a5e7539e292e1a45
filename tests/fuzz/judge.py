"""Fuzzes `stockstorm check` with mutated histories, and `stockstorm plan` with mutated scenarios and flags.

A command must end with a documented exit code other than `internal`, without a traceback. An error is told in few lines
without control characters. The history is never written over, and nothing is written outside of its folder.
"""

import contextlib
import io
import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final, Literal

import msgspec

from stockstorm.loadtests.cli.app import app
from stockstorm.loadtests.exits import ExitCode
from stockstorm.loadtests.invocation import exit_code_of, invoke
from stockstorm.reports.file_names import HISTORY
from stockstorm.reports.result import printable
from stockstorm.simulator.history.blocks import BlockWriter
from stockstorm.simulator.history.facts import AnyFact, encoder
from tests.fuzz.values import LITERALS, TEXTS, json_text, replaced, spoilt, value
from tests.modelled.run import run_model
from tests.modelled.subject import Behaviour
from tests.properties.test_measures_against_truth import trade
from tests.running import ROOT
from tests.stored_history import compress, sealed
from tests.unit.reports.synthetic import flash_sale

Attempt = Literal["bytes", "facts", "lines", "scenario", "flags"]
ATTEMPTS: Final[tuple[Attempt, ...]] = ("bytes", "facts", "lines", "scenario", "flags")
SOUND: Final = (ExitCode.VALID, ExitCode.INVALID)  # a history that was cut off is unknown
VERDICTS: Final = (ExitCode.VALID, ExitCode.INVALID, ExitCode.UNKNOWN)
FAILED: Final = re.compile(r"the checker failed: [^\"]{0,200}|computing them failed[^\"]{0,200}")
ERROR_LINES_MAX: Final = 60  # a scenario with many mistakes has a line for each
FACTS_MAX: Final = 400
PER_BLOCK: Final = 60
FLAGS: Final = ("--seed", "--rate", "--seconds", "--safety-stock", "--fault", "--nope", "--digest", "--skus", "-")


class Found(msgspec.Struct, frozen=True):
    """What a command did, and the rule that it broke, if any."""

    attempt: Attempt
    index: int
    code: int
    rule: str
    output: str


@cache
def runs() -> tuple[list[AnyFact], ...]:
    """The facts of two small runs: one written by hand, one of the modelled world."""
    synthetic = flash_sale(scale=0.02)
    step = max(1, len(synthetic) // FACTS_MAX)
    modelled = run_model(trade(0, 0.1), Behaviour(), 3).facts
    return synthetic[:200] + synthetic[200:-100:step] + synthetic[-100:], modelled


def facts(rng: Random) -> list[dict[str, Any]]:
    """The facts of one of the runs, as JSON."""
    return [json.loads(encoder.encode(each)) for each in rng.choice(runs())]


@cache
def whole_histories() -> tuple[bytes, ...]:
    """Both runs as sealed histories of several blocks."""
    return tuple(sealed(some, per_block=PER_BLOCK) for some in runs())


@cache
def scenarios() -> list[bytes]:
    return [path.read_bytes() for path in sorted((ROOT / "scenarios").glob("*.toml"))]


def resealed(lines: list[bytes]) -> bytes:
    """Lines as a history whose seals are right, so that the reader meets their content."""
    writer = BlockWriter()
    return b"".join(
        writer.add(b"\n".join(some) + b"\n", len(some)) + writer.end_block()
        for some in (lines[start : start + PER_BLOCK] for start in range(0, len(lines), PER_BLOCK))
    )


def mutated_bytes(rng: Random) -> bytes:
    """The file as bytes: spoilt, cut, doubled, moved, or another kind of file."""
    whole, found = rng.choice(whole_histories()), facts(rng)
    low, high = sorted(rng.randrange(len(whole) + 1) for _ in range(2))
    plain = b"\n".join(json.dumps(each).encode() for each in found)
    return rng.choice(
        (
            spoilt(rng, whole),
            whole[:low],
            whole[low:],
            whole[:low] + whole[high:],
            whole[:high] + whole[low:],
            whole + whole,
            whole[:low] + rng.randbytes(rng.randrange(200)) + whole[low:],
            rng.randbytes(rng.choice((0, 1, 500))),
            plain,
            compress(plain),
            compress(spoilt(rng, plain)),
            compress(b"\x00" * 10_000_000),
        )
    )


def mutated_facts(rng: Random) -> bytes:
    """One to three facts with other values, under seals that are right."""
    found = facts(rng)
    lines = [json.dumps(each).encode() for each in found]
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(lines))
        fact = replaced(rng, found[at])
        lines[at] = json.dumps(fact).encode() if rng.random() < 0.7 else json_text(rng, fact).replace(b"\n", b" ")
    return resealed(lines)


def mutated_lines(rng: Random) -> bytes:
    """Lines removed, doubled or moved, and values that another fact has in that field, under seals that are right."""
    found = facts(rng)
    first = found[0]
    for _ in range(rng.randrange(1, 6)):
        at, to = rng.randrange(len(found)), rng.randrange(len(found))
        pick = rng.randrange(6)
        if pick == 0:
            del found[at : at + rng.choice((1, 1, 20, 200))]
        elif pick == 1:
            found.insert(to, found[at])
        elif pick == 2:
            found[at], found[to] = found[to], found[at]
        else:
            _contradict(rng, found, found[at])
        found = found or [first]
    return resealed([json.dumps(each).encode() for each in found])


def _contradict(rng: Random, facts: list[dict[str, Any]], fact: dict[str, Any]) -> None:
    """Changes one field to a value of its type: a number, a truth, or what another fact has there."""
    name = rng.choice([key for key in fact if key != "fact"])
    if isinstance(fact[name], bool):
        fact[name] = not fact[name]
    elif isinstance(fact[name], int) and rng.random() < 0.5:
        fact[name] += rng.choice((1, -1, 1_000, -1_000, 10**9, -(10**9)))
    else:
        fact[name] = rng.choice([each[name] for each in facts if name in each])


def mutated_scenario(rng: Random) -> bytes:
    """A scenario file with spoilt text, other values, or deep and long parts."""
    text = rng.choice(scenarios())
    lines = text.split(b"\n")
    at = rng.randrange(len(lines))
    name = lines[at].partition(b"=")[0] or b"x"
    literals = (*LITERALS, "1979-05-27", "[" * 2_000, "{a=" * 500, '"""', "-1", "1e308", "true", '""', "[]", "{}")
    pick = rng.randrange(5)
    if pick == 0:
        return spoilt(rng, text)
    if pick == 1:
        lines[at] = name + b"= " + rng.choice(literals).encode("utf-8", "surrogatepass")
    elif pick == 2:
        lines.insert(
            at, rng.choice((lines[at], b".".join([b"a"] * 5_000) + b" = 1", b"[[phases]]", b"[expect]", b"[a.b.c]"))
        )
    elif pick == 3:
        lines[at] = name + b"= " + json.dumps(value(rng)).encode()
    else:
        del lines[at : at + rng.choice((1, 3, 10))]
    return b"\n".join(lines)


class Judge:
    """Runs commands in this process and checks how they end."""

    def __init__(self, folder: Path) -> None:
        folder = folder.resolve()
        self._runs, self._run = folder / "runs", folder / "runs" / "one"
        self._run.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def attempt(self, seed: int, index: int) -> Found:
        """Attempt number `index` of a seed."""
        rng = Random(f"{seed}/judge/{index}")
        attempt = ATTEMPTS[index % len(ATTEMPTS)]
        makers: dict[Attempt, Callable[[Random], bytes]] = {
            "bytes": mutated_bytes,
            "facts": mutated_facts,
            "lines": mutated_lines,
        }
        if attempt in makers:
            return self._check(attempt, index, makers[attempt](rng), unsealed=rng.random() < 0.3)
        file = self._folder / "scenario.toml"
        file.write_bytes(mutated_scenario(rng) if attempt == "scenario" else rng.choice(scenarios()))
        words = ["plan", str(file), "--digest"] if attempt == "scenario" else _flags(rng, file)
        return self._ended(attempt, index, words)

    def _check(self, attempt: Attempt, index: int, content: bytes, *, unsealed: bool) -> Found:
        file = self._run / HISTORY
        result = self._run / "result.json"
        file.write_bytes(content)
        result.unlink(missing_ok=True)
        words = ["check", "one", "--runs", str(self._runs), *(["--unsealed"] if unsealed else [])]
        found = self._ended(attempt, index, words)
        rule = found.rule
        if result.exists() and (failure := FAILED.search(result.read_text(encoding="utf-8"))):
            rule = failure[0]
        if file.read_bytes() != content:
            rule = "the history was written over"
        elif attempt == "bytes" and not unsealed and found.code in SOUND and content not in whole_histories():
            rule = f"damaged bytes were judged: exit code {found.code}"
        return msgspec.structs.replace(found, rule=rule)

    def _ended(self, attempt: Attempt, index: int, words: list[str]) -> Found:
        output, errors = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
        work = self._folder / "work"
        work.mkdir(exist_ok=True)
        with contextlib.chdir(work), contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            code = exit_code_of(lambda: invoke(app, words))
        told = errors.getvalue()
        rule = _broken_rule(code, told)
        if not rule and (wrong := _names(self._folder) - {"runs", "work", "scenario.toml"}):
            rule = f"wrote {sorted(wrong)}"
        return Found(attempt, index, code, rule, told)


def _flags(rng: Random, file: Path) -> list[str]:
    texts = (
        *(text for text in TEXTS if "\x00" not in text),
        "1",
        "-1",
        "nan",
        "inf",
        "1e9999",
        "kill_worker@",
        "kill_worker@1:",
        "@",
    )
    words = ["plan", rng.choice((str(file), "smoke", rng.choice(texts))), "--digest"]
    for _ in range(rng.randrange(1, 4)):
        flag = rng.choice(FLAGS)
        words += rng.choice(([flag], [flag, rng.choice(texts)], [f"{flag}={rng.choice(texts)}"]))
    return words


def _broken_rule(code: int, told: str) -> str:
    if code == ExitCode.INTERNAL or "Traceback" in told:
        return "an internal failure"
    if code not in [*ExitCode]:
        return f"exit code {code} is not documented"
    if code not in VERDICTS and not told.strip():
        return f"exit code {code} without a word"
    if told.count("\n") > ERROR_LINES_MAX:
        return f"{told.count(chr(10))} lines of error"
    if printable(told) != told or "\r" in told:
        return "control characters in an error"
    return ""


def _names(folder: Path) -> set[str]:
    """The files outside of the run's folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if "one" not in path.relative_to(folder).parts}
