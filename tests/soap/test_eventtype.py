"""Events in messages and in the WSDL: zeep builds from it what the services read."""

import io
from typing import Any

import zeep
from hypothesis import given
from lxml import etree
from requests import Response
from twisted.trial.unittest import SynchronousTestCase
from zeep.transports import Transport

from gma_twisted.errors import ParameterError, TooLarge
from gma_twisted.markup import XMLGate
from gma_twisted.markup.namespaces import GMAE, PREFIXES, XSD
from gma_twisted.model import Event, EventContainer, EventField
from gma_twisted.model.event import MAX_DEPTH
from gma_twisted.soap import PortType, Selection, openEnvelope
from gma_twisted.soap.porttypes import GRID_SERVICE
from gma_twisted.soap.porttypes.gma import COMPONENT, CONSUMER, DIRECTORY, PRODUCER
from gma_twisted.soap.selection import flattened
from gma_twisted.soap.types.event import EVENT, TIMESTAMP
from gma_twisted.soap.wsdl import writeGWSDL, writeWSDL
from tests.model.events import EVENTS

_ADDRESS = "http://127.0.0.1:8491/services/consumer"
_DECLARED = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in PREFIXES.items())
_X = f"{{{XSD}}}"


def _wsdl(portType: PortType) -> bytes:
    return writeWSDL("service", flattened([portType, GRID_SERVICE]), _ADDRESS, False)


def _read(content: bytes) -> Any:
    return EVENT.read(XMLGate().parse(f"<r {_DECLARED}>".encode() + content + b"</r>")[0])


class _Kept(Transport):
    """Answers nothing, and keeps what was sent."""

    sent = b""

    def post(self, address: str, message: bytes, headers: object) -> Response:
        """Keep it."""
        self.sent = message
        answer = Response()
        answer.status_code = 202
        answer._content = b""
        return answer


def _client(portType: PortType) -> tuple[Any, _Kept]:
    transport = _Kept()
    return zeep.Client(io.BytesIO(_wsdl(portType)), transport=transport), transport


class PartTests(SynchronousTestCase):
    """An event as a part of a message."""

    @given(EVENTS)
    def test_roundTrip(self, event: Event) -> None:
        """It is read back under the name of the part."""
        self.assertEqual(_read(EVENT.write("gmap:template", event)), event)

    def test_wrapped(self) -> None:
        """One inside an element of the part's name is read too."""
        event = Event("e", 1.0)
        written = EVENT.write("gmae:event", event)
        self.assertEqual(_read(b"<gmap:template>" + written + b"</gmap:template>"), event)
        self.assertRaises(
            ParameterError, _read, b"<gmap:template>" + 2 * written + b"</gmap:template>"
        )

    def test_refused(self) -> None:
        """What is no event is refused."""
        deep = b'<gmae:container name="c">' * (MAX_DEPTH + 1) + b"</gmae:container>" * (
            MAX_DEPTH + 1
        )
        self.assertRaises(ParameterError, _read, b"<gmap:template/>")
        self.assertRaises(TooLarge, _read, b'<gmap:template name="e">' + deep + b"</gmap:template>")

    def test_timestamp(self) -> None:
        """Instants keep their nanoseconds."""
        text = b"<gma:now>2026-11-21T20:00:00.123456789Z</gma:now>"
        element = XMLGate().parse(f"<r {_DECLARED}>".encode() + text + b"</r>")[0]
        self.assertEqual(TIMESTAMP.write("gma:now", TIMESTAMP.read(element)), text)


class SchemaTests(SynchronousTestCase):
    """gmae:EventType in the WSDL."""

    def test_declared(self) -> None:
        """Once, in every service that speaks of events, the component alone included."""
        for portType in (COMPONENT, PRODUCER, CONSUMER, DIRECTORY):
            for document in (_wsdl(portType), writeGWSDL("service", [portType, GRID_SERVICE])):
                root = XMLGate().parse(document)
                found = root.findall(f".//{_X}schema[@targetNamespace='{GMAE}']")
                self.assertEqual(len(found), 1)
                names = [one.get("name") for one in found[0].findall(f"{_X}complexType")]
                self.assertEqual(names[:3], ["FieldType", "ContainerType", "EventType"])

    def test_onlyThere(self) -> None:
        """A service that does not, has nothing of it."""
        document = writeWSDL("service", flattened([GRID_SERVICE]), _ADDRESS, False)
        self.assertNotIn(GMAE.encode(), document)

    def test_valid(self) -> None:
        """The schema allows what is written, for every event."""
        root = XMLGate().parse(_wsdl(CONSUMER))
        (schema,) = root.findall(f".//{_X}schema[@targetNamespace='{GMAE}']")
        rules = etree.XMLSchema(etree.fromstring(etree.tostring(schema)))
        inner = EventContainer("host")
        inner.add(EventField("a b", ""))
        event = Event("App", "2026-11-21T20:00:00.123456789Z", "", 2**63 - 1)
        for item in (EventField("x", 1, "s"), inner, EventField("x", b"a"), EventField("y")):
            event.add(item)
        written = EVENT.write("gmae:event", event)
        document = XMLGate().parse(f"<r {_DECLARED}>".encode() + written + b"</r>")[0]
        rules.assertValid(etree.fromstring(etree.tostring(document)))

    def test_zeepReads(self) -> None:
        """What is written comes back from zeep with everything in its place."""
        client, _ = _client(CONSUMER)
        kind = client.get_type(f"{{{GMAE}}}EventType")
        event = Event("App", "2026-11-21T20:00:00.123456Z", "i", 7)
        inner = EventContainer("c")
        inner.add(EventField("deep", "x"))
        for item in (EventField("a", 1, "s"), inner, EventField("a")):
            event.add(item)
        document = f"<r {_DECLARED}>".encode() + EVENT.write("gmae:event", event) + b"</r>"
        found = kind.parse_xmlelement(etree.fromstring(document)[0], client.wsdl.types)
        self.assertEqual((found.name, found.id, found.seq), ("App", "i", 7))
        # zeep may put a field and the container that follows it into one.
        items = [item for one in found._value_1 for item in one.items() if item[1] is not None]
        self.assertEqual([name for name, _ in items], ["field", "container", "field"])
        first, container, last = (item for _, item in items)
        self.assertEqual([first._value_1, first.type, first.units], ["1", "integer", "s"])
        self.assertEqual(container._value_1[0]["field"]._value_1, "x")
        self.assertIsNone(last._value_1)

    def test_zeep(self) -> None:
        """What zeep builds from the WSDL is read as the event that was meant, in its order."""
        client, transport = _client(CONSUMER)
        client.service.notify(
            callerId=5,
            event=[
                {
                    "name": "App",
                    "ts": "2026-11-21T20:00:00.123456Z",
                    "seq": 7,
                    "_value_1": [
                        {"field": {"name": "a", "_value_1": "x y ", "type": "string"}},
                        {"container": {"name": "c", "_value_1": [_zeepContainer()]}},
                        {"field": {"name": "a", "_value_1": "5", "type": "double", "units": "s"}},
                        {"field": {"name": "none"}},
                        {"container": {"name": "none"}},
                    ],
                },
                {"name": "empty", "ts": "1970-01-01T00:00:00Z"},
            ],
        )
        event = Event("App", "2026-11-21T20:00:00.123456Z", None, 7)
        outer, inner = EventContainer("c"), EventContainer("d")
        inner.add(EventField("deep", True))
        outer.add(inner)
        for item in (EventField("a", "x y "), outer, EventField("a", 5.0, "s"), EventField("none")):
            event.add(item)
        event.add(EventContainer("none"))
        call = Selection([CONSUMER]).select(openEnvelope(XMLGate().parse(transport.sent)), None)
        self.assertEqual(call.arguments["event"], [event, Event("empty", 0.0)])
        self.assertEqual(call.arguments["callerId"], 5)


def _zeepContainer() -> dict[str, Any]:
    field = {"name": "deep", "_value_1": "true", "type": "boolean"}
    return {"container": {"name": "d", "_value_1": [{"field": field}]}}
