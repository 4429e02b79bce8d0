"""
What a node does with everything left out that guards it. Of findServiceData that is the base of what the guards cost,
and the same with its dispatch left out too; of registerService it is the least that Python takes for it.
"""

from collections.abc import Callable
from itertools import count
from typing import Any

from lxml import etree
from twisted.internet.interfaces import IAddress, ITransport
from twisted.internet.protocol import Factory, Protocol

from bench.registering import REG_NS
from bench.servers.control import portOf
from bench.servers.gate import liveQueries, serviceOver
from bench.workload import SOAP_NS
from gma_twisted.markup import Element
from gma_twisted.queries import NameQueries
from gma_twisted.soap import ResponseWriter, openEnvelope
from gma_twisted.soap.porttypes import GRID_SERVICE
from gma_twisted.timing import NodeClock, Ready, installBootClock
from gma_twisted.transport.listening import serverEndpoint
from gma_twisted.transport.sending import Sender, senderFor

__all__ = ["LeanFactory", "serveLean", "serveRegister", "serveUnguarded"]

_FIND = next(each for each in GRID_SERVICE.operations if each.name == "findServiceData")
_END = b"\r\n\r\n"
_LENGTH = b"\r\nContent-Length: "
_REGISTERED = (
    f'<s:Envelope xmlns:s="{SOAP_NS}" xmlns:reg="{REG_NS}"><s:Body><reg:registerServiceResponse>'
    "<reg:entry>%b</reg:entry><reg:lifetime>%d</reg:lifetime></reg:registerServiceResponse></s:Body></s:Envelope>"
).encode()

_Answer = Callable[[Element], bytes]
"""From the root of a request to the envelope of its answer."""


class _Lean(Protocol):
    """
    Trusts every byte: no rule of HTTP, XML or SOAP is looked at, nobody is asked who it is, nothing has an end in time.

    Store, queries, the envelope around an answer and the way it leaves are the node's own, and the parser is one that
    is used again and again, as the node's is: what is measured is the guards, not these.
    """

    transport: ITransport

    def __init__(self, answer: _Answer) -> None:
        """@param answer: makes an answer"""
        self._answers = answer
        self._parser = etree.XMLParser()
        self._data = b""
        self._sender: Sender

    def connectionMade(self) -> None:
        """A client is there."""
        self._sender = senderFor(self.transport, self)

    def dataReceived(self, data: bytes) -> None:
        """Bytes of requests; each is answered when it is whole."""
        data = self._data + data
        while True:
            end = data.find(_END)
            if end < 0:
                break
            at = data.find(_LENGTH, 0, end) + len(_LENGTH)
            start = end + len(_END)
            stop = start + int(data[at : data.find(b"\r\n", at)])
            if len(data) < stop:
                break
            self._sender.write(self._answer(data[start:stop]))
            data = data[stop:]
        self._data = data

    def _answer(self, body: bytes) -> bytes:
        self._parser.feed(body)
        envelope = self._answers(self._parser.close())
        return (
            b"HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: %d\r\n\r\n%b"
            % (len(envelope), envelope)
        )

    def choke(self) -> None:
        """The reader is slow, which is not looked at."""

    def flow(self) -> None:
        """The reader has caught up."""


class LeanFactory(Factory):
    """One of these for each connection."""

    noisy = False

    def __init__(self, answer: _Answer) -> None:
        """@param answer: makes an answer"""
        self._answer = answer

    def buildProtocol(self, addr: IAddress | None) -> Protocol:
        """One that trusts."""
        return _Lean(self._answer)


def lean(queries: NameQueries) -> _Answer:
    """The query is where it always is: no operation is looked for."""
    read, find = queries.read, queries.answer
    write = ResponseWriter(_FIND, False).write

    def answer(root: Element) -> bytes:
        # Envelope, Body, findServiceData, queryExpression, and the query in it.
        found = find(read(root[0][0][0][0]))
        assert isinstance(found, Ready)
        return write(found.value)

    return answer


def unguarded(queries: NameQueries) -> _Answer:
    """As the Exchange does it: envelope, declared operation, its arguments, the role's method, the envelope around."""
    service = serviceOver(queries)
    select, bound = service.selection.select, service.bound

    def answer(root: Element) -> bytes:
        opened = openEnvelope(root, False)
        call = select(opened, "")
        operation = bound[call.operation.name]
        found = operation.method(**call.arguments)
        assert isinstance(found, Ready)
        return operation.write(found.value, opened.isSoap12)

    return answer


def register(clock: NodeClock) -> _Answer:
    """A handle, a name and when that ends, each where it always is, in a dict: no registry, nothing else is read."""
    entries: dict[str, tuple[str, str, float]] = {}
    ids = count()

    def answer(root: Element) -> bytes:
        call = root[0][0]
        entry = f"http://127.0.0.1/services/registry/entries/{next(ids):016x}"
        # Handle, interface, name, attribute, lifetime.
        handle, name, lifetime = call[0].text or "", call[2].text or "", float(call[4].text or 0)
        entries[handle] = (name, entry, clock.seconds() + lifetime)
        return _REGISTERED % (entry.encode(), lifetime)

    return answer


async def serveRegister(reactor: Any) -> int:
    """Register without looking. @return: the port"""
    installBootClock(reactor)
    return await _listen(reactor, register(NodeClock(reactor)))


async def serveLean(reactor: Any) -> int:
    """Answer without looking. @return: the port"""
    return await _serve(reactor, lean)


async def serveUnguarded(reactor: Any) -> int:
    """Answer whatever is asked of whatever operation, and look at nothing else. @return: the port"""
    return await _serve(reactor, unguarded)


async def _serve(reactor: Any, answering: Callable[[NameQueries], _Answer]) -> int:
    installBootClock(reactor)
    return await _listen(reactor, answering(liveQueries(reactor, NodeClock(reactor))))


async def _listen(reactor: Any, answer: _Answer) -> int:
    endpoint = serverEndpoint(reactor, "tcp:0:interface=127.0.0.1")
    return portOf(await endpoint.listen(LeanFactory(answer)))
