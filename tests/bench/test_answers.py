"""What the load takes for a right answer."""

from twisted.trial.unittest import SynchronousTestCase

from bench.answers import WrongAnswer, completeLength

_BODY = b'<s:Envelope><x UniqueID="n"/></s:Envelope>'
_NEEDLE = b'UniqueID="n"'


def _answer(
    body: bytes = _BODY, status: bytes = b"200 OK", name: bytes = b"Content-Length"
) -> bytes:
    return b"HTTP/1.1 %b\r\nServer: x\r\n%b: %d\r\n\r\n%b" % (status, name, len(body), body)


class CompleteLengthTests(SynchronousTestCase):
    """L{completeLength}."""

    def test_right(self) -> None:
        """A whole right answer misses nothing."""
        self.assertEqual(completeLength(_answer(), _NEEDLE), 0)

    def test_nameOfTheField(self) -> None:
        """Header field names are compared without regard to case."""
        self.assertEqual(completeLength(_answer(name=b"content-LENGTH"), _NEEDLE), 0)

    def test_everyBeginning(self) -> None:
        """Every beginning of a right answer misses something and is not yet wrong."""
        whole = _answer()
        for size in range(1, len(whole)):
            self.assertGreater(completeLength(whole[:size], _NEEDLE), 0, whole[:size])

    def test_missingBytes(self) -> None:
        """It is told how many bytes of the body are missing."""
        self.assertEqual(completeLength(_answer()[:-5], _NEEDLE), 5)

    def _wrong(self, data: bytes, reason: str) -> None:
        error = self.assertRaises(WrongAnswer, completeLength, data, _NEEDLE)
        self.assertIn(reason, str(error))

    def test_status(self) -> None:
        """Any status but 200 is wrong, however good the body."""
        self._wrong(_answer(status=b"500 No"), "not a 200")

    def test_tooMuch(self) -> None:
        """Bytes after the announced end are wrong: nothing was asked for ahead."""
        self._wrong(_answer() + b"HTTP", "4 bytes after")

    def test_anotherHost(self) -> None:
        """An answer about another host is wrong."""
        self._wrong(_answer(_BODY.replace(b'"n"', b'"m"')), "UniqueID")

    def test_cutEnvelope(self) -> None:
        """A body that does not end its envelope is wrong."""
        self._wrong(_answer(_BODY[:-13]), "UniqueID")

    def test_noLength(self) -> None:
        """An answer that does not say how long it is cannot be judged, so it is wrong."""
        self._wrong(_answer(name=b"X-Length"), "no Content-Length")
