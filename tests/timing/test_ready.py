"""An answer that is already there."""

from collections.abc import Awaitable

from twisted.internet.defer import Deferred, succeed
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import Interface, implementer
from zope.interface.verify import verifyObject

from gma_twisted.timing import Ready


class ICount(Interface):
    """An interface as the project writes them: its answer may take time."""

    def count(word: str) -> Awaitable[int]:
        """Count."""


@implementer(ICount)
class AtOnce:
    """Knows the answer; mypy accepts it as an ICount."""

    def count(self, word: str) -> Ready[int]:
        """Count."""
        return Ready(len(word))


@implementer(ICount)
class Later:
    """Has to find out; mypy accepts it as an ICount."""

    async def count(self, word: str) -> int:
        """Count."""
        return await succeed(len(word))


async def doubled(counter: ICount) -> int:
    """Awaits whatever it was given; mypy checks that an int comes out."""
    return 2 * await counter.count("four")


class ReadyTests(SynchronousTestCase):
    """Ready is an awaitable that does not wait."""

    def test_awaitedAtOnce(self) -> None:
        """Awaiting gives the value without suspending the coroutine."""

        async def reader() -> tuple[int, str]:
            return await Ready((7, "seven"))

        with self.assertRaises(StopIteration) as ended:
            reader().send(None)
        self.assertEqual(ended.exception.value, (7, "seven"))

    def test_awaitedTwice(self) -> None:
        """The same answer may be awaited again."""
        ready = Ready([1])

        async def reader() -> bool:
            return await ready is await ready

        self.assertTrue(self.successResultOf(Deferred.fromCoroutine(reader())))

    def test_valueRead(self) -> None:
        """Dispatch reads the value and needs no coroutine."""
        answer = AtOnce().count("word")
        self.assertIs(type(answer), Ready)
        self.assertEqual(answer.value, 4)

    def test_anErrorIsAValue(self) -> None:
        """An exception kept as an answer is given, not raised."""
        error = StopIteration("kept")

        async def reader() -> StopIteration:
            return await Ready(error)

        self.assertIs(self.successResultOf(Deferred.fromCoroutine(reader())), error)

    def test_interfaces(self) -> None:
        """Ready and async implementations of one interface verify, and a caller cannot tell them apart."""
        for counter in (AtOnce(), Later()):
            verifyObject(ICount, counter)
            self.assertEqual(self.successResultOf(Deferred.fromCoroutine(doubled(counter))), 8)

    def test_small(self) -> None:
        """There is no dictionary in each answer."""
        self.assertFalse(hasattr(Ready(1), "__dict__"))

    def test_repr(self) -> None:
        """A failing test shows what was ready."""
        self.assertEqual(repr(Ready("a")), "Ready('a')")
