"""Servers with nothing overridden: every operation of the role is a NotImplementedException, to whoever asks."""

import atexit
import functools
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.pygma import core
from gma_twisted.pygma.consumer import ConsumerProxy
from gma_twisted.pygma.producer import ProducerProxy
from gma_twisted.pygma.proxy import BlockingProxy
from gma_twisted.pygma.registry import RegistryProxy
from gma_twisted.soap.porttypes.gma import COMPONENT, CONSUMER, DIRECTORY, PRODUCER
from tests.integration.commandcase import LONGEST, PACKAGE
from tests.integration.foreign.client import ForeignFault
from tests.integration.foreign.makers import makeNode, makeZeep
from tests.integration.foreign.scriptclient import ScriptClient

_PROGRAM = """
import sys
from gma_twisted.pygma.consumer import ConsumerServer
from gma_twisted.pygma.producer import ProducerServer
from gma_twisted.pygma.registry import RegistryServer

for kind in (ProducerServer, ConsumerServer, RegistryServer):
    class MyServer(kind):
        pass
    print(MyServer().serve(0, block=False).url, flush=True)
sys.stdin.read()
"""
_NAME = {"name": "App", "ts": "2026-11-22T19:00:00Z"}
_URL = "http://127.0.0.1:1/"
_ENTRY = {"role": "producer", "endpoint": _URL}
_PRODUCER: Mapping[str, Mapping[str, Any]] = {
    "query": {"template": _NAME, "mode": "latest"},
    "subscribe": {"template": _NAME, "dataUrl": _URL, "callerId": 4},
    "unsubscribe": {"producerId": 4},
    "renew": {"producerId": 4},
    "modify": {"producerId": 4},
    "pause": {"producerId": 4},
    "resume": {"producerId": 4},
    "estimate": {"template": _NAME},
}
_CONSUMER: Mapping[str, Mapping[str, Any]] = {
    "notify": {"event": [_NAME]},
    "subscribe": {"template": _NAME, "callerId": 4},
    "query": {"template": _NAME, "callerId": 4},
    "renew": {"consumerId": 4},
    "unsubscribe": {"consumerId": 4},
}
_DIRECTORY: Mapping[str, Mapping[str, Any]] = {
    "add": {"entry": _ENTRY},
    "update": {"entryId": "4", "entry": _ENTRY},
    "remove": {"entryId": "4"},
    "renew": {"entryId": "4"},
    "renewMany": {"entryId": ["4"]},
    "search": {},
    "watch": {"consumer": _URL, "callerId": 4},
    "unwatch": {"watchId": 4},
}
_ROLES = (
    (ProducerProxy, PRODUCER, _PRODUCER),
    (ConsumerProxy, CONSUMER, _CONSUMER),
    (RegistryProxy, DIRECTORY, _DIRECTORY),
)


def _inAttributes(parts: Any) -> Any:
    """As the package soap takes an event: what is an attribute of an element is said to be one."""
    if isinstance(parts, list):
        return [_inAttributes(one) for one in parts]
    if not isinstance(parts, dict):
        return parts
    if parts == _NAME:
        return {"attributes": parts}
    return {key: _inAttributes(one) for key, one in parts.items()}


@functools.cache
def _servers() -> Sequence[str]:
    """URLs of the servers, which are started once, and end with this process."""
    process = subprocess.Popen(
        (sys.executable, "-c", _PROGRAM),
        env={**os.environ, "PYTHONPATH": PACKAGE},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(process.communicate, timeout=LONGEST)
    assert process.stdout is not None
    return [process.stdout.readline().strip() for _ in _ROLES]


class BareTests(SynchronousTestCase):
    """A server of each role, in one process."""

    timeout = 120

    def setUp(self) -> None:
        """Where they are."""
        self.urls = _servers()

    def test_all(self) -> None:
        """The calls here are all operations there are."""
        for _, portType, calls in _ROLES:
            self.assertEqual(sorted(calls), sorted(one.name for one in portType.operations))

    def test_features(self) -> None:
        """What they say they can do is what all servers can; and that is answered."""
        for (kind, _, calls), url in zip(_ROLES, self.urls, strict=True):
            proxy: BlockingProxy = kind(url=url)
            self.assertFalse(set(proxy.features.features) & set(calls))
            self.assertLessEqual(
                set(proxy.features.features), {one.name for one in COMPONENT.operations}
            )
            self.assertGreater(proxy.ping(), proxy.features.startTime)
            for name in calls:
                self.assertFalse(proxy.supports(name))

    def test_proxies(self) -> None:
        """Proxies refuse for them."""
        e = core.GMAEntry(core.GMARole.PRODUCER, _URL)
        producer = ProducerProxy(url=self.urls[0])
        consumer = ConsumerProxy(url=self.urls[1])
        registry = RegistryProxy(url=self.urls[2])
        calls: list[Callable[[], object]] = [
            lambda: producer.query("App"),
            lambda: producer.subscribe("App", _URL),
            lambda: producer.unsubscribe(4),
            lambda: producer.renew(4),
            lambda: producer.modify(4),
            lambda: producer.pause(4),
            lambda: producer.resume(4),
            lambda: producer.estimate("App"),
            lambda: consumer.notify([]),
            lambda: consumer.subscribe("App"),
            lambda: consumer.query("App"),
            lambda: consumer.renew(4),
            lambda: consumer.unsubscribe(4),
            lambda: registry.add(e),
            lambda: registry.update("4", e),
            lambda: registry.remove("4"),
            lambda: registry.renew("4"),
            lambda: registry.renewMany(["4"]),
            registry.search,
            lambda: registry.watch(_URL),
            lambda: registry.unwatch(4),
        ]
        self.assertEqual(len(calls), sum(len(one) for _, _, one in _ROLES))
        for call in calls:
            self.assertRaises(core.NotImplementedException, call)

    def checkFault(self, name: str, fault: ForeignFault, url: str) -> None:
        """A fault is the one it should be."""
        self.assertEqual(
            (fault.kind, fault.code, fault.handle),
            ("NotImplementedException", "NotImplementedException", url),
            name,
        )
        self.assertIn(name, fault.message)

    def test_zeep(self) -> None:
        """zeep gets the typed fault."""
        for (_, _, calls), url in zip(_ROLES, self.urls, strict=True):
            client = makeZeep(url)
            for name, parts in calls.items():
                fault = self.assertRaises(ForeignFault, client.call, name, **parts)
                self.checkFault(name, fault, url)

    def test_node(self) -> None:
        """So does the package soap of node.js."""
        for (_, _, calls), url in zip(_ROLES, self.urls, strict=True):
            client = makeNode(url, self.addCleanup)
            assert isinstance(client, ScriptClient)
            for name, parts in calls.items():
                fault = self.assertRaises(ForeignFault, client.call, name, _inAttributes(parts))
                self.checkFault(name, fault, url)
