"""A foreign client in another language: a program that reads a JSON request a line and answers one a line."""

import json
import os
import re
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from tests.integration.foreign.client import ForeignFault, Value

__all__ = ["ScriptClient"]

_LONGEST = 10.0
"""Seconds one answer may take, the reading of the WSDL included."""

_ENVELOPE = re.compile(r'xmlns:soapenv="([^"]*)"')


@attrs.define(eq=False)
class ScriptClient:
    """
    See L{ForeignClient <tests.integration.foreign.client.ForeignClient>}.

    @ivar command: the program, with the WSDL's URL and the SOAP version among its words
    @ivar cleanUp: a test's C{addCleanup}, to end the program
    @ivar environment: for the program, beside what is there
    """

    command: Sequence[str]
    cleanUp: Callable[..., object]
    environment: Mapping[str, str] = attrs.field(factory=dict)
    _process: subprocess.Popen[str] = attrs.field(init=False)
    _envelope: str = attrs.field(default="", init=False)

    def __attrs_post_init__(self) -> None:
        self._process = subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **self.environment},
            cwd=Path(__file__).parent,
        )
        self.cleanUp(self._end)

    def find(self, *names: str) -> Sequence[Value]:
        """By names."""
        return [Value.fromJSON(one) for one in self._ask("find", names=names)]

    def ask(self, expression: str) -> Sequence[Value]:
        """By an expression."""
        return [Value.fromJSON(one) for one in self._ask("ask", expression=expression)]

    def enumProviders(self) -> Sequence[Mapping[str, Any]]:
        """The providers."""
        found: Sequence[Mapping[str, Any]] = self._ask("enumProviders")
        return found

    def executeProvider(self, name: str, words: str = "") -> None:
        """Run a provider."""
        self._ask("executeProvider", name=name, words=words)

    def register(self, registration: Mapping[str, Any]) -> Mapping[str, Any]:
        """Register a service."""
        granted: Mapping[str, Any] = self._ask("register", registration=registration)
        return granted

    def renew(self, entries: Sequence[str], lifetime: float) -> Sequence[Mapping[str, Any]]:
        """Renew entries."""
        rows: Sequence[Mapping[str, Any]] = self._ask("renew", entries=entries, lifetime=lifetime)
        return rows

    def unregister(self, handle: str) -> None:
        """Take a service out."""
        self._ask("unregister", handle=handle)

    def add(self, handle: str) -> str:
        """Add a member."""
        entry: str = self._ask("add", handle=handle)
        return entry

    def destroy(self) -> None:
        """End the service."""
        self._ask("destroy")

    def call(self, name: str, parts: Mapping[str, Any]) -> Any:
        """Any operation, where the script can. @raise ForeignFault: with the detail as the WSDL types it"""
        return self._ask("call", name=name, parts=parts)

    def envelope(self) -> str:
        """Namespace of the last answer's envelope."""
        return self._envelope

    def _ask(self, operation: str, **parts: object) -> Any:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        stdin.write(json.dumps({"operation": operation, **parts}) + "\n")
        stdin.flush()
        # A client that waits for ever is ended, and its reader then sees the end.
        guard = threading.Timer(_LONGEST, self._process.kill)
        guard.start()
        line = stdout.readline()
        guard.cancel()
        if not line:
            raise AssertionError(f"{self.command[0]} gave no answer: {self._end()}")
        answer = json.loads(line)
        found = _ENVELOPE.search(answer["envelope"])
        self._envelope = found[1] if found else ""
        if "fault" in answer:
            raise ForeignFault.fromTold(answer["fault"])
        return answer["value"]

    def _end(self) -> str:
        """End the program. @return: what it complained of"""
        if self._process.stdin is None or self._process.stdin.closed:
            return ""
        self._process.kill()
        _, complaints = self._process.communicate()
        return complaints
