"""Whether a component has what its interface asks, told in one line before any port opens."""

import re
from typing import Any

from zope.interface import providedBy
from zope.interface.exceptions import Invalid
from zope.interface.interface import InterfaceClass, Method
from zope.interface.verify import verifyClass, verifyObject

from gma_twisted.errors import ConfigError, cut
from gma_twisted.interfaces import (
    IAsyncDataProvider,
    ICallerQueries,
    ICreatedService,
    IDOMDataProvider,
    IQueryEngine,
    IQueryLanguage,
    IResultHandler,
    IServiceDataStore,
    ISimpleDataProvider,
)
from gma_twisted.model import QName
from gma_twisted.soap import PortType
from gma_twisted.soap.declaration import InitialServiceData

__all__ = [
    "checkHandler",
    "checkInterface",
    "checkLanguage",
    "checkProvider",
    "checkService",
    "checkStore",
    "dotted",
]

_RICHER: tuple[InterfaceClass, ...] = (IAsyncDataProvider, IDOMDataProvider)
_VIOLATED = re.compile(r"The contract of \S*?(\w+\(\)) is violated because '.*' (.*?)\.?$")
_LONGEST = 200


def checkProvider(component: Any, where: str, dottedName: str = "") -> None:
    """
    Check a provider, or the class of one, against every provider interface it declares.

    @param component: class or object; a class whose C{name} is set by its constructor only passes as a class
    @param where: file, line, column and key, the beginning of the message; may be empty
    @param dottedName: as configured; the class's own name otherwise
    @raise ConfigError: one line naming the component, the interface and each missing member
    """
    wanted = [one for one in _RICHER if _declares(component, one)]
    for interface in wanted or [ISimpleDataProvider]:
        checkInterface(component, interface, where, dottedName)


def checkHandler(component: Any, where: str, dottedName: str = "") -> None:
    """The same for handlers (L{IResultHandler})."""
    checkInterface(component, IResultHandler, where, dottedName)


def checkStore(component: Any, where: str, dottedName: str = "") -> None:
    """The same for stores of service data (L{IServiceDataStore})."""
    checkInterface(component, IServiceDataStore, where, dottedName)


def checkLanguage(component: Any, where: str, dottedName: str = "") -> None:
    """
    The same for query languages: L{IQueryLanguage}, or L{IQueryEngine} and L{ICallerQueries} where it declares them; of
    an object its dialects too.
    """
    interface = IQueryEngine if _declares(component, IQueryEngine) else IQueryLanguage
    checkInterface(component, interface, where, dottedName)
    if _declares(component, ICallerQueries):
        checkInterface(component, ICallerQueries, where, dottedName)
    if isinstance(component, type):
        return
    dialects = component.dialects
    if (
        not isinstance(dialects, tuple | list)
        or not dialects
        or not all(isinstance(one, QName) for one in dialects)
    ):
        raise ConfigError(
            f'{_prefix(where)}"{cut(dottedName or dotted(component))}" does not provide {interface.__name__}: '
            "it needs dialects, a tuple of QName with one at least"
        )


def checkService(component: Any, where: str, dottedName: str = "") -> None:
    """
    The same for what a class adds to a service: L{ICreatedService}, and the interfaces of its port types.

    What an object has beside the service data of its port types is looked at too.
    """
    checkInterface(component, ICreatedService, where, dottedName)
    portTypes = getattr(component, "portTypes", None)
    if not isinstance(portTypes, tuple) or not all(isinstance(one, PortType) for one in portTypes):
        raise ConfigError(
            f'{_prefix(where)}"{cut(dottedName or dotted(component))}" does not provide ICreatedService: '
            "its class needs portTypes, a tuple of PortType"
        )
    for portType in portTypes:
        checkInterface(component, portType.interface, where, dottedName)
    serviceData = getattr(component, "serviceData", None)
    # Of a class it may be what only its constructor fills.
    if isinstance(component, type) and not isinstance(serviceData, tuple | list):
        return
    if not isinstance(serviceData, tuple | list) or not all(
        isinstance(one, InitialServiceData) for one in serviceData
    ):
        raise ConfigError(
            f'{_prefix(where)}"{cut(dottedName or dotted(component))}" does not provide ICreatedService: '
            "it needs serviceData, a tuple of InitialServiceData; it may be empty"
        )


def checkInterface(
    component: Any, interface: InterfaceClass, where: str, dottedName: str = ""
) -> None:
    """The same for one interface."""
    shown = dottedName or dotted(component)
    problem = _problem(component, interface)
    if problem:
        raise ConfigError(
            f'{_prefix(where)}"{cut(shown)}" does not provide {interface.__name__}: {problem}'
        )


def _prefix(where: str) -> str:
    return f"{where} " if where else ""


def _declares(component: Any, interface: InterfaceClass) -> bool:
    if isinstance(component, type):
        return bool(interface.implementedBy(component))
    return bool(interface.providedBy(component))


def _problem(component: Any, interface: InterfaceClass) -> str:
    isClass = isinstance(component, type)
    if not isClass and callable(component) and not providedBy(component):
        return "it is neither a class nor an object that declares the interface"
    # An attribute the class lacks may be set by its constructor, if it has one.
    setLater = isClass and component.__init__ is not object.__init__
    missing = [
        f"{name}()" if isinstance(member, Method) else name
        for name, member in sorted(interface.namesAndDescriptions(all=True))
        if not hasattr(component, name) and (isinstance(member, Method) or not setLater)
    ]
    if missing:
        return f"missing {', '.join(missing)}"
    if not _declares(component, interface):
        return f"missing @implementer({interface.__name__}) before the class"
    try:
        (verifyClass if isClass else verifyObject)(interface, component)
    except Invalid as error:
        return "; ".join(_sentence(one) for one in getattr(error, "exceptions", None) or (error,))
    return ""


def _sentence(error: Exception) -> str:
    words = " ".join(str(error).split())
    found = _VIOLATED.search(words)
    return cut(f"{found[1]} {found[2]}" if found else words, _LONGEST)


def dotted(component: Any) -> str:
    """The name C{package.module:Class} of a class or a function; of an object, its class's."""
    named = component if hasattr(component, "__qualname__") else type(component)
    return f"{named.__module__}:{named.__qualname__}"
