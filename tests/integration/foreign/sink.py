"""A sink of OGSI's as somebody writes it who has the Python library and lxml: it keeps what it hears."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import attrs
from lxml import etree

from gma_twisted.markup.namespaces import GMA, OGSI, SOAP11

__all__ = ["ForeignSink", "Notice"]


@attrs.frozen
class Notice:
    """
    What one call of deliverNotification said.

    @ivar message: what ogsi:message holds: sd:serviceDataValues, or the answer to a question
    @ivar values: its children
    @ivar header: of gma:delivery, by local name
    """

    message: Any
    values: list[Any]
    header: dict[str, str]

    @property
    def epoch(self) -> int:
        """Of the sender."""
        return int(self.header["epoch"])

    @property
    def sequence(self) -> int:
        """In the epoch."""
        return int(self.header["sequence"])


class ForeignSink:
    """
    Listens on a free port of 127.0.0.1 until the test ends.

    @ivar url: its handle
    @ivar notices: those that came, in order
    """

    def __init__(self, cleanUp: Callable[..., object]) -> None:
        """@param cleanUp: a test's C{addCleanup}"""
        self.notices: list[Notice] = []
        notices = self.notices

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                notices.append(_read(body))
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *words: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/sink"
        # The seconds between two looks whether it shall end, which every test waits for.
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        cleanUp(self._end)

    def _end(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _read(body: bytes) -> Notice:
    envelope = etree.fromstring(body)
    (message,) = envelope.iterfind(
        f"{{{SOAP11}}}Body/{{{OGSI}}}deliverNotification/{{{OGSI}}}message/*"
    )
    (delivery,) = envelope.iterfind(f"{{{SOAP11}}}Header/{{{GMA}}}delivery")
    header = {etree.QName(one).localname: one.text or "" for one in delivery}
    return Notice(message, list(message), header)
