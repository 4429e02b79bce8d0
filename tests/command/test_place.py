"""NODE, and the other things a command line says."""

import json

import click
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.command.names import QNAME, SELECTION
from gma_twisted.command.parameters import DURATION, HANDLE, PAIR, Parameter
from gma_twisted.command.place import NODE, Place
from gma_twisted.configuration.spelling import spellName
from gma_twisted.errors import ParameterError, PeerError
from gma_twisted.markup.namespaces import GLUE
from gma_twisted.model import Handle, QName
from tests.command.stand import Peer


def serviceOf(status: object) -> Handle:
    """The main service of a node that says this of itself."""
    peer = Peer(answer=lambda method, url, body: json.dumps(status).encode())
    return Place("http://h:1").service(peer, 1.0)


class PlaceTests(SynchronousTestCase):
    """Where a verb asks."""

    def test_forms(self) -> None:
        """Host, port, base URL, service; without scheme and port it is http and 8480."""
        for text, base, path in (
            ("h", "http://h:8480", ""),
            ("h:1", "http://h:1", ""),
            ("h/services/x", "http://h:8480", "/services/x"),
            ("[::1]", "http://[::1]:8480", ""),
            ("[::1]:1/x", "http://[::1]:1", "/x"),
            ("http://h", "http://h", ""),
            ("https://h:1/", "https://h:1", ""),
            ("http://h:1/services/index/", "http://h:1", "/services/index"),
            ("http://h:1/services/index?wsdl", "http://h:1", "/services/index"),
        ):
            self.assertEqual(Place.parse(text), Place(base, path), text)

    def test_none(self) -> None:
        """Other schemes, and what is no host, are refused."""
        for text in ("", "ftp://h", "h:port", "a b", "http://", "http://u@h", "h:99999", "://h"):
            self.assertRaises(ParameterError, Place.parse, text)

    @given(st.text())
    def test_any(self, text: str) -> None:
        """Every text is a place or refused as a mistake."""
        try:
            place = Place.parse(text)
        except ParameterError:
            return
        self.assertRegex(place.base, "^https?://")

    def test_service(self) -> None:
        """Of a node the main service is asked for; a service is itself."""
        self.assertEqual(
            serviceOf({"services": [{"path": "/a"}, {"path": "/b"}]}), Handle("http://h:1/a")
        )
        nobody = Peer(answer=lambda method, url, body: self.fail("it was asked"))
        self.assertEqual(Place("http://h:1", "/s").service(nobody, 1.0), Handle("http://h:1/s"))

    def test_noNode(self) -> None:
        """Whoever is no node, and whoever leads to another port or host, is told so."""
        odd: list[object] = [
            [],
            {},
            {"services": []},
            {"services": {}},
            {"services": [{}]},
            {"services": [{"path": 5}]},
            {"services": [{"path": ""}]},
            {"services": [{"path": "1/services/index"}]},
            {"services": [{"path": "@evil/x"}]},
            {"services": [{"path": "/a b"}]},
        ]
        for status in odd:
            error = self.assertRaises(PeerError, serviceOf, status)
            self.assertIn("is it a node?", str(error))

    def test_noJSON(self) -> None:
        """Neither is a page, nor nesting without an end."""
        for said in (b"<html/>", b"", b"\xff", b"[" * 100_000):
            peer = Peer(answer=lambda method, url, body, said=said: said)  # type: ignore[misc]
            error = self.assertRaises(PeerError, Place("http://h:1").status, peer, 1.0)
            self.assertIn("http://h:1/api/v1/status", str(error))


class ParameterTests(SynchronousTestCase):
    """Parameters."""

    def read(self, parameter: Parameter, text: str) -> object:
        """What a text stands for."""
        return parameter.convert(text, None, None)

    def refused(self, parameter: Parameter, text: str) -> None:
        """It is a mistake of the command line."""
        self.assertRaises(click.BadParameter, parameter.convert, text, None, None)

    def test_durations(self) -> None:
        """As configurations say it, or in seconds; above 0."""
        for text, seconds in (
            ("30s", 30.0),
            ("2m", 120.0),
            ("500ms", 0.5),
            ("7", 7.0),
            ("0.5", 0.5),
        ):
            self.assertEqual(self.read(DURATION, text), seconds)
        for text in ("", "0", "0s", "-1", "inf", "nan", "1e9", "1 hour"):
            self.refused(DURATION, text)

    def test_names(self) -> None:
        """In Clark notation or with a known prefix; every name of a namespace only where it may be."""
        self.assertEqual(self.read(QNAME, "glue:Host"), QName(GLUE, "Host"))
        self.assertEqual(self.read(QNAME, "{urn:a}b"), QName("urn:a", "b"))
        self.assertEqual(self.read(SELECTION, "glue:*"), QName(GLUE, "*"))
        for text in ("glue:*", "nix:Host", "", "{urn:a"):
            self.refused(QNAME, text)
        self.refused(SELECTION, "*")

    def test_shown(self) -> None:
        """A name is shown as it may be written."""
        for name in (QName(GLUE, "Host"), QName("urn:a", "b"), QName("", "c")):
            self.assertEqual(self.read(QNAME, spellName(name)), name)

    def test_others(self) -> None:
        """Handles, pairs, nodes; what was read already is left alone."""
        self.assertEqual(self.read(HANDLE, "http://h/x"), Handle("http://h/x"))
        self.assertEqual(self.read(PAIR, "a=b=c"), ("a", "b=c"))
        self.assertEqual(self.read(PAIR, "a="), ("a", ""))
        for parameter, text in (
            (HANDLE, "h:1"),
            (HANDLE, "ftp://h/"),
            (PAIR, "a"),
            (PAIR, "=b"),
            (NODE, ""),
        ):
            self.refused(parameter, text)
        self.assertEqual(NODE.convert(Place("http://h"), None, None), Place("http://h"))
