"""Callers of a node that has rules: who they are, what they may, and requests of every operation there is."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from gma_twisted.markup.namespaces import ogsi
from gma_twisted.model import (
    Access,
    Handle,
    Locator,
    NameSelector,
    QName,
    TerminationTime,
    Topic,
)
from gma_twisted.model.event import Event
from gma_twisted.model.gma import GMARole
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.nodes import NodeKind
from gma_twisted.nodes.kind import CONSUMER, CONTAINER_PATH, DIRECTORY_PATH, PRODUCER
from gma_twisted.nodes.offering import Offer
from gma_twisted.security.identity import tokenDigest
from gma_twisted.soap import porttypes
from gma_twisted.soap.calling import writeRequest
from gma_twisted.soap.creation import CreationRequest, writeCreation
from gma_twisted.soap.declaration import Operation, PortType
from gma_twisted.soap.selection import flattened
from gma_twisted.soap.subscribing import SubscribeExpression, writeSubscribeExpression
from gma_twisted.soap.types import (
    BOOLEAN,
    DATETIME,
    EXTENSIBILITY,
    HANDLE,
    INTEGER,
    LOCATOR,
    QNAME,
    SECONDS,
    STRING,
    TERMINATION_TIME,
    WHEN,
    Part,
    Struct,
)
from gma_twisted.soap.types.event import EVENT, TIMESTAMP
from tests.nodes.skeletons import GREETING

__all__ = [
    "ALLOWED",
    "ANYBODYS",
    "NOBODY",
    "OPERATIONS",
    "OWNERS",
    "OWN_CLASSES",
    "REFUSED",
    "ROLES",
    "Examples",
    "argumentsOf",
    "configurationOf",
    "httpRequest",
    "isAllowed",
    "operationAt",
    "rowsOf",
    "tokenOf",
]

_GMA = ("COMPONENT", "CONSUMER", "DIRECTORY", "PRODUCER")

NOBODY = "anonymous"
ANYBODYS = "operator"
"""Who may renew and end what others own."""

_WRITERS = frozenset(("publisher", "stranger", ANYBODYS))
ALLOWED: Mapping[Access, frozenset[str]] = {
    Access.READ: frozenset(("reader", "publisher", "stranger", "subscriber", ANYBODYS, "peer")),
    Access.REGISTER: _WRITERS | {"peer"},
    Access.SUBSCRIBE: frozenset(("subscriber", "stranger", ANYBODYS, "peer")),
    Access.NOTIFY: frozenset(("peer",)),
    Access.WRITE: _WRITERS,
    Access.RUN: frozenset((ANYBODYS,)),
    Access.AGGREGATE: _WRITERS,
    Access.CREATE: _WRITERS,
    Access.ADMIN: frozenset((ANYBODYS,)),
}
"""By class: who may. A stranger may what publishers and subscribers may, and owns nothing."""

ROLES = (NOBODY, "reader", "publisher", "stranger", "subscriber", ANYBODYS, "peer")
"""All callers."""

OWN_CLASSES = """
[factory.greeter]
class = "tests.nodes.skeletons:Greeter"
arguments = { word = "hello" }
[services.greeter]
class = "tests.nodes.skeletons:Greeter"
arguments = { word = "hello" }
"""
"""A service of the operator's, and a kind that clients may have made."""

_AT: Mapping[str, PortType] = {
    PRODUCER.path: porttypes.PRODUCER,
    CONSUMER.path: porttypes.CONSUMER,
    DIRECTORY_PATH: porttypes.DIRECTORY,
}

OPERATIONS: Mapping[str, Operation] = {
    one.name: one
    for portType in (
        *flattened(_AT.values()),
        *(getattr(porttypes, name) for name in porttypes.__all__ if name not in _GMA),
        GREETING,
    )
    for one in portType.operations
}
"""All there are, by local name; OGSI's where others have the same one."""

OWNERS = ("destroy", "requestTerminationAfter", "requestTerminationBefore", "setServiceData")
"""What is for whoever owns the service, where somebody does."""

REFUSED = re.compile(rb"may not call|is for its owner")
"""What a policy says when it says no."""


def operationAt(path: str, name: str) -> Operation:
    """The operation a service has of a name."""
    there = flattened((_AT[path],)) if path in _AT else ()
    own = {one.name: one for portType in there for one in portType.operations}
    return own.get(name) or OPERATIONS[name]


_SINK = Handle("http://127.0.0.1:9/sink")
_ELSEWHERE = Handle("http://site.example.org:8480/services/index")
_VALUES: Sequence[tuple[object, Any]] = (
    (STRING, "x"),
    (HANDLE, _ELSEWHERE),
    (SECONDS, 60.0),
    (INTEGER, 1),
    (BOOLEAN, False),
    (DATETIME, 0.0),
    (QNAME, QName("urn:x", "y")),
    (EXTENSIBILITY, b"<gma:x/>"),
    (LOCATOR, Locator((_ELSEWHERE,))),
    (TERMINATION_TIME, TerminationTime(1.7e9 + 60.0, 1.7e9 + 60.0, 1.7e9)),
    (WHEN, math.inf),
    (EVENT, Event("x", 0)),
    (TIMESTAMP, Timestamp(0)),
)
# What is a whole number or a word on the wire, and has a type of its own here.
_NAMED: Mapping[str, Any] = {
    "role": GMARole.PRODUCER,
    "callerId": 1,
    "producerId": 1,
    "consumerId": 1,
    "watchId": 1,
}


def tokenOf(role: str) -> str:
    """What it shows."""
    return f"token-of-the-{role}-0123456789"


def configurationOf(allowed: Mapping[Access, Iterable[str]] = ALLOWED, more: str = "") -> str:
    """Identities and rules of all but the anonymous."""
    sections = [more, '[access]\nanonymous = "none"']
    for role in ROLES:
        if role == NOBODY:
            continue
        may = [one.value for one, those in allowed.items() if role in those]
        owners = "any" if role == ANYBODYS else "own"
        sections.append(f'[identity.{role}]\ntokens = "{tokenDigest(tokenOf(role))}"')
        sections.append(f'[access.rules.{role}]\nwho = "{role}"\nmay = {may}\nowners = "{owners}"')
    return "\n".join(sections)


def argumentsOf(operation: Operation) -> Mapping[str, Any]:
    """Something for each part that is needed."""
    return {part.name: _valueOf(part) for part in operation.request if part.least}


def _valueOf(part: Part) -> Any:
    if isinstance(part.type, Struct):
        parts = {one.name: _valueOf(one) if one.least else _nothing(one) for one in part.type.parts}
        value: Any = part.type.make(**parts)
    elif part.name in _NAMED:
        value = _NAMED[part.name]
    else:
        value = next(value for kind, value in _VALUES if kind is part.type)
    return [value] if part.isMany else value


def _nothing(part: Part) -> Any:
    return [] if part.isMany else None


def httpRequest(
    role: str,
    path: str,
    operation: Operation | None = None,
    arguments: Mapping[str, Any] | None = None,
    method: str = "GET",
) -> bytes:
    """A call of an operation, or a request for a page."""
    body = b""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "X-Requested-With: tests"]
    if operation is not None:
        asked = argumentsOf(operation) if arguments is None else arguments
        body = writeRequest(operation, asked)
        lines[0] = f"POST {path} HTTP/1.1"
        lines += ["Content-Type: text/xml; charset=utf-8", f"SOAPAction: {operation.action}"]
    if role != NOBODY:
        lines.append(f"Authorization: Bearer {tokenOf(role)}")
    lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def rowsOf(offers: Iterable[Offer]) -> Iterator[tuple[Offer, str, Access]]:
    """Every operation there is."""
    for offer in offers:
        for name, access in offer.operations.items():
            yield offer, name, access


def isAllowed(role: str, name: str, access: Access, owner: str = "") -> bool:
    """
    What is to be: whether a role may call an operation.

    @param access: what it counts as where it is called
    @param owner: of what it is called of; empty when nobody owns it
    """
    isTheirs = not owner or name not in OWNERS or role in (owner, ANYBODYS)
    return role in ALLOWED[access] and isTheirs


class Examples:
    """
    Things at a node that somebody owns, made by calls of its operations.

    @ivar kind: of the node
    """

    kind: NodeKind

    def call(self, role: str, path: str, name: str, arguments: Any = None) -> bytes:
        """Call an operation, by default with whatever it takes. @return: something with the answer's handles"""
        raise NotImplementedError

    def entry(self, role: str = "publisher") -> str:
        """The path of an entry that one has registered."""
        return _pathIn(self.call(role, self.kind.path, "registerService"), "entries")

    def subscription(self, role: str = "subscriber", path: str = "") -> str:
        """The path of a subscription that one has made."""
        topic = Topic((NameSelector(ogsi("interface")),))
        asked = {
            **argumentsOf(OPERATIONS["subscribe"]),
            "subscriptionExpression": writeSubscribeExpression(SubscribeExpression(topic)),
            "sink": Locator((_SINK,)),
        }
        return _pathIn(self.call(role, path or self.kind.path, "subscribe", asked), "subscriptions")

    def instance(self, role: str = "publisher") -> str:
        """The path of a service that one had made."""
        asked = {"creationParameters": writeCreation(CreationRequest("greeter"))}
        return _pathIn(self.call(role, CONTAINER_PATH, "createService", asked), "instances")

    def example(self, offer: Offer) -> tuple[str, str]:
        """A path of an offer, and who owns what is there; empty when nobody does."""
        if not offer.areBelow:
            return offer.path, ""
        start, _, what = offer.path.rpartition("/")
        if what == "subscriptions":
            return self.subscription(path=start), "subscriber"
        if what == "entries" and start != CONTAINER_PATH:
            return self.entry(), "publisher"
        if what == "instances":
            return self.instance(), "publisher"
        return f"{offer.path}/{self.kind.short}", ""


def _pathIn(answer: bytes, where: str) -> str:
    found = re.search(rf"https?://[^/]+(/services/[^<']*{where}/\w+)".encode(), answer)
    if found is None:
        raise AssertionError(f"no handle of {where} in {answer!r}")
    return found[1].decode()
