"""suds-community, the client of many older Python programs: objects of its own from the WSDL; SOAP 1.1."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from suds import WebFault
from suds.client import Client
from suds.plugin import MessagePlugin
from suds.sudsobject import Object

from gma_twisted.markup.namespaces import OGSI, SOAP11
from tests.integration.foreign.client import ForeignFault, Value

__all__ = ["SudsClient"]


class _Heard(MessagePlugin):  # type: ignore[misc]
    """Remembers the last answer."""

    last = b""

    def received(self, context: Any) -> None:
        """Called by suds."""
        self.last = context.reply


@attrs.define(eq=False)
class SudsClient:
    """
    See L{ForeignClient <tests.integration.foreign.client.ForeignClient>}; keeps nothing on disk.

    @ivar url: of the WSDL
    """

    url: str
    _native: Any = attrs.field(init=False)
    _heard: _Heard = attrs.field(factory=_Heard, init=False)

    def __attrs_post_init__(self) -> None:
        # It warns of every attribute of ours on a value of a standard type.
        logging.getLogger("suds").setLevel(logging.ERROR)
        self._native = Client(self.url, cache=None, timeout=20, plugins=[self._heard])

    def find(self, *names: str) -> Sequence[Value]:
        """By names."""
        query = self._native.factory.create(f"{{{OGSI}}}queryByServiceDataNames")
        query.name = list(names)
        return _values(self._call("findServiceData", {"queryByServiceDataNames": query}))

    def ask(self, expression: str) -> Sequence[Value]:
        """By an expression, in a message written by hand: suds has no other way for markup it has no type of."""
        message = (
            f'<e:Envelope xmlns:e="{SOAP11}"><e:Body><findServiceData xmlns="{OGSI}"><queryExpression>'
            f"{expression}</queryExpression></findServiceData></e:Body></e:Envelope>"
        )
        return _values(self._call("findServiceData", __inject={"msg": message.encode()}))

    def enumProviders(self) -> Sequence[Mapping[str, Any]]:
        """The providers; suds shows an empty element as None."""
        found = self._call("enumProviders", False)
        return [{key: "" if one is None else one for key, one in row} for row in found]

    def executeProvider(self, name: str, words: str = "") -> None:
        """Run a provider."""
        execution = {"serviceDataProviderName": name, "serviceDataProviderArgs": words}
        self._call("executeProvider", execution)

    def register(self, registration: Mapping[str, Any]) -> Mapping[str, Any]:
        """Register a service; its content goes as text, for suds loses the attributes of markup it has no type of."""
        # suds takes what looks escaped for escaped.
        content = registration["content"].replace("&", "&amp;")
        return dict(self._call("registerService", **{**registration, "content": content}))

    def renew(self, entries: Sequence[str], lifetime: float) -> Sequence[Mapping[str, Any]]:
        """Renew entries."""
        return [dict(row) for row in self._call("renewServices", list(entries), lifetime)]

    def unregister(self, handle: str) -> None:
        """Take a service out."""
        self._call("unregisterService", handle)

    def add(self, handle: str) -> str:
        """Add a member."""
        (entry,) = self._call("add", {"handle": handle}).serviceLocator.handle
        return str(entry)

    def destroy(self) -> None:
        """End the service."""
        self._call("destroy")

    def _call(self, operation: str, *parts: Any, **more: Any) -> Any:
        try:
            return getattr(self._native.service, operation)(*parts, **more)
        except WebFault as fault:
            raise _fault(fault.fault) from None

    def envelope(self) -> str:
        """Namespace of the last answer's envelope."""
        return SOAP11 if SOAP11.encode() in self._heard.last[:200] else ""


def _values(answer: Any) -> Sequence[Value]:
    return _value("values", answer.serviceDataValues).children


def _value(name: str, node: Any) -> Value:
    if not isinstance(node, Object):
        return Value(name, {}, "" if node is None else str(node))
    attributes: dict[str, str] = {}
    children: list[Value] = []
    text = ""
    for key, one in node:
        if key.startswith("_"):
            attributes[key[1:]] = str(one)
        elif key == "value":
            text = str(one)
        else:
            children += [_value(key, each) for each in (one if isinstance(one, list) else [one])]
    return Value(name, attributes, text, tuple(children))


def _fault(fault: Any) -> ForeignFault:
    ((kind, detail),) = fault.detail
    return ForeignFault.fromTold(
        {
            "kind": kind,
            "side": fault.faultcode.rpartition(":")[2],
            "message": fault.faultstring,
            "description": detail.description,
            "handle": detail.originator.handle,
            "timestamp": detail.timestamp,
            "code": detail.faultcode.value,
        }
    )
