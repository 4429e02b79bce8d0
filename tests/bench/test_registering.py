"""What is registered, and the conversation with etcd."""

import base64
import json
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from bench.answers import WrongAnswer
from bench.registering import (
    LIFETIME,
    WORKLOADS,
    Leases,
    handleOf,
    numbering,
    puts,
    registerMessage,
    registers,
)
from gma_twisted.markup import XMLGate
from gma_twisted.markup.namespaces import OGSI
from gma_twisted.model import Handle, QName
from gma_twisted.soap.envelope import openEnvelope
from gma_twisted.soap.porttypes import REGISTRATION
from gma_twisted.soap.selection import Selection

_GRANTED = b'HTTP/1.1 200 OK\r\n\r\n{"header":{"revision":"1"},"ID":"%d","TTL":"3600"}'
_PUT = b'HTTP/1.1 200 OK\r\n\r\n{"header":{"revision":"2","raft_term":"2"}}'


class NumberingTests(SynchronousTestCase):
    """L{numbering}."""

    def test_register(self) -> None:
        """Every request registers another service, whichever connection it is on."""
        self.assertEqual([numbering("register", 3)(count) for count in (0, 7)], [0, 7])

    def test_renewal(self) -> None:
        """A connection comes back to its own few services, which no other connection has."""
        found = [{numbering("renewal", each)(count) for count in range(100)} for each in range(64)]
        self.assertEqual({len(each) for each in found}, {10})
        self.assertEqual(len(set.union(*found)), 640)

    def test_apart(self) -> None:
        """What is renewed is not what is registered once, and all handles are of one length."""
        self.assertGreater(numbering("renewal", 0)(0), 10**7)
        highest = numbering("renewal", 1000)(9)
        self.assertEqual(len(handleOf(highest)), len(handleOf(0)))


class RegistersTests(SynchronousTestCase):
    """L{registers}."""

    def test_message(self) -> None:
        """The request is one that our own service reads, with everything in it."""
        request = registers("register", 0).make(1234)
        head, _, body = request.partition(b"\r\n\r\n")
        self.assertIn(b"Content-Length: %d" % len(body), head.split(b"\r\n"))
        self.assertEqual(body, registerMessage(1234))
        call = Selection([REGISTRATION]).select(openEnvelope(XMLGate().parse(body)), None)
        self.assertEqual(
            call.arguments,
            {
                "handle": Handle("http://node-00001234.grid.example:8480/services/index"),
                "interface": [QName(OGSI, "GridService")],
                "name": "node-00001234",
                "attribute": [("vo", "bench")],
                "content": None,
                "lifetime": float(LIFETIME),
            },
        )

    def test_length(self) -> None:
        """All requests of both loads are of one length."""
        made = {len(registers(load, 7).make(count)) for load in WORKLOADS for count in (0, 10**6)}
        self.assertEqual(len(made), 1)


class LeasesTests(SynchronousTestCase):
    """L{Leases}."""

    def _read(self, request: bytes | None, path: bytes) -> dict[str, Any]:
        assert request is not None
        head, _, body = request.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        self.assertEqual(lines[0], b"POST %b HTTP/1.1" % path)
        self.assertIn(b"Content-Length: %d" % len(body), lines)
        content: dict[str, Any] = json.loads(body)
        return content

    def test_each(self) -> None:
        """With a lease for each, every put comes after a grant of its own and ends with that lease."""
        leases = Leases(int, True)
        for number in (7, 8):
            self.assertEqual(
                self._read(leases.make(number), b"/v3/lease/grant"), {"TTL": str(LIFETIME)}
            )
            put = self._read(leases.then(_GRANTED % (40 + number)), b"/v3/kv/put")
            self.assertEqual(put["lease"], str(40 + number))
            self.assertEqual(base64.b64decode(put["key"]).decode(), handleOf(number))
            self.assertIsNone(leases.then(_PUT))

    def test_once(self) -> None:
        """Otherwise the first lease is used for all."""
        leases = Leases(int, False)
        leases.make(1)
        leases.then(_GRANTED % 41)
        self.assertIsNone(leases.then(_PUT))
        put = self._read(leases.make(2), b"/v3/kv/put")
        self.assertEqual((put["lease"], base64.b64decode(put["key"])), ("41", handleOf(2).encode()))
        self.assertIsNone(leases.then(_PUT))

    def test_wrong(self) -> None:
        """An answer to a grant without a lease and one to a put without a revision are wrong."""
        leases = Leases(int, True)
        leases.make(1)
        self.assertRaises(WrongAnswer, leases.then, _PUT)
        leases.make(1)
        leases.then(_GRANTED % 1)
        self.assertRaises(WrongAnswer, leases.then, b'HTTP/1.1 200 OK\r\n\r\n{"header":{}}')

    def test_talk(self) -> None:
        """Its answers are JSON, which end otherwise than envelopes."""
        talk = puts("register", 0, True)
        self.assertEqual((talk.ending, talk.needle in _PUT), (b"}", True))
