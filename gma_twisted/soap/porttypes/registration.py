"""Registration: services kept by handle for as long as they renew (WIRE 4; the original's WSDL is lost)."""

from collections.abc import Mapping
from typing import Any

from gma_twisted.interfaces import IRegistration
from gma_twisted.markup.namespaces import REG
from gma_twisted.model import Access, Handle, QName, RenewalResult
from gma_twisted.soap.declaration import Operation, PortType
from gma_twisted.soap.porttypes.nametypes import nameType
from gma_twisted.soap.types import EXTENSIBILITY, HANDLE, SECONDS, STRING, Part, Struct

__all__ = ["REGISTRATION"]


def _attribute(name: str, value: str) -> tuple[str, str]:
    return name, value


def _attributeParts(value: tuple[str, str]) -> Mapping[str, Any]:
    return {"name": value[0], "value": value[1]}


def _renewal(entry: Handle, state: str, lifetime: float | None) -> RenewalResult:
    return RenewalResult(entry, lifetime)


def _renewalParts(value: RenewalResult) -> Mapping[str, Any]:
    state = "unknown" if value.lifetime is None else "renewed"
    return {"entry": value.entry, "state": state, "lifetime": value.lifetime}


_INTERFACE = nameType(QName(REG, "InterfaceType"))
_ATTRIBUTE = Struct(
    QName(REG, "AttributeType"),
    (Part("name", STRING), Part("value", STRING)),
    _attribute,
    _attributeParts,
)
_RENEWAL = Struct(
    QName(REG, "RenewalType"),
    (Part("entry", HANDLE), Part("state", STRING), Part.optional("lifetime", SECONDS)),
    _renewal,
    _renewalParts,
)

REGISTRATION = PortType(
    name=QName(REG, "RegistrationPortType"),
    interface=IRegistration,
    operations=(
        Operation(
            REG,
            "registerService",
            (
                Part("handle", HANDLE),
                Part.many("interface", _INTERFACE),
                Part.optional("name", STRING),
                Part.many("attribute", _ATTRIBUTE),
                Part.optional("content", EXTENSIBILITY),
                Part.optional("lifetime", SECONDS),
            ),
            (Part("entry", HANDLE), Part("lifetime", SECONDS)),
            (
                "extensibilityTypeFault",
                "contentCreationFailedFault",
                "unsupportedMemberInterfaceFault",
                "serviceAlreadyExistsFault",
            ),
            access=Access.REGISTER,
            takesCaller=True,
            documentation="Adds a service, or renews what was registered before; lifetimes are seconds.",
        ),
        Operation(
            REG,
            "unregisterService",
            (Part("handle", HANDLE),),
            (),
            access=Access.REGISTER,
            takesCaller=True,
            documentation="Ends the entries of a handle.",
        ),
        Operation(
            REG,
            "renewServices",
            (Part.many("entry", HANDLE, least=1), Part.optional("lifetime", SECONDS)),
            (Part.many("result", _RENEWAL),),
            access=Access.REGISTER,
            takesCaller=True,
            documentation="Renews many entries at once and says which are unknown.",
        ),
    ),
)
