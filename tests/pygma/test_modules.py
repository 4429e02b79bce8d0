"""pyGMA's modules: what they give, and that nothing of the work is written twice."""

import inspect
import subprocess
import sys
from importlib import import_module
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted import errors
from gma_twisted.client import gma
from gma_twisted.model import event as events
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.pygma import consumer, core, event, producer, registry
from gma_twisted.pygma.proxy import BlockingProxy
from gma_twisted.pygma.reactor import inReactor, isReactorThread, refuseToWait
from gma_twisted.roles.consumer import ConsumerServer
from gma_twisted.roles.producer import ProducerServer
from gma_twisted.roles.registry import RegistryServer

_PROXIES: tuple[tuple[type[BlockingProxy], type[Any], int], ...] = (
    (producer.ProducerProxy, gma.ProducerProxy, 8490),
    (consumer.ConsumerProxy, gma.ConsumerProxy, 8491),
    (registry.RegistryProxy, gma.RegistryProxy, 8481),
)


class ModuleTests(SynchronousTestCase):
    """What an import gives."""

    def test_star(self) -> None:
        """C{import *} gives the server, the proxy and core."""
        for name, role in (
            ("producer", "Producer"),
            ("consumer", "Consumer"),
            ("registry", "Registry"),
        ):
            found: dict[str, Any] = {}
            exec(f"from gma_twisted.pygma.{name} import *", found)
            del found["__builtins__"]
            self.assertEqual(sorted(found), [f"{role}Proxy", f"{role}Server", "core"])
            self.assertIs(found["core"], core)

    def test_same(self) -> None:
        """Events and errors are the project's own."""
        for name in ("Event", "EventField", "EventContainer"):
            self.assertIs(getattr(event, name), getattr(events, name))
        self.assertIs(event.Timestamp, Timestamp)
        for name in ("ParameterError", "NotImplementedException", "PeerUnreachable", "Refused"):
            self.assertIs(getattr(core, name), getattr(errors, name))

    def test_servers(self) -> None:
        """Servers are what nodes take, and need no initialisation of their own."""
        for own, role in (
            (producer.ProducerServer, ProducerServer),
            (consumer.ConsumerServer, ConsumerServer),
            (registry.RegistryServer, RegistryServer),
        ):
            self.assertTrue(issubclass(own, role))

            class Mine(own):  # type: ignore[valid-type, misc]
                """With nothing."""

                def __init__(self, word: str) -> None:
                    self.word = word

            self.assertEqual(Mine("x").word, "x")

    def test_documented(self) -> None:
        """Every name a program may use says what it is."""
        for module in ("event", "core", "producer", "consumer", "registry"):
            found = import_module(f"gma_twisted.pygma.{module}")
            for name in found.__all__:
                self.assertTrue(getattr(found, name).__doc__, f"{module}.{name}")

    def test_noReactor(self) -> None:
        """None of them makes a reactor: which one is used is the program's choice until it serves."""
        program = (
            "import sys\n"
            "from gma_twisted.pygma import consumer, core, event, producer, registry\n"
            "assert 'twisted.internet.reactor' not in sys.modules\n"
        )
        subprocess.run((sys.executable, "-c", program), check=True, timeout=60)


class ProxyTests(SynchronousTestCase):
    """Blocking proxies beside those that do the work."""

    def test_methods(self) -> None:
        """Each public method of the one is one of the other, with the same parameters and the same words."""
        shared = {"connect", "instanceId", "role", "path", "portType", "handle"}
        for blocking, native, _ in _PROXIES:
            public = {name for name in dir(native) if not name.startswith("_")} - shared
            for name in public:
                self.assertTrue(hasattr(blocking, name), f"{blocking.__name__}.{name}")
            for name, method in vars(native).items():
                if not inspect.iscoroutinefunction(method):
                    continue
                own = getattr(blocking, name)
                self.assertEqual(
                    inspect.signature(own), inspect.signature(method), f"{blocking}.{name}"
                )
                self.assertEqual(own.__doc__, method.__doc__)
                self.assertFalse(inspect.iscoroutinefunction(own))

    def test_ports(self) -> None:
        """The usual port is the role's; host, port and path, or the URL, say what is called."""
        for kind, native, port in _PROXIES:
            self.assertEqual(kind.usualPort, port)
            error = self.assertRaises(core.PeerUnreachable, kind, "127.0.0.1", 9)
            self.assertIn(f"http://127.0.0.1:9{native.path} cannot be reached", str(error))
        for words, url in (
            ({"host": "::1", "port": 9}, "http://[::1]:9/services/producer"),
            ({"port": 9, "path": "/other"}, "http://localhost:9/other"),
            ({"url": "http://127.0.0.1:9/x", "port": 7}, "http://127.0.0.1:9/x"),
        ):
            given: dict[str, Any] = dict(words)
            error = self.assertRaises(core.PeerUnreachable, producer.ProducerProxy, **given)
            self.assertIn(f"{url} cannot be reached", str(error))

    def test_token(self) -> None:
        """What the environment names is shown, or said to be unusable, as by the command."""
        self.patch(sys.modules["os"], "environ", {"GMA_TOKEN_FILE": "/nowhere/token"})
        error = self.assertRaises(
            errors.ConfigError, producer.ProducerProxy, url="http://127.0.0.1:9"
        )
        self.assertTrue(str(error).startswith("GMA_TOKEN_FILE: /nowhere/token"), str(error))


class ReactorTests(SynchronousTestCase):
    """What is asked of the reactor before there is one that runs."""

    def test_none(self) -> None:
        """Nothing is refused, and a call is a call."""
        self.assertFalse(isReactorThread())
        refuseToWait("it", "nothing")
        self.assertEqual(inReactor(lambda one, other: one + other, 1, other=2), 3)

    def test_unserved(self) -> None:
        """A producer that nobody serves says so."""
        server = producer.ProducerServer()
        error = self.assertRaises(errors.ServiceError, server.publish, event.Event("a"))
        self.assertEqual(error.message, "ProducerServer is not served by a node")
