"""GT3's ServiceDataProviderExecution: which providers are installed, and running one (WIRE 4)."""

from collections.abc import Mapping
from typing import Any

from gma_twisted.interfaces import IProviderExecution
from gma_twisted.markup.namespaces import PX
from gma_twisted.model import Access, ExecutionRequest, ProviderDescription, QName
from gma_twisted.soap.declaration import Operation, PortType
from gma_twisted.soap.types import BOOLEAN, QNAME, SECONDS, STRING, Part, Struct

__all__ = ["PROVIDER_EXECUTION"]


def _described(
    providerName: str, providerDesc: str, providerImpl: str, providerArgs: str, **flags: bool
) -> ProviderDescription:
    return ProviderDescription(
        providerName, providerDesc, providerImpl, (), flags["async"], providerArgs
    )


def _description(value: ProviderDescription) -> Mapping[str, Any]:
    return {
        "providerName": value.name,
        "providerDesc": value.description,
        "providerImpl": value.implementation,
        "providerArgs": value.arguments,
        "async": value.isAsync,
    }


def _requested(
    serviceDataProviderName: str,
    serviceDataProviderImpl: str | None,
    serviceDataProviderArgs: str | None,
    serviceDataName: QName | None,
    refreshFrequency: float | None,
    **flags: bool | None,
) -> ExecutionRequest:
    return ExecutionRequest(
        serviceDataProviderName.strip(),
        (serviceDataProviderImpl or "").strip(),
        serviceDataProviderArgs or "",
        serviceDataName,
        refreshFrequency or 0.0,
        bool(flags["async"]),
    )


def _request(value: ExecutionRequest) -> Mapping[str, Any]:
    return {
        "serviceDataProviderName": value.provider,
        "serviceDataProviderImpl": value.implementation,
        "serviceDataProviderArgs": value.arguments,
        "serviceDataName": value.serviceDataName,
        "refreshFrequency": value.refreshFrequency,
        "async": value.isAsync,
    }


_DESCRIPTION = Struct(
    QName(PX, "ServiceDataProviderType"),
    (
        Part("providerName", STRING),
        Part("providerDesc", STRING),
        Part("providerImpl", STRING),
        Part("providerArgs", STRING),
        Part("async", BOOLEAN),
    ),
    _described,
    _description,
)

_EXECUTION = Struct(
    QName(PX, "ServiceDataProviderExecutionType"),
    (
        Part("serviceDataProviderName", STRING),
        Part.optional("serviceDataProviderImpl", STRING),
        Part.optional("serviceDataProviderArgs", STRING),
        Part.optional("serviceDataName", QNAME),
        Part.optional("refreshFrequency", SECONDS),
        Part.optional("async", BOOLEAN),
    ),
    _requested,
    _request,
)

PROVIDER_EXECUTION = PortType(
    name=QName(PX, "ServiceDataProviderExecutionPortType"),
    interface=IProviderExecution,
    operations=(
        Operation(
            PX,
            "enumProviders",
            (Part("rescanConfig", BOOLEAN),),
            (Part.many("ServiceDataProviders", _DESCRIPTION),),
            access=Access.READ,
            takesCaller=True,
            documentation="Tells the installed providers; true reads the configuration again first.",
        ),
        Operation(
            PX,
            "executeProvider",
            (Part("ServiceDataProviderExecution", _EXECUTION),),
            (),
            access=Access.RUN,
            documentation="Runs an installed provider; the first call for a name fixes its frequency.",
        ),
    ),
)
