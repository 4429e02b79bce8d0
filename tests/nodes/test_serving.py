"""A node around a server that a program has made."""

from pathlib import Path
from typing import Any

from gma_twisted.client.gma import ConsumerProxy, ProducerProxy, RegistryProxy
from gma_twisted.errors import ConfigError, ParameterError
from gma_twisted.model.event import Event
from gma_twisted.nodes.serving import Served, serving
from gma_twisted.roles.consumer import ConsumerServer
from gma_twisted.timing import toDeferred
from tests.nodes.gmaservers import Counting, Finding
from tests.nodes.test_registrations import GridCase


class Keeping(ConsumerServer):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.kept: list[Event] = []

    def doNotify(self, events: list[Event], **kw: Any) -> None:
        """Keep them."""
        self.kept += events


class ServingTests(GridCase):
    """C{serving}."""

    reactor: Any

    def setUp(self) -> None:
        """The reactor does not run: nothing is left to threads."""
        super().setUp()
        self.reactor.callFromThread = lambda call, *given: call(*given)

    def serve(self, server: object, port: int | None = 0, **more: Any) -> Served:
        """Serve one until the test ends."""
        served = serving(server, self.reactor, port, clock=self.clock, **more)
        self.result(served.start())
        self.addCleanup(self.over, served)
        bound = self.reactor.tcpServers[-1]
        self.network.listen("127.0.0.1", bound[0] or 34567, bound[1])
        return served

    def over(self, served: Served) -> None:
        """Stop it."""
        stopping = toDeferred(served.stop())
        self.reactor.pump([0.1] * 100)
        self.successResultOf(stopping)

    def test_producer(self) -> None:
        """A producer, at a port that was free; nothing but the server answers, and no provider runs."""
        served = self.serve(Counting(3))
        self.assertEqual(served.url, "http://127.0.0.1:34567/services/producer")
        proxy = self.result(ProducerProxy.connect(served.url, self.caller))
        (event,) = self.result(proxy.query("counted")).events
        self.assertEqual(event.get("count"), 3)
        self.assertEqual(list(served.node.control.providers()), [])

    def test_consumer(self) -> None:
        """A consumer: the very object is told."""
        server = Keeping()
        served = self.serve(server)
        proxy = self.result(ConsumerProxy.connect(served.url, self.caller))
        self.result(proxy.notify(Event("a", 1.0)))
        self.assertEqual(server.kept, [Event("a", 1.0)])

    def test_directory(self) -> None:
        """A directory stands where directories are."""
        served = self.serve(Finding())
        self.assertTrue(served.url.endswith("/services/directory"))
        proxy = self.result(RegistryProxy.connect(served.url, self.caller))
        self.assertEqual(len(self.result(proxy.search()).entries), 1)

    def test_temporary(self) -> None:
        """What a node on a free port writes ends with it."""
        served = self.serve(Counting())
        state: Path = served.node._state.path
        self.assertTrue(state.exists())
        self.over(served)
        self.assertFalse(state.exists())

    def test_configuration(self) -> None:
        """A file says the rest; what is wrong in it is told at once, and nothing is opened."""
        self.path.mkdir()
        file = self.path / "vo.toml"
        file.write_text(f"[node]\nname = 'mine'\nstate_dir = '{self.path / 'state'}'\n")
        served = self.serve(Counting(), None, config=str(file))
        self.assertEqual(
            (served.node.control.name, served.url),
            ("mine", "http://127.0.0.1:8490/services/producer"),
        )
        file.write_text("[consumer]\noutput = 'print'\n")
        error = self.assertRaises(
            ConfigError, serving, Counting(), self.reactor, 0, config=str(file), clock=self.clock
        )
        self.assertIn("has no use for [consumer]", str(error))

    def test_taken(self) -> None:
        """A port that is taken is an error of the start, and nothing is left."""
        self.reactor.taken = (8490,)
        file = Path(self.mktemp())
        file.write_text(f"[node]\nstate_dir = '{self.path / 'state'}'\n")
        served = serving(Counting(), self.reactor, 8490, config=str(file), clock=self.clock)
        self.assertRaises(ConfigError, served.start)

    def test_other(self) -> None:
        """What is no server is refused."""
        error = self.assertRaises(ParameterError, serving, object(), self.reactor)
        self.assertIn("object is no ProducerServer", str(error))
