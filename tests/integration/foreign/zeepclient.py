"""zeep: makes Python objects of the WSDL's types."""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from lxml import etree
from requests.adapters import HTTPAdapter
from zeep import Client
from zeep.exceptions import Fault
from zeep.helpers import serialize_object
from zeep.plugins import HistoryPlugin
from zeep.transports import Transport
from zeep.xsd import AnyObject

from gma_twisted.markup.namespaces import OGSI
from tests.integration.foreign.client import ForeignFault, Value

__all__ = ["ZeepClient", "transportFrom"]


class _Adapter(HTTPAdapter):
    """Connects from one address of this machine."""

    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def init_poolmanager(self, *sizes: Any, **more: Any) -> None:
        """Called by requests."""
        super().init_poolmanager(*sizes, source_address=(self._address, 0), **more)


def transportFrom(address: str) -> Transport:
    """zeep's transport, from an address of this machine."""
    transport = Transport()
    for scheme in ("http://", "https://"):
        transport.session.mount(scheme, _Adapter(address))
    return transport


@attrs.define(eq=False)
class ZeepClient:
    """
    See L{ForeignClient <tests.integration.foreign.client.ForeignClient>}.

    @ivar url: of the WSDL
    @ivar isSoap12: whether its port for SOAP 1.2 is taken
    @ivar transport: other than zeep's own
    @ivar native: the client itself
    @ivar service: its operations, of the port taken
    """

    url: str
    isSoap12: bool = False
    transport: Transport | None = None
    native: Any = attrs.field(init=False)
    service: Any = attrs.field(init=False)
    _history: HistoryPlugin = attrs.field(factory=HistoryPlugin, init=False)

    def __attrs_post_init__(self) -> None:
        self.native = Client(self.url, transport=self.transport, plugins=[self._history])
        (described,) = self.native.wsdl.services.values()
        self.service = self.native.bind(described.name, list(described.ports)[self.isSoap12])

    @property
    def handle(self) -> str:
        """Of the service."""
        return self.url.partition("?")[0]

    def find(self, *names: str) -> Sequence[Value]:
        """By names."""
        return [_value(one) for one in self.findNative(*names)]

    def findNative(self, *names: Any) -> Sequence[Any]:
        """
        By names, as zeep shows the values: elements it knows no type of, or objects of their C{xsi:type}.

        @param names: in Clark notation, or as zeep has an C{ogsi:name} with attributes
        """
        return self._find(self.made("queryByServiceDataNames", name=list(names)))

    def ask(self, expression: str) -> Sequence[Value]:
        """By an expression."""
        return [_value(one) for one in self._find(etree.fromstring(expression))]

    def _find(self, expression: Any) -> Sequence[Any]:
        asked = self.wrapped(expression)
        # zeep shows no values as None.
        found: Sequence[Any] = self.call("findServiceData", queryExpression=asked)._value_1 or []
        return found

    def made(self, element: str, namespace: str = OGSI, **parts: Any) -> Any:
        """An element the WSDL declares, of the type it gives it."""
        declared = self.native.get_element(f"{{{namespace}}}{element}")
        return AnyObject(declared, declared(**parts))

    def wrapped(self, child: Any) -> Any:
        """An ExtensibilityType. @param child: its one element, as zeep or lxml has it"""
        return self.native.get_type(f"{{{OGSI}}}ExtensibilityType")(_value_1=child)

    def setServiceData(self, *values: Any) -> Any:
        """Set values. @param values: elements of lxml"""
        return self._update("setByServiceDataNames", _value_1=list(values))

    def deleteServiceData(self, *names: str) -> Any:
        """Delete values. @param names: in Clark notation"""
        return self._update("deleteByServiceDataNames", name=list(names))

    def _update(self, expression: str, **parts: Any) -> Any:
        asked = self.wrapped(self.made(expression, **parts))
        return self.service.setServiceData(updateExpression=asked)

    def enumProviders(self) -> Sequence[Mapping[str, Any]]:
        """The providers."""
        found = serialize_object(self.call("enumProviders", rescanConfig=False), dict)
        # zeep shows an empty element as None.
        return [{key: "" if one is None else one for key, one in row.items()} for row in found]

    def executeProvider(self, name: str, words: str = "") -> None:
        """Run a provider."""
        execution = {"serviceDataProviderName": name, "serviceDataProviderArgs": words}
        self.call("executeProvider", ServiceDataProviderExecution=execution)

    def register(self, registration: Mapping[str, Any]) -> Mapping[str, Any]:
        """Register a service."""
        content = self.wrapped(etree.fromstring(registration["content"]))
        granted = self.call("registerService", **{**registration, "content": content})
        found: Mapping[str, Any] = serialize_object(granted, dict)
        return found

    def renew(self, entries: Sequence[str], lifetime: float) -> Sequence[Mapping[str, Any]]:
        """Renew entries."""
        rows = self.call("renewServices", entry=list(entries), lifetime=lifetime)
        found: Sequence[Mapping[str, Any]] = serialize_object(rows, dict)
        return found

    def unregister(self, handle: str) -> None:
        """Take a service out."""
        self.call("unregisterService", handle=handle)

    def add(self, handle: str) -> str:
        """Add a member."""
        (entry,) = self.call("add", serviceLocator={"handle": [handle]}).serviceLocator.handle
        return str(entry)

    def destroy(self) -> None:
        """End the service."""
        self.call("destroy")

    def call(self, operation: str, **parts: Any) -> Any:
        """Any operation. @raise ForeignFault: with the detail as the WSDL types it"""
        try:
            return getattr(self.service, operation)(**parts)
        except Fault as fault:
            raise self._read(fault) from None

    def detail(self, fault: Fault) -> Any:
        """The detail of a fault, of the type the WSDL gives it."""
        (entry,) = fault.detail
        return self.native.wsdl.types.deserialize(entry)

    def _read(self, fault: Fault) -> ForeignFault:
        detail = self.detail(fault)
        (entry,) = fault.detail
        (handle,) = detail.originator.handle
        return ForeignFault.fromTold(
            {
                "kind": entry.tag.rpartition("}")[2],
                "side": fault.code.rpartition(":")[2],
                "message": fault.message,
                "description": detail.description,
                "handle": handle,
                "timestamp": detail.timestamp,
                "code": detail.faultcode._value_1,
            }
        )

    def envelope(self) -> str:
        """Namespace of the last answer's envelope."""
        received: Any = self._history.last_received
        tag: str = received["envelope"].tag
        return tag[1:].partition("}")[0]


def _value(one: Any) -> Value:
    return Value.fromTree(one) if hasattr(one, "tag") else Value("", {}, str(one))
