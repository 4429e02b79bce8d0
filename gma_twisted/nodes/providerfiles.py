"""What a provider file of GT3 asks of classes: which there are, what arguments they take, which are asynchronous."""

from collections.abc import Mapping
from pathlib import Path

from gma_twisted.configuration import ComponentFactory
from gma_twisted.configuration.gt3 import ProviderClasses
from gma_twisted.errors import ParameterError
from gma_twisted.execution import checkProvider, describe, readArguments
from gma_twisted.interfaces import IAsyncDataProvider
from gma_twisted.providers import CORE_PROVIDERS

__all__ = ["providerClasses"]


def providerClasses(searched: str = "on PYTHONPATH") -> ProviderClasses:
    """
    Classes as a node knows them; one that has arguments, or is asked to be asynchronous, is loaded to be looked at.

    @param searched: where modules are looked for, in words
    """
    factory = ComponentFactory(checkProvider, _unused, CORE_PROVIDERS, searched)

    def arguments(implementation: str, text: str) -> Mapping[str, object]:
        found = factory.load(implementation, "class")
        read = readArguments(text, describe(found), implementation)
        return {key: str(one) if isinstance(one, Path) else one for key, one in read.items()}

    def isAsync(implementation: str) -> bool:
        return IAsyncDataProvider.implementedBy(factory.load(implementation, "class"))

    return ProviderClasses(CORE_PROVIDERS, arguments, isAsync)


def _unused(found: object, arguments: Mapping[str, object], where: str, dottedName: str) -> object:
    raise ParameterError(f"{where} is made when the node is")
