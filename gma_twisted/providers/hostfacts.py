"""What does not change while the node runs: processor, system, name of this host."""

import platform
import socket
from collections.abc import Mapping
from pathlib import Path

import attrs
import psutil

__all__ = ["HostFacts"]

_HEAD = 8192
"""Bytes of /proc/cpuinfo that are read: the first processor is in them."""


@attrs.frozen(slots=True)
class HostFacts:
    """
    Attributes of GLUE elements, local names to values; what the system does not tell is left out.

    @ivar uniqueID: the host name as the system knows it: asking DNS could block
    @ivar processor: of glue:Processor
    @ivar system: of glue:OperatingSystem
    @ivar architecture: of glue:Architecture
    @ivar processors: logical processors
    """

    uniqueID: str
    processor: Mapping[str, str]
    system: Mapping[str, str]
    architecture: Mapping[str, str]
    processors: int

    @classmethod
    def read(cls, cpuinfo: Path = Path("/proc/cpuinfo")) -> "HostFacts":
        """Read them now."""
        machine = platform.machine()
        processors = psutil.cpu_count() or 1
        told = _firstProcessor(cpuinfo)
        processor = {
            "Vendor": told.get("vendor_id", ""),
            "Model": told.get("model name", ""),
            "Version": _version(told),
            "ClockSpeed": told.get("cpu mhz", "").partition(".")[0],
            "InstructionSet": machine,
        }
        system = {
            "Name": platform.system(),
            "Release": platform.release(),
            "Version": platform.version(),
        }
        return cls(
            socket.gethostname(),
            {key: value for key, value in processor.items() if value},
            {key: value for key, value in system.items() if value},
            {"PlatformType": machine, "SMPSize": str(processors)},
            processors,
        )


def _firstProcessor(cpuinfo: Path) -> Mapping[str, str]:
    try:
        with cpuinfo.open("rb") as file:
            text = file.read(_HEAD).decode("utf-8", "replace")
    except OSError:
        return {}
    told: dict[str, str] = {}
    for line in text.partition("\n\n")[0].splitlines():
        key, colon, value = line.partition(":")
        if colon:
            told[key.strip().lower()] = value.strip()
    return told


def _version(told: Mapping[str, str]) -> str:
    parts = [(word, told.get(key, "")) for word, key in _VERSION]
    return " ".join(f"{word} {value}" for word, value in parts if value)


_VERSION = (("family", "cpu family"), ("model", "model"), ("stepping", "stepping"))
