"""zeep: makes Python objects of the WSDL's types."""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from lxml import etree
from zeep import Client
from zeep.exceptions import Fault
from zeep.helpers import serialize_object
from zeep.plugins import HistoryPlugin
from zeep.xsd import AnyObject

from gma_twisted.markup.namespaces import OGSI
from tests.integration.foreign.client import ForeignFault, Value

__all__ = ["ZeepClient"]


@attrs.define(eq=False)
class ZeepClient:
    """
    See L{ForeignClient <tests.integration.foreign.client.ForeignClient>}.

    @ivar url: of the WSDL
    @ivar isSoap12: whether its port for SOAP 1.2 is taken
    @ivar native: the client itself
    """

    url: str
    isSoap12: bool = False
    native: Any = attrs.field(init=False)
    _history: HistoryPlugin = attrs.field(factory=HistoryPlugin, init=False)

    def __attrs_post_init__(self) -> None:
        self.native = Client(
            self.url,
            service_name="IndexService",
            port_name="IndexPortSoap12" if self.isSoap12 else "IndexPort",
            plugins=[self._history],
        )

    def find(self, *names: str) -> Sequence[Value]:
        """By names."""
        return [_value(one) for one in self.findNative(*names)]

    def findNative(self, *names: str) -> Sequence[Any]:
        """By names, as zeep shows the values: elements it knows no type of, or objects of their C{xsi:type}."""
        query = self.native.get_element(f"{{{OGSI}}}queryByServiceDataNames")
        return self._find(AnyObject(query, query(name=list(names))))

    def ask(self, expression: str) -> Sequence[Value]:
        """By an expression."""
        return [_value(one) for one in self._find(etree.fromstring(expression))]

    def _find(self, expression: Any) -> Sequence[Any]:
        wrapped = self.native.get_type(f"{{{OGSI}}}ExtensibilityType")(_value_1=expression)
        found: Sequence[Any] = self.call("findServiceData", queryExpression=wrapped)._value_1
        return found

    def enumProviders(self) -> Sequence[Mapping[str, Any]]:
        """The providers."""
        found = serialize_object(self.call("enumProviders", rescanConfig=False), dict)
        # zeep shows an empty element as None.
        return [{key: "" if one is None else one for key, one in row.items()} for row in found]

    def executeProvider(self, name: str, words: str = "") -> None:
        """Run a provider."""
        execution = {"serviceDataProviderName": name, "serviceDataProviderArgs": words}
        self.call("executeProvider", ServiceDataProviderExecution=execution)

    def call(self, operation: str, **parts: Any) -> Any:
        """Any operation. @raise ForeignFault: with the detail as the WSDL types it"""
        try:
            return getattr(self.native.service, operation)(**parts)
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
