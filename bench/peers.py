"""Servers that others wrote and this machine may lack: why one of them cannot be measured."""

import shutil
from collections.abc import Callable
from pathlib import Path

__all__ = ["BASEX", "HEADER", "NETLOGGER", "whyMissing"]

HEADER = "stdsoap2.h"
BASEX = Path("/usr/share/java/basex.jar")
NETLOGGER = Path(__file__).parents[1] / "build" / "netlogger"
"""An environment with NetLogger's own modules, which make test makes."""
_INCLUDES = (Path("/usr/include"), Path("/usr/local/include"))


def _gsoap(which: Callable[[str], str | None]) -> str:
    for program in ("gcc", "soapcpp2"):
        if which(program) is None:
            return f"there is no {program} (Debian: gcc, gsoap, libgsoap-dev)"
    if not any((place / HEADER).exists() for place in _INCLUDES):
        return f"there is no {HEADER} (Debian: libgsoap-dev)"
    return ""


def _basex(which: Callable[[str], str | None], jar: Path) -> str:
    for program in ("java", "setpriv"):
        if which(program) is None:
            return f"there is no {program} (Debian: default-jre-headless, util-linux)"
    return "" if jar.exists() else f"there is no {jar} (Debian: basex)"


def whyMissing(
    server: str,
    which: Callable[[str], str | None] = shutil.which,
    basex: Path = BASEX,
    netlogger: Path = NETLOGGER,
) -> str:
    """
    What a server lacks.

    @param which: finds programs by name
    @param basex: where the program of BaseX is to be
    @param netlogger: where the environment with NetLogger's modules is to be
    @return: the reason, empty when it can run
    """
    if server == "gsoap":
        return _gsoap(which)
    if server == "basex":
        return _basex(which, basex)
    if server == "netlogger":
        isThere = (netlogger / "stamp").exists()
        return "" if isThere else f"there is no {netlogger} (make build/netlogger/stamp)"
    for program in ("etcd", "setpriv") if server.startswith("etcd") else ():
        if which(program) is None:
            return f"there is no {program} (Debian: etcd-server, util-linux)"
    return ""
