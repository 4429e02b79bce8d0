"""What is known of a provider and of one of its runs (WIRE 4, GT3 ServiceDataProviderExecution)."""

import enum
from collections.abc import Hashable, Sequence

import attrs

from gma_twisted.model.element import ServiceDataElement
from gma_twisted.model.qname import QName

__all__ = [
    "ExecutionRequest",
    "ProviderDescription",
    "ProviderParameter",
    "ProviderRun",
    "ProviderState",
    "Quiet",
]


class ProviderState(enum.Enum):
    """States of an asynchronous provider (GT3: 0, 1, -1, -2)."""

    IDLE = "idle"
    RUNNING = "running"
    ERROR = "error"
    TERMINATED = "terminated"


@attrs.frozen(slots=True)
class ProviderParameter:
    """
    One constructor keyword of a provider: its signature is its declaration.

    @ivar name: the keyword
    @ivar kind: name of the annotated type (C{str}, C{float} ...), empty without annotation
    @ivar default: C{repr} of the default; C{None} when the keyword is required
    """

    name: str
    kind: str
    default: str | None


@attrs.frozen(slots=True)
class ProviderDescription:
    """
    What C{enumProviders} tells of one installed provider.

    @ivar name: the configured name
    @ivar description: the provider's own sentence
    @ivar implementation: dotted name C{package.module:Class}
    @ivar parameters: what its constructor takes
    @ivar isAsync: whether it provides the asynchronous interface
    @ivar arguments: the parameters as shell-like words C{key=default}, how GT3 tells them
    """

    name: str
    description: str
    implementation: str
    parameters: Sequence[ProviderParameter]
    isAsync: bool
    arguments: str = ""


@attrs.frozen(slots=True)
class ExecutionRequest:
    """
    What C{executeProvider} asks: GT3's ServiceDataProviderExecution.

    @ivar provider: configured name of an installed provider
    @ivar implementation: dotted name or GT3 class name the caller expects; empty to take it as it is
    @ivar arguments: shell-like words C{key=value}
    @ivar serviceDataName: name of the element; C{None} takes the document's root name
    @ivar refreshFrequency: seconds between runs; 0 runs once
    @ivar isAsync: use the asynchronous interface when the provider has it
    """

    provider: str
    implementation: str = ""
    arguments: str = ""
    serviceDataName: QName | None = None
    refreshFrequency: float = 0.0
    isAsync: bool = False


@attrs.frozen(slots=True)
class ProviderRun:
    """
    The facts of one run, as a handler sees them.

    @ivar provider: the configured name
    @ivar serviceDataName: the configured name of the element, C{None} for the document's root name
    @ivar originator: handle of the service the values are for, as text
    @ivar now: instant on the node's clock at which the document arrived
    @ivar wallTime: the same instant, seconds since 1970
    @ivar period: seconds between runs; C{inf} for a provider that runs once
    @ivar grace: seconds a value stays readable after C{goodUntil}
    @ivar state: of an asynchronous provider at delivery; C{RUNNING} for the others
    """

    provider: str
    serviceDataName: QName | None
    originator: str
    now: float
    wallTime: float
    period: float
    grace: float
    state: ProviderState = ProviderState.RUNNING


@attrs.frozen(slots=True)
class Quiet:
    """
    A value of a handler that changes oftener than there is news: the seconds a job has run, a load.

    It is in the store as any other. Who subscribed hears of it when it comes, and when C{news} is another than that of
    the document before; else only that it lasts longer, as if its content had stayed.

    @ivar element: the value
    @ivar news: what of the value is worth telling
    """

    element: ServiceDataElement
    news: Hashable = None
