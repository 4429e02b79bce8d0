"""The contracts of producers and consumers find what is wrong with a server, and say it."""

from collections.abc import Mapping
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError
from gma_twisted.model.event import Event
from gma_twisted.roles import ConsumerServer, ProducerServer, PublishingProducer
from gma_twisted.testing import Calls, ConsumerContract, ProducerContract
from tests.testing.verdict import verdictOf

_SUBSCRIBE = {"template": Event("a", 0), "dataUrl": "http://c/", "callerId": 7}
_QUERY = {"template": Event("a", 0), "mode": "latest"}


def complaints(server: type[Any], *calls: tuple[str, Mapping[str, Any]]) -> dict[str, str]:
    """What the contract says of a producer."""

    class Tests(ProducerContract, SynchronousTestCase):
        def makeServer(self) -> ProducerServer:
            made: ProducerServer = server()
            return made

        def goodCalls(self) -> Calls:
            return calls

    return {name.removeprefix("test_contract"): why for name, why in verdictOf(Tests).items()}


class ProducerContractTests(SynchronousTestCase):
    """What is found."""

    def test_good(self) -> None:
        """The package's own passes, and so does one that does nothing."""
        self.assertEqual(complaints(ProducerServer), {})
        calls = (("query", _QUERY), ("subscribe", _SUBSCRIBE), ("unsubscribe", {"producerId": 1}))
        self.assertEqual(complaints(PublishingProducer, *calls), {})

    def test_misspelt(self) -> None:
        """A method that nobody calls is named."""

        class Misspelt(ProducerServer):
            def doQeury(self, event: Event) -> None: ...

        found = complaints(Misspelt)
        self.assertIn("nobody calls doQeury", found["Interfaces"])

    def test_noCall(self) -> None:
        """What is implemented and not called is named."""
        found = complaints(PublishingProducer, ("query", _QUERY))
        self.assertEqual(
            found["Complete"], "subscribe has no call: give one in goodCalls or badCalls"
        )

    def test_failingEnd(self) -> None:
        """A server that fails to hear of an end is found."""

        class Failing(PublishingProducer):
            def doUnsubscribe(self, sid: int) -> None:
                raise KeyError(sid)

        calls = (("query", _QUERY), ("subscribe", _SUBSCRIBE), ("unsubscribe", {"producerId": 1}))
        self.assertEqual(
            sorted(complaints(Failing, *calls)), ["GoodCalls", "Ids", "Leases", "Stops"]
        )

    def test_foreignError(self) -> None:
        """What is raised of somebody else's errors is found in good calls, by its sentence."""

        class Broken(ProducerServer):
            def doQuery(self, event: Event, **kw: Any) -> list[Event]:
                raise KeyError("x")

        found = complaints(Broken, ("query", _QUERY))
        self.assertIn("doQuery of Broken failed", found["GoodCalls"])


class ConsumerContractTests(SynchronousTestCase):
    """The same of consumers."""

    def test_found(self) -> None:
        """A consumer that fails, and one that refuses what should be good."""

        class Refusing(ConsumerServer):
            def doNotify(self, events: list[Event], **kw: Any) -> None:
                raise ParameterError("none of these")

        class Tests(ConsumerContract, SynchronousTestCase):
            def makeServer(self) -> ConsumerServer:
                return Refusing()

            def goodCalls(self) -> Calls:
                return [("notify", {"event": [Event("a", 0)]})]

        found = verdictOf(Tests)
        self.assertEqual(list(found), ["test_contractGoodCalls"])
        self.assertIn("none of these", found["test_contractGoodCalls"])
