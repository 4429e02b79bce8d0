"""What a provider file of GT3 asks of classes: which there are, what arguments they take, which are asynchronous."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from gma_twisted.configuration import ComponentFactory
from gma_twisted.configuration.gt3 import ProviderClasses
from gma_twisted.errors import GMAError, ParameterError
from gma_twisted.execution import checkProvider, describe, readArguments
from gma_twisted.handlers import CORE_HANDLERS
from gma_twisted.interfaces import IAsyncDataProvider
from gma_twisted.providers import CORE_PROVIDERS

__all__ = ["GradualClasses", "providerClasses"]


def providerClasses(searched: str = "on PYTHONPATH") -> ProviderClasses:
    """
    Classes as a node knows them; one that has arguments, or is asked to be asynchronous, is loaded to be looked at.

    @param searched: where modules are looked for, in words
    """
    return _classes(_loader(searched))


@attrs.frozen(slots=True, eq=False)
class GradualClasses:
    """
    The same, loaded neither in the thread where the file is read nor all in one go.

    Who reads the file with L{known} hears nothing of classes that were not loaded yet. He loads what is L{missing}, and
    reads it again, until nothing is.
    """

    _loaded: dict[str, Any] = attrs.field(factory=dict, init=False)
    _missing: dict[str, None] = attrs.field(factory=dict, init=False)

    @property
    def known(self) -> ProviderClasses:
        """What is known of those that are loaded; of others that they have no arguments, and are not asynchronous."""
        return _classes(self._find)

    @property
    def missing(self) -> bool:
        """Whether one was asked for that is not loaded: what was read is not to be used."""
        return bool(self._missing)

    def load(self, searched: str) -> Iterator[None]:
        """Load one that is missing, and then the next. @param searched: see L{providerClasses}"""
        load = _loader(searched)
        for name in list(self._missing):
            try:
                self._loaded[name] = load(name)
            except GMAError as error:
                # Who asks for it again is told.
                self._loaded[name] = error
            del self._missing[name]
            yield

    def _find(self, implementation: str) -> Any:
        if implementation not in self._loaded:
            self._missing[implementation] = None
            return None
        found = self._loaded[implementation]
        if isinstance(found, GMAError):
            raise found
        return found


def _loader(searched: str) -> Callable[[str], Any]:
    factory = ComponentFactory(checkProvider, _unused, CORE_PROVIDERS, searched)
    return lambda implementation: factory.load(implementation, "class")


def _classes(load: Callable[[str], Any]) -> ProviderClasses:
    """@param load: gives a class, or C{None} when nothing is to be said of it yet"""

    def arguments(implementation: str, text: str) -> Mapping[str, object]:
        found = load(implementation)
        if found is None:
            return {}
        read = readArguments(text, describe(found), implementation)
        return {key: str(one) if isinstance(one, Path) else one for key, one in read.items()}

    def isAsync(implementation: str) -> bool:
        found = load(implementation)
        return found is not None and IAsyncDataProvider.implementedBy(found)

    return ProviderClasses(
        CORE_PROVIDERS, arguments, isAsync, {name: name for name in CORE_HANDLERS}
    )


def _unused(found: object, arguments: Mapping[str, object], where: str, dottedName: str) -> object:
    raise ParameterError(f"{where} is made when the node is")
