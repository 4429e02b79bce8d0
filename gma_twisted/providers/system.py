"""This host as a GLUE 1.1 Host: processor, memory, system, file systems, adapters, load."""

from collections.abc import Awaitable, Mapping

import psutil
from zope.interface import implementer

from gma_twisted.interfaces import IDOMDataProvider
from gma_twisted.markup.build import child, element, serialise
from gma_twisted.markup.namespaces import GLUE
from gma_twisted.markup.parse import Element
from gma_twisted.model import QName
from gma_twisted.providers.adapters import readAdapters
from gma_twisted.providers.filesystems import readFileSystems
from gma_twisted.providers.hostfacts import HostFacts
from gma_twisted.timing.ready import Ready

__all__ = ["SimpleSystemInformationProvider"]

_MEGABYTE = 1 << 20


@implementer(IDOMDataProvider)
class SimpleSystemInformationProvider:
    """
    GT3's probe of the same name: the kernel's own tables, read in about a millisecond, no disk, no network.

    Attributes are qualified, sizes in MB, loads are the load average times 100. Hosts with several processors
    tell the load as SMPLoad too: clients of GT3 look for either.
    """

    name = "system"
    description = "this host: processor, memory, file systems, network adapters and load (GLUE 1.1)"

    def __init__(self, uniqueID: str = "") -> None:
        """@param uniqueID: of the host in the grid; its host name by default"""
        self._facts = HostFacts.read()
        self._uniqueID = uniqueID or self._facts.uniqueID

    def provide(self) -> Awaitable[bytes]:
        """@return: the Host as it is now"""
        return Ready(serialise(self._host()))

    def provideDocument(self) -> Awaitable[Element]:
        """@return: the same as a tree"""
        return Ready(self._host())

    def _host(self) -> Element:
        facts = self._facts
        short = self._uniqueID.partition(".")[0]
        host = element(QName(GLUE, "Host"), _qualified({"Name": short, "UniqueID": self._uniqueID}))
        _add(host, "Processor", facts.processor)
        _add(host, "MainMemory", _memory())
        _add(host, "OperatingSystem", facts.system)
        _add(host, "Architecture", facts.architecture)
        for one in readFileSystems():
            mount = one.mount
            attributes = {
                "Name": mount.device,
                "Root": mount.root,
                "Size": str(one.size),
                "AvailableSpace": str(one.available),
                "ReadOnly": "true" if mount.readOnly else "false",
                "Type": mount.kind,
            }
            _add(host, "FileSystem", attributes)
        for adapter in readAdapters():
            _add(host, "NetworkAdapter", adapter)
        load = _load()
        _add(host, "ProcessorLoad", load)
        if facts.processors > 1:
            _add(host, "SMPLoad", load)
        return host


def _qualified(attributes: Mapping[str, str]) -> dict[str, str]:
    return {QName(GLUE, key).clark: value for key, value in attributes.items()}


def _add(host: Element, name: str, attributes: Mapping[str, str]) -> None:
    child(host, QName(GLUE, name), _qualified(attributes))


def _memory() -> Mapping[str, str]:
    memory = psutil.virtual_memory()
    swap = psutil.swap_memory()
    return {
        "RAMSize": str(memory.total // _MEGABYTE),
        "RAMAvailable": str(memory.available // _MEGABYTE),
        "VirtualSize": str((memory.total + swap.total) // _MEGABYTE),
        "VirtualAvailable": str((memory.available + swap.free) // _MEGABYTE),
    }


def _load() -> Mapping[str, str]:
    names = ("Last1Min", "Last5Min", "Last15Min")
    return {
        name: str(round(load * 100)) for name, load in zip(names, psutil.getloadavg(), strict=True)
    }
