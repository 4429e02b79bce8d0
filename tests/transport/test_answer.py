"""Reading answers, and knowing again those that were read before."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import PeerUnreachable
from gma_twisted.interfaces import Reply
from gma_twisted.transport.answer import AnswerMemo, AnswerReader
from gma_twisted.transport.limits import CallerLimits

_ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"


class AnswerReaderTests(SynchronousTestCase):
    """L{AnswerReader}."""

    def read(self, *pieces: bytes) -> tuple[Reply | None, AnswerReader]:
        """What the last piece gave."""
        reader = AnswerReader("peer:1", CallerLimits())
        reply = None
        for piece in pieces:
            self.assertIsNone(reply)
            reply = reader.receive(piece)
        return reply, reader

    def test_keepsAlive(self) -> None:
        """Whether the connection may be used again is known with the last byte, and not taken for granted."""
        for answer, keeps in (
            (_ACCEPTED, True),
            (_ACCEPTED.replace(b"1.1", b"1.0"), False),
            (_ACCEPTED.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), False),
            (_ACCEPTED.replace(b"1.1", b"1.0")[:-2] + b"Connection: keep-alive\r\n\r\n", True),
            (b"HTTP/1.1 204 No Content\r\n\r\n", True),
        ):
            reply, reader = self.read(answer)
            self.assertIsNotNone(reply, answer)
            self.assertEqual(reader.keepsAlive, keeps, answer)
            _, reader = self.read(answer[:-1])
            self.assertFalse(reader.keepsAlive)

    def test_retryAfter(self) -> None:
        """When to come again is told, where it is a number that makes sense."""
        for said, seconds in (
            (b"7", 7),
            (b"99999", 0),
            (b"-1", 0),
            (b"Fri, 31 Dec 1999 23:59:59 GMT", 0),
        ):
            reply, _ = self.read(
                b"HTTP/1.1 503 Busy\r\nRetry-After: %b\r\nContent-Length: 0\r\n\r\n" % said
            )
            assert reply is not None
            self.assertEqual(reply.retryAfter, seconds, said)

    def test_end(self) -> None:
        """The end of the connection is the end of an answer without a length, and of no other."""
        for pieces, body in (
            ((b"HTTP/1.1 200 OK\r\n\r\n", b"<a/>"), b"<a/>"),
            ((b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n<a/>",), None),
            ((b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",), None),
            ((b"HTTP/1.1 100 Continue\r\n\r\n",), None),
            ((b"HTTP/1.1 200 OK\r\n",), None),
        ):
            _, reader = self.read(*pieces)
            reply = reader.end()
            self.assertEqual(None if reply is None else reply.body, body, pieces)

    def test_more(self) -> None:
        """A byte of a second answer is more than was asked."""
        with self.assertRaises(PeerUnreachable) as raised:
            self.read(_ACCEPTED + b"H")
        self.assertIn("peer:1 answered more", str(raised.exception))


class AnswerMemoTests(SynchronousTestCase):
    """L{AnswerMemo}."""

    def setUp(self) -> None:
        """An empty one."""
        self.memo = AnswerMemo()

    def test_known(self) -> None:
        """What was kept is found by its bytes, with status and version."""
        reply = Reply(202, b"", True)
        self.assertIsNone(self.memo.find(_ACCEPTED))
        self.memo.keep(_ACCEPTED, reply)
        self.assertEqual(self.memo.find(_ACCEPTED), reply)
        self.assertIsNone(self.memo.find(_ACCEPTED[:-1]))

    def test_notWorthIt(self) -> None:
        """What has a body, or is long, is not kept."""
        self.memo.keep(b"a", Reply(200, b"<a/>"))
        self.memo.keep(b"b" * 513, Reply(202, b""))
        self.memo.keep(b"c" * 512, Reply(202, b""))
        self.assertIsNone(self.memo.find(b"a"))
        self.assertIsNone(self.memo.find(b"b" * 513))
        self.assertIsNotNone(self.memo.find(b"c" * 512))

    def test_bounded(self) -> None:
        """The oldest go: dates in answers change every second."""
        answers = [b"HTTP/1.1 202 %d" % number for number in range(1000)]
        for answer in answers:
            self.memo.keep(answer, Reply(202, b""))
        known = [answer for answer in answers if self.memo.find(answer)]
        self.assertEqual(known, answers[-256:])
