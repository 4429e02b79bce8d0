"""Names that peers supply are looked up within bounds."""

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import Busy, TimedOut
from gma_twisted.timing import NodeClock, toDeferred
from gma_twisted.transport.limits import DialLimits
from gma_twisted.transport.lookup import Lookup
from tests.transport.names import SlowNames

_LIMITS = DialLimits(lookups=2, waiting=3, lookupSeconds=5.0, addresses=4)


class LookupTests(SynchronousTestCase):
    """On a clock turned by hand, with a resolver that answers when the test says."""

    def setUp(self) -> None:
        """Nothing is asked yet."""
        self.time = Clock()
        self.names = SlowNames()
        self.lookup = Lookup(self.names, NodeClock(self.time), _LIMITS)

    def test_found(self) -> None:
        """The addresses come in the resolver's order, each once."""
        found = toDeferred(self.lookup.addresses("a.example"))
        self.names.answer("a.example", "8.8.8.8", "2a00::1", "8.8.8.8")
        self.assertEqual(self.successResultOf(found), ("8.8.8.8", "2a00::1"))
        self.assertEqual(self.time.getDelayedCalls(), [])

    def test_none(self) -> None:
        """A name nobody knows has none."""
        found = toDeferred(self.lookup.addresses("a.example"))
        self.names.answer("a.example")
        self.assertEqual(self.successResultOf(found), ())

    def test_address(self) -> None:
        """An address is not looked up, even while no name can be."""
        waiting = [toDeferred(self.lookup.addresses(name)) for name in "abcde"]
        for address in ("127.0.0.1", "::1"):
            found = toDeferred(self.lookup.addresses(address))
            self.assertEqual(self.successResultOf(found), (address,))
        self.assertEqual((self.names.asked, len(waiting)), (["a", "b"], 5))

    def test_many(self) -> None:
        """Of very many addresses the first are taken."""
        found = toDeferred(self.lookup.addresses("a"))
        self.names.answer("a", *(f"9.9.{number}.9" for number in range(200)))
        self.assertEqual(self.successResultOf(found), ("9.9.0.9", "9.9.1.9", "9.9.2.9", "9.9.3.9"))

    def test_atOnce(self) -> None:
        """So many at once; the others wait in order, and beyond the line one is refused."""
        found = [toDeferred(self.lookup.addresses(name)) for name in "abcde"]
        self.assertEqual(self.names.asked, ["a", "b"])
        error = self.failureResultOf(toDeferred(self.lookup.addresses("f")), Busy)
        self.assertEqual(str(error.value), "3 names wait to be looked up already")
        for name in "abcde":
            self.names.answer(name, "8.8.8.8")
        self.assertEqual([self.successResultOf(one) for one in found], [("8.8.8.8",)] * 5)
        self.assertEqual(self.names.asked, list("abcde"))

    def test_tooLate(self) -> None:
        """A name that takes too long is given up, and so is one that waits for it; the late answer harms nobody."""
        found = [toDeferred(self.lookup.addresses(name)) for name in "abc"]
        self.time.advance(5.0)
        for name, one in zip("abc", found, strict=True):
            error = self.failureResultOf(one, TimedOut)
            self.assertEqual(str(error.value), f"looking up {name} did not end within 5 s")
        self.names.answer("a", "8.8.8.8")
        self.assertEqual(self.time.getDelayedCalls(), [])

    def test_placesOfTheLate(self) -> None:
        """A lookup that was given up keeps its place until its thread has ended."""
        late = [toDeferred(self.lookup.addresses(name)) for name in "ab"]
        self.time.advance(5.0)
        for one in late:
            self.failureResultOf(one, TimedOut)
        found = toDeferred(self.lookup.addresses("c"))
        self.assertEqual(self.names.asked, ["a", "b"])
        self.names.answer("b", "8.8.8.8")
        self.assertEqual(self.names.asked, ["a", "b", "c"])
        self.names.answer("c", "9.9.9.9")
        self.assertEqual(self.successResultOf(found), ("9.9.9.9",))
