"""Ganglia's hosts and metrics, as gmond and gmetad tell them."""

import re
from collections.abc import Iterator
from typing import ClassVar

from zope.interface import implementer

from gma_twisted.errors import ParameterError, ProviderFailed, cut
from gma_twisted.interfaces import ISimpleDataProvider
from gma_twisted.markup.build import legalText
from gma_twisted.markup.namespaces import GANGLIA
from gma_twisted.processes import DEFAULT_OUTPUT, ProviderRuntime
from gma_twisted.providers.doctypes import withoutDoctype
from gma_twisted.providers.scraping import checkBounds, fetcherOf
from gma_twisted.timing.turns import Turns

__all__ = ["GangliaProvider"]

_HOST = re.compile(r"[0-9A-Za-z._:%-]{1,255}")
_QUERY = re.compile(r"/[!-~]{0,1000}")
_LAST_PORT = 65535
_GZIP = b"\x1f\x8b"
_ROOT = re.compile(r"(?:\s++|<!--(?:[^-]|-(?!-))*+-->)*+(<GANGLIA_XML)(?=[\s/>])")
_END = b"</GANGLIA_XML>"
# gmond 3.7 writes a reference for each byte that is no printable ASCII, with one character for its tens: "K\xf6ln" is
# "K&#\xc86;ln", which no parser takes. References to control characters are right, and no XML has those. A packet of
# gmond's has 1464 bytes: no more than these come in a row.
_BROKEN = re.compile("(?:&#(?:[<\xbc-\xc8][0-9]|\xc9[0-5]);){1,2048}")
_CONTROL = re.compile("&#(?:0[0-8]|1[124-9]|2[0-9]|3[01]);")
_REFERENCE = 5
# Characters.
_STEP = 4096


@implementer(ISimpleDataProvider)
class GangliaProvider:
    """
    Connects to a gmond (port 8649) or a gmetad (8651, with a query 8652), and gives what it says, C{GANGLIA_XML}, with
    Ganglia's own elements and attributes in a namespace of their own. The document type is stripped: its only
    default, C{SOURCE="gmond"} of a metric, is not filled in.

    @cvar operatorOnly: arguments C{executeProvider} cannot give: who calls does not say where the node connects
    """

    operatorOnly: ClassVar[frozenset[str]] = frozenset(
        {"host", "port", "query", "timeout", "maxSize"}
    )
    name = "ganglia"

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 8649,
        query: str = "",
        timeout: float = 10.0,
        maxSize: int = DEFAULT_OUTPUT,
        *,
        runtime: ProviderRuntime,
    ) -> None:
        """
        @param host: name or address
        @param port: of it
        @param query: what gmetad's interactive port is asked, C{/CLUSTER/HOST} or C{/?filter=summary}; empty for a
            port that speaks unasked
        @param timeout: seconds until it has said all
        @param maxSize: bytes of what it says
        @param runtime: the node's means
        @raise ParameterError: an argument out of range, or nothing to connect with
        """
        host = host.removeprefix("[").removesuffix("]")
        if not _HOST.fullmatch(host):
            raise ParameterError(f'host "{cut(host)}" is neither a name nor an address')
        if not 0 < port <= _LAST_PORT:
            raise ParameterError(f"port {port} is not between 1 and {_LAST_PORT}")
        if query and not _QUERY.fullmatch(query):
            raise ParameterError(
                f'query "{cut(query)}" is no path such as /CLUSTER/HOST or /?filter=summary'
            )
        checkBounds(maxSize, timeout)
        self._peer = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self.description = f"hosts and metrics of Ganglia at {self._peer}"
        self._host = host
        self._port = port
        self._request = f"{query}\n".encode("ascii") if query else b""
        self._timeout = timeout
        self._maxSize = maxSize
        self._clock = runtime.clock
        self._fetcher = fetcherOf(runtime, type(self).__name__)

    async def provide(self) -> bytes:
        """
        Read what it says.

        @return: C{GANGLIA_XML}
        @raise ProviderFailed: it says nothing, or nothing that ends as it began; a document type that is refused, see
            L{withoutDoctype <gma_twisted.providers.doctypes.withoutDoctype>}
        @raise PeerUnreachable, TooLarge: as L{IFetcher.readAll}
        """
        said = await self._fetcher.readAll(
            self._host, self._port, self._maxSize, self._timeout, self._request
        )
        what = f"the answer of {self._peer}"
        if not said:
            raise ProviderFailed(
                f"{self._peer} ended the connection without a word",
                cure="see the acl of its tcp_accept_channel, or trusted_hosts of gmetad",
            )
        if said.startswith(_GZIP):
            raise ProviderFailed(
                f"{what} is packed", cure="set gzip_output = no in its tcp_accept_channel"
            )
        text = withoutDoctype(said, what)
        root = _ROOT.match(text)
        if root is None:
            raise ProviderFailed(f'{what} is not GANGLIA_XML: "{cut(text.strip(), 60)}"')
        if not said.rstrip().endswith(_END):
            raise ProviderFailed(f"{what} was cut off after {len(said)} bytes")
        turns = Turns(self._clock)
        pieces = [f'{root[1]} xmlns="{GANGLIA}"'.encode()]
        for piece in _pieces(text, root.end()):
            pieces.append(_mended(piece).encode())
            await turns.breathe()
        return b"".join(pieces)


def _pieces(text: str, begin: int) -> Iterator[str]:
    """A text from there on; no reference is cut, and no row of them."""
    while begin < len(text):
        end = begin + _STEP
        reference = text.rfind("&", end - _REFERENCE + 1, end)
        end = end if reference < 0 else reference
        row = _BROKEN.match(text, end)
        end = end if row is None else row.end()
        yield text[begin:end]
        begin = end


def _mended(text: str) -> str:
    """What gmond meant to write; characters that XML does not have are replaced."""
    if "&#" in text:
        text = _CONTROL.sub("\ufffd", _BROKEN.sub(_meant, text))
    return legalText(text)


def _meant(found: "re.Match[str]") -> str:
    pairs = zip(found[0][2::_REFERENCE], found[0][3::_REFERENCE], strict=True)
    # The tens count from "0", their highest bit is the byte's.
    data = bytes([((ord(tens) & 0x7F) - 0x30) * 10 + int(ones) for tens, ones in pairs])
    try:
        # The bytes are those of whoever measures, mostly not of the encoding that gmond declares.
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("iso-8859-1")
