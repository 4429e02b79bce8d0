"""Parts that begin and end as one."""

import attrs
from twisted.internet.defer import CancelledError
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ServiceError
from gma_twisted.nodes.part import Parts, naming
from gma_twisted.timing import toDeferred


@attrs.define
class Noted:
    """
    A part that says what is done to it.

    @ivar fails: what it cannot do
    """

    name: str
    told: list[str]
    fails: str = ""

    async def start(self) -> None:
        """Begin, or not."""
        self.note("start")

    async def stop(self) -> None:
        """End, or not."""
        self.note("stop")

    def note(self, what: str) -> None:
        """Say it."""
        self.told.append(f"{what} {self.name}")
        if what == self.fails:
            raise ServiceError(f"{self.name} cannot {what}")


class PartsTests(SynchronousTestCase):
    """Three of them."""

    def parts(self, fails: str = "") -> Parts:
        """The second may fail."""
        self.told: list[str] = []
        return Parts([Noted("a", self.told), Noted("b", self.told, fails), Noted("c", self.told)])

    def test_order(self) -> None:
        """They begin in order and end in the other."""
        parts = self.parts()
        self.successResultOf(toDeferred(parts.start()))
        self.successResultOf(toDeferred(parts.stop()))
        self.assertEqual(self.told, ["start a", "start b", "start c", "stop c", "stop b", "stop a"])

    def test_cannotStart(self) -> None:
        """After one that cannot begin no other does."""
        parts = self.parts("start")
        error = self.failureResultOf(toDeferred(parts.start()), ServiceError).value
        self.assertEqual(str(error), "b cannot start")
        self.assertEqual(self.told, ["start a", "start b"])

    def test_cannotStop(self) -> None:
        """One that cannot end keeps no other from ending, and is told."""
        parts = self.parts("stop")
        error = self.failureResultOf(toDeferred(parts.stop()), ServiceError).value
        self.assertEqual(str(error), "b cannot stop")
        self.assertEqual(self.told, ["stop c", "stop b", "stop a"])


class NamingTests(SynchronousTestCase):
    """Errors of the operator's classes."""

    def raised(self, error: BaseException, what: str = "[store] m:S") -> BaseException:
        """What comes out of a block that raises it."""
        try:
            with naming(what):
                raise error
        except BaseException as given:  # noqa: BLE001 (given back)
            return given

    def test_named(self) -> None:
        """Whatever it is becomes one line with the name; our own errors speak for themselves."""
        for error, said in (
            (ServiceError("no room"), "no room"),
            (ValueError("no\ngood"), "ValueError: no\\ngood"),
            (SystemExit(3), "SystemExit: 3"),
            (KeyboardInterrupt(), "KeyboardInterrupt"),
        ):
            given = self.raised(error)
            self.assertIsInstance(given, ServiceError)
            self.assertEqual(str(given), f"[store] m:S does not start: {said}")

    def test_left(self) -> None:
        """A cancellation stays one, and so does everything where none of the operator's classes runs."""
        for error in (CancelledError(), GeneratorExit()):
            self.assertIs(self.raised(error), error)
        mine = ValueError("mine")
        self.assertIs(self.raised(mine, ""), mine)
