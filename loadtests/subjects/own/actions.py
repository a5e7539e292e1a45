"""Commands and URLs of a subject file that end: reset, stop, a start that returns, and whether it is ready.

Each is bounded, and its output is kept in the run's folder. A failure is one clear line.
"""

import os
import shlex
import signal
import ssl
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

import httpx
import msgspec

from stockstorm.loadtests.limits import OWN_ASKED_S, READY_ANSWER_S
from stockstorm.loadtests.subjects.asking import asked
from stockstorm.loadtests.subjects.own.file import is_address
from stockstorm.loadtests.subjects.own.values import filled
from stockstorm.reports.result import exit_text, printable
from stockstorm.simulator.errors import SubjectError

LAST_CHARACTERS: Final = 300  # of the output, in an error


class Actions(msgspec.Struct, frozen=True):
    """What all commands of one service share: its name, their folder, environment and logs, and the placeholders."""

    name: str
    folder: Path
    logs: Path
    environment: Mapping[str, str]
    values: Mapping[str, str]
    verify: ssl.SSLContext | bool = True  # of certificates: a file, or the system's authorities

    def do(self, key: str, text: str, within_s: float) -> None:
        """Runs a command to its end, or POSTs to a URL. Raises SubjectError."""
        if is_address(text):
            self._post(key, text, within_s)
        else:
            self._run(key, text, within_s)

    def holds(self, text: str) -> bool:
        """Whether the URL answers 2xx to a GET, or the command ends with 0. Bounded by about a second."""
        if is_address(text):
            try:
                url = filled(text, self.values)
                return asked("GET", url, READY_ANSWER_S, verify=self._verify(text)).is_success
            except httpx.HTTPError:
                return False
        try:
            return self._code(text, OWN_ASKED_S, subprocess.DEVNULL) == 0
        except (OSError, subprocess.TimeoutExpired):
            return False

    def words(self, text: str) -> list[str]:
        """The words of a command. A value of a placeholder stays one word."""
        return [filled(word, self.values) for word in shlex.split(text)]

    def _verify(self, url: str) -> ssl.SSLContext | bool:
        """Certificates take a tenth of a second to load, and only HTTPS needs them."""
        return self.verify if url.startswith("https:") else False

    def _run(self, key: str, text: str, within_s: float) -> None:
        log = self.logs / f"{key}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        try:
            with log.open("ab") as output:
                begun = output.tell()
                code = self._code(text, within_s, output)
        except OSError as error:
            raise self._failure(key, text, f"cannot be run in {self.folder}: {error.strerror}") from None
        except subprocess.TimeoutExpired:
            raise self._failure(key, text, f"did not end within {within_s:g} s; its output is in {log}") from None
        if code:
            last = printable(end_of(log, begun).decode("utf-8", "replace")[-LAST_CHARACTERS:].strip())
            raise self._failure(key, text, f"ended {exit_text(code)}: {last or 'it wrote nothing'}")

    def _code(self, text: str, within_s: float, output: IO[bytes] | int) -> int:
        """The exit code of a command. One that takes too long is killed with all that it started.

        Raises OSError and subprocess.TimeoutExpired.
        """
        process = subprocess.Popen(  # noqa: S603 - the user's own command, no shell
            self.words(text),
            cwd=self.folder,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # a start that returns leaves its service behind, in this group
        )
        try:
            return process.wait(within_s)
        except BaseException:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise

    def _post(self, key: str, text: str, within_s: float) -> None:
        try:
            answer = asked("POST", filled(text, self.values), within_s, verify=self._verify(text))
        except httpx.HTTPError as error:
            raise self._failure(key, text, f"did not answer: {error}") from None
        if not answer.is_success:
            raise self._failure(key, text, f"answered {answer.status_code}")

    def _failure(self, key: str, text: str, found: str) -> SubjectError:
        return SubjectError(f"{self.name}: life.{key}", f"`{text}` {found}", f"correct {key} in the subject file")


def end_of(log: Path, begun: int) -> bytes:
    """The last bytes of a file, from `begun` on."""
    with log.open("rb") as file:
        file.seek(max(begun, file.seek(0, os.SEEK_END) - 4 * LAST_CHARACTERS))
        return file.read()
