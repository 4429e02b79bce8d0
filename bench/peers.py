"""Servers that others wrote and this machine may lack: why one of them cannot be measured."""

import shutil
from collections.abc import Callable
from pathlib import Path

__all__ = ["HEADER", "whyMissing"]

HEADER = "stdsoap2.h"
_INCLUDES = (Path("/usr/include"), Path("/usr/local/include"))


def _gsoap(which: Callable[[str], str | None]) -> str:
    for program in ("gcc", "soapcpp2"):
        if which(program) is None:
            return f"there is no {program} (Debian: gcc, gsoap, libgsoap-dev)"
    if not any((place / HEADER).exists() for place in _INCLUDES):
        return f"there is no {HEADER} (Debian: libgsoap-dev)"
    return ""


def whyMissing(server: str, which: Callable[[str], str | None] = shutil.which) -> str:
    """
    What a server lacks.

    @param which: finds programs by name
    @return: the reason, empty when it can run
    """
    if server == "gsoap":
        return _gsoap(which)
    for program in ("etcd", "setpriv") if server.startswith("etcd") else ():
        if which(program) is None:
            return f"there is no {program} (Debian: etcd-server, util-linux)"
    return ""
