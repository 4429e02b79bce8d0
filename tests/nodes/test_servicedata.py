"""C{[sde.NAME]} on a node: known and readable from the start, set by clients, told in GWSDL."""

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.nodes.memorynode import Client, MemoryNode, findRequest

_CONFIGURATION = """
[store]
engine = "memory"

[sde."{urn:a}site"]
mutability = "static"
value = "north"

[sde."{urn:a}state"]
mutability = "mutable"
cardinality = "0..1"
modifiable = true
type = "int"
"""
_OGSI = "http://www.gridforum.org/namespaces/2003/03/OGSI"


def _setRequest(value: str) -> bytes:
    body = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
        f'<setServiceData xmlns="{_OGSI}"><updateExpression><setByServiceDataNames>'
        f'<s:state xmlns:s="urn:a">{value}</s:state></setByServiceDataNames></updateExpression>'
        "</setServiceData></e:Body></e:Envelope>"
    )
    head = (
        "POST /services/index HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return (head + body).encode()


class ServiceDataTests(SynchronousTestCase):
    """A node with two names of its own."""

    def setUp(self) -> None:
        """Start it."""
        self.node = MemoryNode(_CONFIGURATION, Path(self.mktemp()))
        self.node.service.startService()
        self.addCleanup(self.node.service.stopService)
        _, factory, _, _ = self.node.reactor.tcpServers[0]
        self.client = Client(factory)

    def test_fromTheStart(self) -> None:
        """A static name has its value, one without values is known, and another one is not."""
        self.assertIn(b">north</", self.client.ask(findRequest("{urn:a}site")))
        self.assertIn(b"sd:serviceDataValues", self.client.ask(findRequest("{urn:a}state")))
        self.assertIn(b"targetInvalidFault", self.client.ask(findRequest("{urn:a}other")))

    def test_set(self) -> None:
        """Clients set what is modifiable, and what they set is of its type."""
        self.assertIn(b"<sd:serviceDataValues/>", self.client.ask(_setRequest("7")))
        self.assertIn(b">7</s:state>", self.client.ask(findRequest("{urn:a}state")))
        self.assertIn(b"typeViolationFault", self.client.ask(_setRequest("seven")))
        self.assertIn(b">7</s:state>", self.client.ask(findRequest("{urn:a}state")))

    def test_gwsdl(self) -> None:
        """GET ?gwsdl has both, with the static value."""
        answer = self.client.ask(b"GET /services/index?gwsdl HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.assertIn(b'<sd:serviceData name="state" gma:namespace="urn:a" type="xsd:int"', answer)
        self.assertIn(b">north</", answer)
