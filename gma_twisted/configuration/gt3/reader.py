"""From a provider file of GT3 to the sections TOML gives; nothing is imported, opened or asked of the network.

GT 3.0 and 3.2 have C{serviceConfiguration}, 3.2 also C{registrations} of what registers elsewhere; the alpha's
C{*.providers} are a list of whatever name, each of whose elements has C{class} and may have C{handler}.
"""

import codecs
import re
from collections.abc import Iterator

import attrs

from gma_twisted.configuration.draft import Draft
from gma_twisted.configuration.gt3.aggregation import Aggregations
from gma_twisted.configuration.gt3.classes import ProviderClasses
from gma_twisted.configuration.gt3.execution import Providers
from gma_twisted.configuration.gt3.gathering import Gathering
from gma_twisted.configuration.mistakes import Mistakes, quoted, unreadable
from gma_twisted.configuration.places import Path, lineAndColumn
from gma_twisted.configuration.reader import readBytes
from gma_twisted.errors import GMAError
from gma_twisted.markup import Element, XMLGate, nameOf

__all__ = ["readProviderFile", "readProviders"]

_SERVICE, _REGISTRATIONS = "serviceConfiguration", "registrations"
_LISTS = (
    "installedProviders",
    "executedProviders",
    "dataAggregations",
    "aggregatedSubscriptions",
)
_AT = re.compile(r" ?\(?line (\d+), column (\d+)\)?")


def readProviderFile(name: str, classes: ProviderClasses) -> Draft:
    """
    Read a provider file of GT3.

    @param name: shown in messages as it is given
    @param classes: what is known of classes
    @return: what reads well, and mistakes and doubts
    @raise ConfigError: it cannot be read, or is no XML (L{Mistakes})
    """
    return readProviders(readBytes(name), name, classes)


def readProviders(data: bytes, name: str, classes: ProviderClasses) -> Draft:
    """
    Read the bytes of a provider file; the rest as in L{readProviderFile}.

    @param data: XML in UTF-8 or UTF-16
    """
    try:
        root = XMLGate().parse(data, "it")
    except GMAError as error:
        cure = error.cure or "write a provider file of GT3: XML in UTF-8, without a DOCTYPE"
        raise _refusal(name, data, error.what, cure) from None
    gathering = Gathering()
    gathering.begin(root)
    _read(root, gathering, classes)
    draft = gathering.draft(name, _textOf(data))
    doubts = [
        f"{draft.source.where(path)}: warning: {message}" for path, message in gathering.doubts
    ]
    return attrs.evolve(draft, doubts=doubts)


def _refusal(name: str, data: bytes, message: str, cure: str) -> Mistakes:
    """The gate's words with the position where every line of ours has it; what it does not place is the document."""
    found = _AT.search(message)
    words = message.removeprefix("it ").removeprefix("it: ")
    if found is None:
        offset = max(data.find(b"<!DOCTYPE"), 0)
        line, column = lineAndColumn(data[:offset].decode("latin-1"), offset)
        return unreadable(f"{name}:{line}:{column}", words, cure)
    words = _AT.sub("", words).rstrip(": ")
    return unreadable(f"{name}:{found[1]}:{found[2]}", words, cure)


def _textOf(data: bytes) -> str:
    isWide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = data.decode("utf-16" if isWide else "utf-8-sig")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _read(root: Element, gathering: Gathering, classes: ProviderClasses) -> None:
    name = nameOf(root).localName
    path: Path = (name,)
    gathering.stands(path, root)
    if name == _SERVICE:
        _service(root, path, gathering, classes)
    elif name == _REGISTRATIONS:
        registration = Aggregations(gathering).registration
        for at, element in gathering.all(root, path, "registration"):
            registration(at, element)
    elif any("class" in one.attrib for one in root):
        providers = Providers(gathering, classes)
        providers.install(gathering.all(root, path, nameOf(root[0]).localName))
        providers.rest()
    else:
        message = f"{quoted(name)} is the root of no provider file"
        cure = f"write {_SERVICE}, {_REGISTRATIONS}, or a list of elements that have class"
        gathering.wrong(path, message, cure, root)


def _service(root: Element, path: Path, gathering: Gathering, classes: ProviderClasses) -> None:
    lists = gathering.children(root, path, _LISTS)

    def each(name: str, one: str) -> Iterator[tuple[Path, Element]]:
        if name in lists:
            yield from gathering.all(lists[name], (*path, name), one)

    providers = Providers(gathering, classes)
    providers.install(each("installedProviders", "providerEntry"))
    for at, element in each("executedProviders", "ServiceDataProviderExecution"):
        providers.execute(at, element)
    providers.rest()
    aggregations = Aggregations(gathering)
    for at, element in each("aggregatedSubscriptions", "AggregatorSubscription"):
        aggregations.subscription(at, element)
    for at, element in each("dataAggregations", "DataAggregation"):
        aggregations.aggregation(at, element)
