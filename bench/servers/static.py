"""A fixed answer on uvloop with next to no HTTP: what one core can do at most in Python."""

import asyncio
from typing import Any

import uvloop

from bench.servers.control import announce, watchInput
from bench.servers.data import HANDLE, versionsOf
from bench.workload import HOSTS, OGSI_NS, SD_NS, SOAP_NS, hostXML

__all__ = ["serveStatic"]


def _answer(number: int) -> bytes:
    value = (
        hostXML(number)
        .decode()
        .replace(
            ">",
            f' gma:originator="{HANDLE}" ogsi:goodFrom="2026-01-01T00:00:00.001Z"'
            ' ogsi:goodUntil="2026-01-01T00:01:00.001Z"'
            ' ogsi:availableUntil="2026-01-01T00:02:00.001Z">',
            1,
        )
    )
    body = (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<soapenv:Envelope xmlns:soapenv="{SOAP_NS}" xmlns:ogsi="{OGSI_NS}" xmlns:sd="{SD_NS}"'
        ' xmlns:gma="urn:gma-twisted:2026:core"><soapenv:Body><ogsi:findServiceDataResponse><ogsi:result>'
        f"<sd:serviceDataValues>{value}</sd:serviceDataValues></ogsi:result>"
        "</ogsi:findServiceDataResponse></soapenv:Body></soapenv:Envelope>"
    ).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%b" % (
        len(body),
        body,
    )


_ANSWERS = {b"Host%d<" % number: _answer(number) for number in range(HOSTS)}
_AT = -len(
    "Host0</ogsi:name></ogsi:queryByServiceDataNames></ogsi:queryExpression>"
    "</ogsi:findServiceData></s:Body></s:Envelope>"
)


class _Fixed(asyncio.Protocol):
    """Trusts that every piece of data is one whole request; reads six bytes of it."""

    def connection_made(self, transport: Any) -> None:
        self._write = transport.write

    def data_received(self, data: bytes) -> None:
        self._write(_ANSWERS[data[_AT : _AT + 6]])


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    server = await loop.create_server(_Fixed, "127.0.0.1", 0)
    announce(server.sockets[0].getsockname()[1], versionsOf("uvloop"))
    watchInput(lambda: loop.call_soon_threadsafe(ended.set))
    await ended.wait()
    server.close()


def serveStatic() -> None:
    """Serve until the standard input ends."""
    uvloop.run(_serve())
