"""What the configuration says of one provider, ready for the manager."""

import math
from collections.abc import Callable, Mapping

import attrs

from gma_twisted.errors import ParameterError
from gma_twisted.interfaces import IResultHandler, ISimpleDataProvider
from gma_twisted.markup.namespaces import GMA, OGSI
from gma_twisted.model import QName

__all__ = ["DEFAULT_GRACE", "DEFAULT_TIMEOUT", "MIN_INTERVAL", "RESERVED", "ProviderSetup"]

DEFAULT_TIMEOUT = 30.0
"""Seconds one run may take."""

DEFAULT_GRACE = 60.0
"""Seconds a value stays readable after C{goodUntil}."""

MIN_INTERVAL = 0.1
"""Least seconds between two runs."""

RESERVED = (OGSI, GMA)
"""Namespaces of the service's own data: no provider gives values in them."""


@attrs.frozen(slots=True, kw_only=True)
class ProviderSetup:
    """
    One installed provider.

    @ivar name: the configured name, unique in the manager
    @ivar factory: the class, or a function, that makes the provider of keyword arguments
    @ivar arguments: what the configuration gives it; checked when it is installed
    @ivar provider: made of both already, by who checked them; C{None} makes it when it is installed
    @ivar implementation: dotted name C{package.module:Class}, as clients see it
    @ivar interval: seconds between the starts of two runs; 0 for once at start; C{None} for installed only, run by
        C{executeProvider}
    @ivar timeout: seconds one run may take
    @ivar grace: seconds a value stays readable after C{goodUntil}
    @ivar handler: makes values of documents; C{None} for the root element as it is
    @ivar serviceDataName: name of the value; unlike the root's name, it wraps the root
    @ivar isAsync: use the asynchronous interface when the provider has it
    @ivar isOnDemand: run only while somebody is subscribed to what it gives, or asks; only with an C{interval}
    @ivar fastest: least seconds between two runs on demand, for who asks for events at a rate; C{None}: C{interval}
    """

    name: str
    factory: Callable[..., ISimpleDataProvider]
    arguments: Mapping[str, object] = attrs.field(factory=dict)
    provider: ISimpleDataProvider | None = None
    implementation: str = ""
    interval: float | None = None
    timeout: float = DEFAULT_TIMEOUT
    grace: float = DEFAULT_GRACE
    handler: IResultHandler | None = None
    serviceDataName: QName | None = None
    isAsync: bool = False
    isOnDemand: bool = False
    fastest: float | None = None

    def __attrs_post_init__(self) -> None:
        if not self.name:
            raise ParameterError("a provider needs a name")
        interval = self.interval
        if interval and not MIN_INTERVAL <= interval < math.inf:
            raise ParameterError(
                f"provider {self.name}: interval {interval!r} is neither 0 nor {MIN_INTERVAL} s or more"
            )
        fastest = self.fastest
        if fastest is not None and not MIN_INTERVAL <= fastest <= (interval or 0.0):
            raise ParameterError(
                f"provider {self.name}: fastest {fastest!r} is not between {MIN_INTERVAL} s and its interval"
            )
        if not self.timeout > 0 or not self.grace >= 0:
            raise ParameterError(
                f"provider {self.name}: needs timeout > 0 and grace >= 0, not {self.timeout!r},"
                f" {self.grace!r}"
            )
        name = self.serviceDataName
        if name is not None and name.namespace in RESERVED:
            raise ParameterError(f"provider {self.name}: {name} is kept for the service itself")
