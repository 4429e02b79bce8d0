"""
What a node does for findServiceData with everything left out that guards it: the base of what the guards cost; and with
its dispatch left out too.
"""

from collections.abc import Callable
from typing import Any

from lxml import etree
from twisted.internet.interfaces import IAddress, ITransport
from twisted.internet.protocol import Factory, Protocol

from bench.servers.control import portOf
from bench.servers.gate import liveQueries, serviceOver
from gma_twisted.markup import Element
from gma_twisted.queries import NameQueries
from gma_twisted.soap import ResponseWriter, openEnvelope
from gma_twisted.soap.porttypes import GRID_SERVICE
from gma_twisted.timing import NodeClock, Ready, installBootClock
from gma_twisted.transport.listening import serverEndpoint
from gma_twisted.transport.sending import Sender, senderFor

__all__ = ["LeanFactory", "serveLean", "serveUnguarded"]

_FIND = next(each for each in GRID_SERVICE.operations if each.name == "findServiceData")
_END = b"\r\n\r\n"
_LENGTH = b"\r\nContent-Length: "

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


async def serveLean(reactor: Any) -> int:
    """Answer without looking. @return: the port"""
    return await _serve(reactor, lean)


async def serveUnguarded(reactor: Any) -> int:
    """Answer whatever is asked of whatever operation, and look at nothing else. @return: the port"""
    return await _serve(reactor, unguarded)


async def _serve(reactor: Any, answering: Callable[[NameQueries], _Answer]) -> int:
    installBootClock(reactor)
    queries = liveQueries(reactor, NodeClock(reactor))
    endpoint = serverEndpoint(reactor, "tcp:0:interface=127.0.0.1")
    return portOf(await endpoint.listen(LeanFactory(answering(queries))))
