"""A real C{twistd gma-registry} and clients that ask it over SOAP, each on a keep-alive connection of its own."""

import http.client
import re
import select
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

import attrs

from gma_twisted.client import writeNameQuery
from gma_twisted.errors import GMAError, UnknownId
from gma_twisted.markup import XMLGate, XMLLimits
from gma_twisted.markup.namespaces import ogsi
from gma_twisted.model import Handle, NameQuery, NameSelector
from gma_twisted.soap.calling import readResponse, writeRequest
from gma_twisted.soap.declaration import Operation
from gma_twisted.soap.porttypes import GRID_SERVICE, REGISTRATION
from gma_twisted.timing import bootTime
from tests.integration.durability.history import (
    ALWAYS,
    Call,
    History,
    Look,
    Outcome,
    Seen,
    Span,
    Verb,
)
from tests.integration.twistd import Node

__all__ = ["ENTRIES", "Client", "Dead", "Lane", "RegistryNode", "seenIn", "work", "workUntilKilled"]

ENTRIES = writeNameQuery(NameQuery((NameSelector(ogsi("entry")),)))
"""The query for all entries."""

_SERVICE = "/services/registry"
_PATIENCE = 60.0
_OPERATIONS = {one.name: one for one in (*GRID_SERVICE.operations, *REGISTRATION.operations)}
_GATE = XMLGate(XMLLimits())
_ENTRY = re.compile(rb"<ogsi:entry[ >].*?</ogsi:entry>", re.DOTALL)
_HANDLE = re.compile(rb"<ogsi:handle>([^<]*)</ogsi:handle>")
_TOKEN = re.compile(rb'<t xmlns="urn:t">([^<]*)</t>')
# What is kept is looked at here, not who is let in: with a clock that is read from a file a node is late all the time.
_CONFIGURATION = """
[node]
listen = ["tcp:{port}:interface=127.0.0.1"]
[registry]
min_lifetime = "500ms"
max_lifetime = "1d"
[limits]
max_lateness = "1h"
"""


class Dead(Exception):
    """The node did not answer: it was killed."""


class RegistryNode:
    """
    A registry node, in one of its lives.

    @ivar started: instant of the start of its process
    @ivar url: its base URL
    """

    def __init__(
        self,
        place: Path,
        environment: Mapping[str, str] | None = None,
        port: int = 0,
        isForked: bool = True,
    ) -> None:
        """
        Start it and wait until it serves.

        @param place: of its configuration and its state directory
        @param environment: more variables
        @param isForked: see L{Node}
        """
        self._stack = ExitStack()
        configuration = place / "node.toml"
        configuration.write_text(_CONFIGURATION.format(port=port))
        self.directory = place / "state"
        self.started = bootTime()
        options = ("--config", str(configuration), "--state-dir", str(self.directory))
        kept = self._stack.callback
        self._node = Node(
            place,
            kept,
            *options,
            kind="gma-registry",
            environment=environment,
            isForked=isForked,
        )
        try:
            self.url = self._node.url()
        except BaseException:
            self._stack.close()
            raise
        self.port = urlsplit(self.url).port or 0

    def __enter__(self) -> "RegistryNode":
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    @property
    def process(self) -> int:
        """Its number."""
        return self._node.process.pid

    @property
    def lines(self) -> Sequence[str]:
        """Its output."""
        return self._node.lines

    def signal(self, number: int) -> int:
        """Send a signal it ends by. @return: exit status, negative for a signal"""
        return self._node.signal(number)

    def handleOf(self, entry: str) -> Handle:
        """The handle of an entry, whatever port the node has in this life."""
        return Handle.parse(self.url + _SERVICE + "/entries/" + entry)


class Client:
    """One keep-alive connection to a node."""

    def __init__(self, port: int, timeout: float = 20.0) -> None:
        """@param timeout: seconds for one answer"""
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout)

    def close(self) -> None:
        """Drop the connection."""
        self._connection.close()

    def fileno(self) -> int:
        """For C{select}."""
        return self._connection.sock.fileno()

    def send(self, name: str, **arguments: Any) -> Operation:
        """Ask, and do not wait. @raise Dead: nobody is there"""
        operation = _OPERATIONS[name]
        headers = {
            "Content-Type": "text/xml; charset=utf-8",
            "SOAPAction": f'"{operation.action}"',
        }
        body = writeRequest(operation, arguments)
        try:
            self._connection.request("POST", _SERVICE, body, headers)
        except (OSError, http.client.HTTPException) as error:
            raise Dead(str(error)) from None
        return operation

    def receive(self) -> bytes:
        """The body of the next answer. @raise Dead: there is none"""
        try:
            return self._connection.getresponse().read()
        except (OSError, http.client.HTTPException) as error:
            raise Dead(str(error)) from None

    def ask(self, name: str, **arguments: Any) -> Any:
        """
        Call an operation.

        @raise GMAError: it is refused
        @raise Dead: no answer
        """
        operation = self.send(name, **arguments)
        return readResponse(operation, self.receive(), _GATE)

    def look(self) -> Look:
        """All entries the node shows."""
        begun = bootTime()
        self.send("findServiceData", queryExpression=ENTRIES)
        body = self.receive()
        return Look(Span(begun, bootTime()), seenIn(body))


def seenIn(body: bytes) -> Sequence[Seen]:
    """The entries an answer shows. @raise AssertionError: it shows none, and is no answer to that question"""
    assert b"serviceDataValues" in body, body[:2000]
    found = []
    for entry in _ENTRY.findall(body):
        own, member = (handle.decode() for handle in _HANDLE.findall(entry))
        token = _TOKEN.search(entry)
        assert token is not None, entry
        found.append(Seen(member, own.rpartition("/")[2], token[1].decode()))
    return found


@attrs.define(slots=True, eq=False)
class Lane:
    """
    One client that does one thing after the other to members nobody else touches.

    @ivar entries: ids of the entries it believes in, by member
    @ivar made: counts members and contents, so that none comes twice
    @ivar acknowledged: answers that say something was done
    """

    history: History
    name: str
    random: Random
    lifetimes: Sequence[float]
    most: int
    entries: dict[str, str] = attrs.field(factory=dict)
    made: int = 0
    acknowledged: int = attrs.field(default=0, init=False)
    _node: RegistryNode = attrs.field(init=False)
    _client: Client | None = attrs.field(default=None, init=False)
    _open: tuple[Call, Operation, float] | None = attrs.field(default=None, init=False)

    def connect(self, node: RegistryNode) -> None:
        """Begin with a node; no effect when begun."""
        if self._client is None:
            self._node = node
            self._client = Client(node.port)

    def fileno(self) -> int:
        """For C{select}."""
        assert self._client is not None
        return self._client.fileno()

    def begin(self) -> bool:
        """Ask the next thing. @return: whether there is still somebody to ask"""
        member = self._member()
        entry = self.entries.get(member, "")
        chance = self.random.random()
        if not entry or chance < 0.3:
            verb = Verb.REGISTER
        elif chance < 0.75 and len(self.entries) < self.most:
            verb = Verb.RENEW
        else:
            verb = Verb.END
        return self.ask(verb, member, self.random.choice(self.lifetimes))

    def ask(self, verb: Verb, member: str, lifetime: float) -> bool:
        """Ask one thing. @return: as L{begin}"""
        assert self._client is not None
        self.made += 1
        # Only a renewal names the entry it means; what it believes may be of a life before.
        entry = self.entries.get(member, "") if verb is Verb.RENEW else ""
        token = f"{self.name} {self.made}"
        now = bootTime()
        call = Call(verb, member, Span.at(now), Outcome.UNKNOWN, entry, token)
        name, arguments = self._request(verb, member, entry, token, lifetime)
        try:
            self._open = call, self._client.send(name, **arguments), lifetime
        except Dead:
            self._open = call, _OPERATIONS[name], lifetime
            self.died()
        return self._client is not None

    def _request(
        self, verb: Verb, member: str, entry: str, token: str, lifetime: float
    ) -> tuple[str, Mapping[str, Any]]:
        if verb is Verb.REGISTER:
            content = b'<t xmlns="urn:t">%b</t>' % token.encode()
            given = {"handle": Handle(member), "content": content, "lifetime": lifetime}
            return "registerService", given
        if verb is Verb.RENEW:
            return "renewServices", {"entry": [self._node.handleOf(entry)], "lifetime": lifetime}
        return "unregisterService", {"handle": Handle(member)}

    def _member(self) -> str:
        if len(self.entries) < self.most and self.random.random() < 0.4:
            self.made += 1
            return f"http://{self.name}/{self.made}"
        return self.random.choice([*self.entries, f"http://{self.name}/{self.made}"])

    def finish(self) -> bool:
        """Take the answer. @return: as L{begin}"""
        assert self._client is not None and self._open is not None
        call, operation, lifetime = self._open
        try:
            body = self._client.receive()
        except Dead:
            self.died()
            return False
        self._open = None
        outcome, entry = Outcome.DONE, call.entry
        try:
            found = readResponse(operation, body, _GATE)
        except UnknownId:
            outcome = Outcome.MISSING
        except GMAError:
            outcome = Outcome.REFUSED
        else:
            if call.verb is Verb.REGISTER:
                entry, lifetime = found[0].url.rpartition("/")[2], found[1]
            elif call.verb is Verb.RENEW:
                lifetime = found[0].lifetime
                outcome = Outcome.MISSING if lifetime is None else outcome
        self._tell(call, outcome, entry, lifetime)
        return True

    def _tell(self, call: Call, outcome: Outcome, entry: str, lifetime: float | None) -> None:
        asked, now = call.during.earliest, bootTime()
        end = ALWAYS if lifetime is None else Span(asked + lifetime, now + lifetime)
        self.history.call(
            attrs.evolve(call, during=Span(asked, now), outcome=outcome, entry=entry, end=end)
        )
        if outcome in (Outcome.DONE, Outcome.MISSING):
            self.acknowledged += 1
            if outcome is Outcome.MISSING or call.verb is Verb.END:
                self.entries.pop(call.member, None)
            else:
                self.entries[call.member] = entry

    def died(self) -> None:
        """There is no node any more: what was not answered may have been done."""
        if self._client is not None:
            self._client.close()
            self._client = None
        if self._open is not None:
            call, _, lifetime = self._open
            self._open = None
            self._tell(call, Outcome.UNKNOWN, call.entry, lifetime)


def work(node: RegistryNode, lanes: Sequence[Lane], seconds: float) -> None:
    """Have all lanes ask, side by side, for so long; then take what is still to come."""
    for lane in lanes:
        lane.connect(node)
    deadline = time.monotonic() + seconds
    busy = [lane for lane in lanes if lane.begin()]
    while busy:
        isOver = time.monotonic() >= deadline
        left = 20.0 if isOver else max(0.0, deadline - time.monotonic())
        ready = select.select(busy, [], [], left)[0]
        assert ready or not isOver, "a node that does not answer"
        for lane in ready:
            if not (lane.finish() and not isOver and lane.begin()):
                busy.remove(lane)


def workUntilKilled(node: RegistryNode, lanes: Sequence[Lane], wanted: int, seconds: float) -> None:
    """
    Have all lanes ask, side by side; the node is killed in the middle of it.

    @param wanted: that many acknowledgements come before
    @param seconds: so long it goes on behind them
    @raise AssertionError: they do not come
    """
    for lane in lanes:
        lane.connect(node)
    wanted += sum(lane.acknowledged for lane in lanes)
    deadline = time.monotonic() + _PATIENCE
    isDone = False
    busy = [lane for lane in lanes if lane.begin()]
    while (left := deadline - time.monotonic()) > 0 and busy:
        if not isDone and sum(lane.acknowledged for lane in lanes) >= wanted:
            isDone = True
            deadline = time.monotonic() + seconds
            continue
        for lane in select.select(busy, [], [], left)[0]:
            if not (lane.finish() and lane.begin()):
                busy.remove(lane)
    assert isDone, "a node that acknowledges next to nothing"
    node.signal(signal.SIGKILL)
    for lane in busy:
        # What the node had sent is here; nothing else comes.
        while lane.finish():
            if not lane.begin():
                break
