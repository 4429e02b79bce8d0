"""The protocol of BaseX: what is sent, and what is made of answers, however they arrive."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from bench.answers import WrongAnswer
from bench.basex import AnswerReader, loginMessage, packed

_HOSTILE = st.lists(st.binary() | st.text("\0\xffa").map(lambda one: one.encode("latin-1")))


class PackedTests(SynchronousTestCase):
    """L{packed}."""

    def test_escaped(self) -> None:
        """What would end it, and what escapes, is escaped."""
        self.assertEqual(packed(b"a\0b\xffc"), b"a\xff\0b\xff\xffc\0")
        self.assertEqual(packed(b""), b"\0")


class LoginTests(SynchronousTestCase):
    """L{loginMessage}."""

    def test_documented(self) -> None:
        """The example of the protocol's documentation: its name, its password, its nonce and its hash."""
        message = loginMessage("BaseX:1369578179679", "jack", "topsecret")
        self.assertEqual(message, b"jack\0" + b"ca664a31f8deda9b71ea3e79347f6666\0")

    def test_old(self) -> None:
        """A nonce alone is of a version that wants another hash."""
        self.assertRaises(WrongAnswer, loginMessage, "1369578179679", "jack", "topsecret")


class AnswerReaderTests(SynchronousTestCase):
    """L{AnswerReader}."""

    @given(_HOSTILE, st.integers(min_value=1, max_value=7))
    def test_pieces(self, strings: list[bytes], size: int) -> None:
        """Strings of any bytes are read as they were packed, however they are cut, and not a byte too early."""
        sent = b"".join(map(packed, strings)) + b"\0"
        reader = AnswerReader(len(strings))
        pieces = [sent[first : first + size] for first in range(0, len(sent), size)]
        complete = [reader.receive(piece) for piece in pieces]
        self.assertEqual(complete, [False] * (len(pieces) - 1) + [True])
        self.assertEqual(reader.strings, strings)

    def test_greeting(self) -> None:
        """A greeting is one string, and no byte that says how it went follows."""
        reader = AnswerReader(1, hasStatus=False)
        self.assertFalse(reader.receive(b"BaseX:1"))
        self.assertTrue(reader.receive(b"2\0"))
        self.assertEqual(reader.strings, [b"BaseX:12"])

    def test_login(self) -> None:
        """The answer to a login is only that byte."""
        self.assertTrue(AnswerReader(0).receive(b"\0"))
        self.assertRaises(WrongAnswer, AnswerReader(0).receive, b"\1")

    def test_refused(self) -> None:
        """What BaseX says when it does not do something is in the error."""
        with self.assertRaises(WrongAnswer) as caught:
            AnswerReader(2).receive(b"\0" + b"Database 'hosts' was not found.\0\1")
        self.assertIn("Database 'hosts' was not found.", str(caught.exception))

    def test_more(self) -> None:
        """What follows the end is no answer to anything."""
        self.assertRaises(WrongAnswer, AnswerReader(1).receive, b"done\0\0more")
