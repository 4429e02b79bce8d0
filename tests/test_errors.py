"""Errors: whose fault, under which code, in words that are safe to show."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted import errors
from gma_twisted.errors import GMAError, cut

_CLASSES = [
    value
    for value in vars(errors).values()
    if isinstance(value, type) and issubclass(value, GMAError)
]
_FAMILIES = (errors.RequestError, errors.ServiceError, errors.PeerError, errors.ConfigError)


class ErrorTests(SynchronousTestCase):
    """The families and their codes."""

    def test_families(self) -> None:
        """Every error belongs to exactly one family."""
        for error in _CLASSES:
            if error is not GMAError:
                self.assertEqual(sum(issubclass(error, family) for family in _FAMILIES), 1, error)

    def test_documented(self) -> None:
        """Every error says what it means."""
        for error in _CLASSES:
            self.assertTrue(error.__doc__, error)

    def test_codesAreDistinct(self) -> None:
        """No two errors a caller may see share a code, but for the root of a family."""
        leaves = [error for error in _CLASSES if not error.__subclasses__()]
        codes = [error.code for error in leaves]
        self.assertEqual(sorted(codes), sorted(set(codes)))

    def test_details(self) -> None:
        """Named facts travel beside the sentence."""
        error = errors.UnknownId("no entry 7", id="7")
        self.assertEqual(
            (error.message, error.details, str(error)), ("no entry 7", {"id": "7"}, "no entry 7")
        )

    def test_peerFault(self) -> None:
        """A peer's fault keeps the name the peer gave it."""
        self.assertEqual(errors.PeerFault("gone", "{u}goneFault").fault, "{u}goneFault")


class CutTests(SynchronousTestCase):
    """Values in messages are short and printable."""

    def test_short(self) -> None:
        """A short printable value stays as it is."""
        self.assertEqual(cut("abc"), "abc")
        self.assertEqual(cut(b"abc"), "abc")
        self.assertEqual(cut(12), "12")

    def test_bound(self) -> None:
        """A value at the bound stays, one beyond it ends in dots."""
        self.assertEqual(cut("a" * 10, 10), "a" * 10)
        self.assertEqual(cut("a" * 11, 10), "aaaaaaa...")

    def test_controlCharacters(self) -> None:
        """Nothing can break a log line or a terminal."""
        self.assertEqual(cut("a\r\nb\x1b[0m"), "a\\r\\nb\\x1b[0m")

    @given(st.one_of(st.text(), st.binary()), st.integers(4, 50))
    def test_anything(self, value: object, limit: int) -> None:
        """Whatever the value, the result is printable ASCII within the bound."""
        shown = cut(value, limit)
        self.assertTrue(len(shown) <= limit and shown.isascii())
        self.assertTrue(all(" " <= character <= "~" for character in shown))
