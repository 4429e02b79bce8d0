"""Every case of the corpus against a real server: TCP and TLS, to the Exchange and to the Site.

Each case runs between good requests; on TCP also alone on a connection and, when it is short, seven bytes at a time.
After each a canary asks whether the server still answers.
"""

import ssl
import time
from collections.abc import Iterator

from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import SynchronousTestCase, TestCase

from gma_twisted.timing import toDeferred
from tests.corpus import FAMILIES, Case
from tests.corpus.case import SOAP, Answer, Face
from tests.corpus.shorthand import GOOD
from tests.integration.gateserver import GateServer
from tests.integration.pages import clientContext
from tests.integration.rawclient import RawConnection, Received, WrongAnswer

__all__ = ["CorpusTLSTests", "CorpusTests", "StockTests"]

_SHORT = 1500
_INTERNALS = (b"Traceback", b"lxml", b"libxml", b'.py"', b"site-packages")
_FAULT = (b"Envelope", b"Fault")


class _Wrong(Exception):
    """An answer unlike the case's."""


def _expect(holds: bool, what: str) -> None:
    if not holds:
        raise _Wrong(what)


def _shown(body: bytes) -> bytes:
    start = body.find(b"Body>")
    return body[max(start, 0) :][:300]


def _judge(received: Received, answer: Answer, face: Face) -> None:
    shown = _shown(received.body)
    _expect(
        received.status == answer.status,
        f"status {received.status}, not {answer.status}: {shown!r}",
    )
    for wanted in answer.headers:
        name, _, value = wanted.partition(b": ")
        had = received.fields.get(name)
        _expect(had is not None and had.lower().startswith(value), f"field {wanted!r}, had {had!r}")
    for piece in answer.carries:
        piece = face.render(piece)
        _expect(piece in received.body, f"no {piece[:80]!r} in {shown!r}")
    for piece in (*answer.lacks, *_INTERNALS):
        _expect(piece not in received.body, f"{piece!r} in {received.body[:600]!r}")
    if answer.status >= 200 and not answer.head:
        _judgeContent(received, answer, face)


def _judgeContent(received: Received, answer: Answer, face: Face) -> None:
    body, shown = received.body, _shown(received.body)
    if answer.status == 200:
        _expect(b"date" in received.fields, "a Date field is missing (RFC 9110 6.6.1)")
        _expect(b"Fault>" not in body, f"a fault: {shown!r}")
    if face is SOAP and answer.status in (413, 415, 417):
        _expect(all(word in body for word in _FAULT), f"a refusal without a fault: {shown!r}")
    if not answer.fault:
        return
    _expect(b":%b<" % answer.fault.encode() in body, f"fault code {answer.fault}, had {shown!r}")
    if answer.detail:
        namespace, _, local = answer.detail[1:].partition("}")
        _expect(b":%b>" % local.encode() in body, f"detail {answer.detail}, had {shown!r}")
        _expect(namespace.encode() in body, f"namespace of {answer.detail}")


class _Runner:
    """Runs cases in a thread, with blocking sockets."""

    def __init__(self, port: int, context: ssl.SSLContext | None) -> None:
        """@param context: for TLS"""
        self._port = port
        self._context = context

    def run(self, cases: tuple[Case, ...]) -> list[str]:
        """Run the cases. @return: a line for each that went wrong"""
        wrong = []
        for case in cases:
            for face in case.faces:
                for mode, send in self._modes(case, face):
                    try:
                        self._connect(case, face, send, mode == "between")
                    except (_Wrong, WrongAnswer, OSError) as error:
                        wrong.append(f"{case.name} [{face.name}, {mode}] ({case.why}): {error}")
                    try:
                        self._canary()
                    except (_Wrong, WrongAnswer, OSError) as error:
                        wrong.append(f"canary after {case.name} [{face.name}, {mode}]: {error}")
        return wrong

    def _modes(self, case: Case, face: Face) -> Iterator[tuple[str, tuple[bytes, ...]]]:
        send = tuple(face.render(piece) for piece in case.send)
        yield "between", send
        if self._context is not None:
            # The same bytes come out of TLS, whatever was before them.
            return
        yield "alone", send
        whole = b"".join(send)
        if len(case.send) == 1 and len(whole) < _SHORT:
            yield "in pieces", tuple(whole[at : at + 7] for at in range(0, len(whole), 7))

    def _connect(self, case: Case, face: Face, send: tuple[bytes, ...], isBetween: bool) -> None:
        with RawConnection(self._port, self._context) as connection:
            if isBetween:
                self._ask(connection, face)
            answers = list(case.answers)
            for piece in send:
                connection.send(piece)
                if case.waits:
                    self._take(connection, answers.pop(0), face)
                elif len(send) > 1:
                    # Lets the server read this piece before the next is there.
                    time.sleep(0.0001)
            for answer in answers:
                self._take(connection, answer, face)
            if case.closes:
                connection.expectEnd()
            elif isBetween:
                self._ask(connection, face)
            _expect(not connection.received, f"unasked bytes {bytes(connection.received[:200])!r}")

    def _take(self, connection: RawConnection, answer: Answer, face: Face) -> None:
        _judge(connection.read(answer.head), answer, face)

    def _ask(self, connection: RawConnection, face: Face) -> None:
        connection.send(face.render(GOOD))
        received = connection.read()
        proved = received.status == 200 and face.proof in received.body
        _expect(proved, f"a good request beside it: {received.status} {received.body[:200]!r}")

    def _canary(self) -> None:
        with RawConnection(self._port, self._context) as connection:
            self._ask(connection, SOAP)


class StockTests(SynchronousTestCase):
    """The corpus itself."""

    def test_size(self) -> None:
        """There are at least 400 cases, in every family some."""
        self.assertGreaterEqual(sum(len(cases) for cases in FAMILIES.values()), 400)
        self.assertTrue(all(FAMILIES.values()))

    def test_names(self) -> None:
        """Every case has a name of its own and says why."""
        cases = [case for cases in FAMILIES.values() for case in cases]
        self.assertEqual(len({case.name for case in cases}), len(cases))
        self.assertEqual([case.name for case in cases if not case.why or not case.answers], [])

    def test_everyFamilyRuns(self) -> None:
        """No family is left out of the tests below."""
        run = {name for name in dir(CorpusTests) if name.startswith("test_")}
        wanted = {"test_" + family.title().replace(" ", "").lower() for family in FAMILIES}
        self.assertEqual({name.lower() for name in run}, wanted)


class CorpusTests(TestCase):
    """The corpus over TCP."""

    timeout = 60
    isTLS = False

    def setUp(self) -> None:
        """A server a test."""
        from twisted.internet import reactor  # noqa: PLC0415, TID251

        self.server = GateServer(reactor, self.isTLS)
        self.successResultOf(toDeferred(self.server.start()))
        self.addCleanup(lambda: toDeferred(self.server.stop()))

    def _check(self, family: str) -> "Deferred[None]":
        context = clientContext() if self.isTLS else None
        runner = _Runner(self.server.port, context)
        done = deferToThread(runner.run, FAMILIES[family])

        def judge(wrong: list[str]) -> None:
            if wrong:
                self.fail(f"{len(wrong)} wrong:\n" + "\n".join(wrong))

        return done.addCallback(judge)

    def test_requestLine(self) -> "Deferred[None]":
        """Request lines and targets are answered as the corpus says."""
        return self._check("request line")

    def test_host(self) -> "Deferred[None]":
        """Host fields are answered as the corpus says."""
        return self._check("host")

    def test_fields(self) -> "Deferred[None]":
        """Header sections are answered as the corpus says."""
        return self._check("fields")

    def test_length(self) -> "Deferred[None]":
        """Content-Length is answered as the corpus says."""
        return self._check("length")

    def test_coding(self) -> "Deferred[None]":
        """Transfer-Encoding is answered as the corpus says."""
        return self._check("coding")

    def test_chunks(self) -> "Deferred[None]":
        """Chunks and trailers are answered as the corpus says."""
        return self._check("chunks")

    def test_bodies(self) -> "Deferred[None]":
        """Bodies and media types are answered as the corpus says."""
        return self._check("bodies")

    def test_expectations(self) -> "Deferred[None]":
        """Expect and Upgrade are answered as the corpus says."""
        return self._check("expectations")

    def test_persistence(self) -> "Deferred[None]":
        """Pipelines and split requests are answered as the corpus says."""
        return self._check("persistence")

    def test_xmlGate(self) -> "Deferred[None]":
        """Hostile and odd XML is answered as the corpus says."""
        return self._check("xml gate")

    def test_envelopes(self) -> "Deferred[None]":
        """SOAP envelopes are answered as the corpus says."""
        return self._check("envelopes")

    def test_finding(self) -> "Deferred[None]":
        """Queries are answered as the corpus says."""
        return self._check("finding")


class CorpusTLSTests(CorpusTests):
    """The corpus over TLS."""

    isTLS = True
