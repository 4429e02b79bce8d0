"""What the structures of port types make of what a peer sends."""

import math
from collections.abc import Mapping
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError, PeerError
from gma_twisted.markup import XMLGate
from gma_twisted.markup.namespaces import REG, SUB, ogsi
from gma_twisted.model import (
    Handle,
    Locator,
    QName,
    TerminationTime,
    UpstreamState,
    UpstreamStatus,
)
from gma_twisted.soap import Operation, PortType, ResponseWriter, Selection, openEnvelope
from gma_twisted.soap.calling import readResponse, writeRequest
from gma_twisted.soap.porttypes import (
    AGGREGATOR,
    NOTIFICATION_SINK,
    NOTIFICATION_SOURCE,
    NOTIFICATION_SUBSCRIPTION,
    REGISTRATION,
)
from gma_twisted.soap.porttypes.aggregation import MAX_NAMES
from tests.soap.messages import opened


def _interfaces(*names: tuple[str, str]) -> list[QName]:
    listed = "".join(
        f"<interface><namespace>{namespace}</namespace><localName>{local}</localName></interface>"
        for namespace, local in names
    )
    body = (
        f'<registerService xmlns="{REG}"><handle>http://h/services/x</handle>{listed}'
        "</registerService>"
    )
    found: list[QName] = Selection([REGISTRATION]).select(opened(body), None).arguments["interface"]
    return found


class RegistrationTests(SynchronousTestCase):
    """Interfaces of a registered service, which others are told."""

    def test_interface(self) -> None:
        """Namespace and local name are a name, with or without a namespace."""
        self.assertEqual(
            _interfaces(("urn:a", "Port"), ("", "Plain")),
            [QName("urn:a", "Port"), QName("", "Plain")],
        )

    def test_malformed(self) -> None:
        """What is no name is refused; whether a document can hold its namespace is asked where it is kept."""
        for namespace, local in (("urn:a", "a b"), ("urn:a", ""), ("}", "a")):
            self.assertRaises(ParameterError, _interfaces, (namespace, local))


def _operation(portType: PortType, name: str) -> Operation:
    return next(one for one in portType.operations if one.name == name)


def _asked(portType: PortType, name: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a service is asked when a caller asks so."""
    message = openEnvelope(XMLGate().parse(writeRequest(_operation(portType, name), arguments)))
    return Selection([portType]).select(message, None).arguments


class NotificationTests(SynchronousTestCase):
    """Subscribing and being told."""

    def test_subscribe(self) -> None:
        """An expression, a sink and an end of the lease are asked; the subscription and its end are told."""
        sink = Locator((Handle("http://h/sink"),))
        body = (
            "<ogsi:subscribe><ogsi:subscriptionExpression><ogsi:anything/></ogsi:subscriptionExpression>"
            "<ogsi:sink><ogsi:handle>http://h/sink</ogsi:handle></ogsi:sink>"
            "<ogsi:expirationTime>infinity</ogsi:expirationTime></ogsi:subscribe>"
        )
        call = Selection([NOTIFICATION_SOURCE]).select(opened(body), None)
        asked = dict(call.arguments)
        self.assertEqual(asked.pop("subscriptionExpression").name, ogsi("anything"))
        self.assertEqual(asked, {"sink": sink, "expirationTime": math.inf})
        granted = (Locator((Handle("http://h/s/1"),)), TerminationTime(5.0, 5.0, 1.0))
        operation = _operation(NOTIFICATION_SOURCE, "subscribe")
        answer = ResponseWriter(operation, False).write(granted)
        self.assertEqual(readResponse(operation, answer, XMLGate()), granted)

    def test_serviceData(self) -> None:
        """A source says how to subscribe and to what, a subscription what was asked and where it goes."""
        self.assertEqual(
            [one.name.localName for one in NOTIFICATION_SOURCE.serviceData],
            ["notifiableServiceDataName", "subscribeExtensibility"],
        )
        self.assertEqual(
            NOTIFICATION_SOURCE.staticValues,
            ((ogsi("subscribeExtensibility"), ogsi("subscribeByServiceDataNames")),),
        )
        self.assertEqual(
            [one.name.localName for one in NOTIFICATION_SUBSCRIPTION.serviceData],
            ["subscriptionExpression", "sinkLocator"],
        )

    def test_oneWay(self) -> None:
        """A notice has no answer, and a sink is no Grid service by itself."""
        self.assertIsNone(_operation(NOTIFICATION_SINK, "deliverNotification").response)
        self.assertEqual(tuple(NOTIFICATION_SINK.extends), ())


class AggregationTests(SynchronousTestCase):
    """What an aggregator is asked, and what it tells."""

    _NAMES = (QName("urn:a", "x"), QName("", "plain"))

    def test_add(self) -> None:
        """A source and names are enough; what may be missing is missing."""
        source = Handle("http://h/services/x")
        least = {"source": source, "name": list(self._NAMES)}
        absent = dict.fromkeys(("lifetime", "mode", "interval"))
        self.assertEqual(_asked(AGGREGATOR, "addSubscription", least), least | absent)
        whole = least | {"lifetime": 30.0, "mode": "poll", "interval": 1.5}
        self.assertEqual(_asked(AGGREGATOR, "addSubscription", whole), whole)

    def test_names(self) -> None:
        """No name is too few, and one more than the bound too many; as many as it are read."""
        name = "<name><namespace>urn:a</namespace><localName>x</localName></name>"
        for count, isRead in ((0, False), (1, True), (MAX_NAMES, True), (MAX_NAMES + 1, False)):
            message = opened(
                f'<addSubscription xmlns="{SUB}"><source>http://h/s</source>{name * count}'
                "</addSubscription>"
            )
            selection = Selection([AGGREGATOR])
            if isRead:
                asked = selection.select(message, None).arguments["name"]
                self.assertEqual(asked, [QName("urn:a", "x")] * count)
            else:
                self.assertRaises(ParameterError, selection.select, message, None)

    def test_list(self) -> None:
        """Every state of a session comes back, with why and since when, or without."""
        told = [
            UpstreamStatus(
                str(number),
                Handle("http://h/s"),
                list(self._NAMES[:number]),
                state,
                reason,
                when,
                7,
            )
            for number, (state, reason, when) in enumerate(
                [
                    (UpstreamState.CONNECTING, "", None),
                    (UpstreamState.LIVE, "", 5.25),
                    (UpstreamState.STALE, "no answer <yet>", 5.0),
                    (UpstreamState.FAILED, "404", None),
                ]
            )
        ]
        operation = _operation(AGGREGATOR, "listSubscriptions")
        answer = ResponseWriter(operation, False).write(told)
        self.assertEqual(readResponse(operation, answer, XMLGate()), told)
        broken = answer.replace(b">live<", b">alive<")
        error = self.assertRaises(PeerError, readResponse, operation, broken, XMLGate())
        self.assertIn('"alive" is no state', error.message)
