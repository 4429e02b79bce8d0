"""What is registered: services by numbers, one handle each, as a SOAP message or as a key and a value for etcd."""

import base64
import json
from collections.abc import Callable

import attrs

from bench.answers import WrongAnswer
from bench.talk import Talk
from bench.workload import OGSI_NS, SOAP_NS

__all__ = [
    "LIFETIME",
    "REGISTRY_PATH",
    "REG_NS",
    "WORKLOADS",
    "Leases",
    "handleOf",
    "numbering",
    "puts",
    "registerMessage",
    "registers",
]

REGISTRY_PATH = "/services/registry"
REG_NS = "urn:gma-twisted:2026:registration"
LIFETIME = 3600
"""Seconds asked for: nothing expires while it is measured."""
WORKLOADS = ("register", "renewal")
"""Whether every handle is new to the server, or each connection registers its own few handles again and again."""

_OWN = 10
# Above every number that a run can reach with handles that come once.
_FIRST_AGAIN = 90_000_000


def handleOf(number: int) -> str:
    """URL of a service, of the same length for all below 10^8."""
    return f"http://node-{number:08d}.grid.example:8480/services/index"


def numbering(workload: str, connection: int) -> Callable[[int], int]:
    """
    Which service a connection registers.

    @param workload: one of L{WORKLOADS}
    @param connection: number of the connection
    @return: from the number of the request, which no request had before, the number of the service
    """
    if workload == "register":
        return lambda count: count
    first = _FIRST_AGAIN + connection * _OWN
    return lambda count: first + count % _OWN


def registerMessage(number: int) -> bytes:
    """The SOAP message that registers a service, of the same length for all below 10^8."""
    return (
        f'<s:Envelope xmlns:s="{SOAP_NS}" xmlns:reg="{REG_NS}"><s:Body><reg:registerService>'
        f"<reg:handle>{handleOf(number)}</reg:handle>"
        f"<reg:interface><reg:namespace>{OGSI_NS}</reg:namespace>"
        "<reg:localName>GridService</reg:localName></reg:interface>"
        f"<reg:name>node-{number:08d}</reg:name>"
        "<reg:attribute><reg:name>vo</reg:name><reg:value>bench</reg:value></reg:attribute>"
        f"<reg:lifetime>{LIFETIME}</reg:lifetime>"
        "</reg:registerService></s:Body></s:Envelope>"
    ).encode()


def registers(workload: str, connection: int) -> Talk:
    """registerService as a SOAP 1.1 message over HTTP, every answer with a lifetime in it."""
    which = numbering(workload, connection)
    mark = 77_777_777
    # Rendered once and cut around the number: the load must cost less than what it measures.
    before, between, after = registerMessage(mark).split(b"%d" % mark)
    head = (
        f"POST {REGISTRY_PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        "Content-Type: text/xml; charset=utf-8\r\n"
        f'SOAPAction: "{REG_NS}#registerService"\r\nContent-Length: {len(registerMessage(0))}\r\n\r\n'
    )
    before = head.encode() + before

    def make(count: int) -> bytes:
        number = b"%08d" % which(count)
        return b"%b%b%b%b%b" % (before, number, between, number, after)

    return Talk(make, b"lifetime>%d</" % LIFETIME)


def _posted(path: str, content: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


@attrs.define(eq=False)
class Leases:
    """
    The operations of one connection with etcd's HTTP gateway (v3): a put that ends with a lease.

    @ivar which: from the number of the request to that of the service
    @ivar isEach: whether a lease is granted for every put, which is what a lifetime of its own takes; else one
        is granted with the first and used for all
    """

    which: Callable[[int], int]
    isEach: bool
    _lease: bytes = attrs.field(default=b"", init=False)
    _waiting: int | None = attrs.field(default=None, init=False)
    _granting: bytes = attrs.field(init=False)
    _value: bytes = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._granting = _posted("/v3/lease/grant", b'{"TTL":"%d"}' % LIFETIME)
        facts = {
            "interface": [{"namespace": OGSI_NS, "localName": "GridService"}],
            "attribute": [{"name": "vo", "value": "bench"}],
        }
        self._value = base64.b64encode(json.dumps(facts).encode())

    def make(self, count: int) -> bytes:
        """The first request of an operation."""
        number = self.which(count)
        if self._lease and not self.isEach:
            return self._put(number)
        self._waiting = number
        return self._granting

    def then(self, answer: bytes) -> bytes | None:
        """
        The request that follows, C{None} after the last.

        @raise WrongAnswer: there is no lease in the answer to a grant, no revision in the answer to a put
        """
        if self._waiting is None:
            if b'"revision":"' not in answer:
                raise WrongAnswer(f"no revision in {answer[:2000]!r}")
            return None
        _, _, found = answer.partition(b'"ID":"')
        self._lease, _, _ = found.partition(b'"')
        if not self._lease.isdigit():
            raise WrongAnswer(f"no lease in {answer[:2000]!r}")
        number, self._waiting = self._waiting, None
        return self._put(number)

    def _put(self, number: int) -> bytes:
        key = base64.b64encode(handleOf(number).encode())
        content = b'{"key":"%b","value":"%b","lease":"%b"}' % (key, self._value, self._lease)
        return _posted("/v3/kv/put", content)


def puts(workload: str, connection: int, isEach: bool) -> Talk:
    """The same with etcd, see L{Leases}."""
    leases = Leases(numbering(workload, connection), isEach)
    return Talk(leases.make, b'"header":{', b"}", leases.then)
