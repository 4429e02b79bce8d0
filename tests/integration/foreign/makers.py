"""How each foreign client is made, or why it cannot be here."""

import shutil
import subprocess
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from twisted.trial.unittest import SkipTest

from tests.integration.foreign.client import ForeignClient
from tests.integration.foreign.scriptclient import ScriptClient
from tests.integration.foreign.zeepclient import ZeepClient, transportFrom

__all__ = ["makeNode", "makePHP", "makePerl", "makeSuds", "makeZeep"]

_HERE = Path(__file__).parent
_MODULES = _HERE.parent.parent.parent / "build" / "node" / "node_modules"

CleanUp = Callable[..., object]


def makeZeep(url: str, isSoap12: bool = False, address: str = "") -> ZeepClient:
    """zeep. @param url: of the service @param address: of this machine, to come from; empty for any"""
    wsdl = f"{url}?wsdl=soap12" if isSoap12 else f"{url}?wsdl"
    return ZeepClient(wsdl, isSoap12, transportFrom(address) if address else None)


def makeSuds(url: str) -> ForeignClient:
    """suds-community. @raise SkipTest: it is not installed"""
    if find_spec("suds") is None:
        raise SkipTest("suds-community is not installed")
    from tests.integration.foreign.sudsclient import SudsClient  # noqa: PLC0415

    return SudsClient(f"{url}?wsdl")


def makeNode(url: str, cleanUp: CleanUp, isSoap12: bool = False) -> ForeignClient:
    """The package soap of node.js. @raise SkipTest: make test could not install it, or node.js is too old"""
    if shutil.which("node") is None:
        raise SkipTest("node.js is not installed")
    if not (_MODULES / "soap").is_dir():
        raise SkipTest("build/node has no soap; make test installs it where npm and a network are")
    if not _works("node", "-e", "process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)"):
        raise SkipTest("node.js is older than the 20.19 its package soap needs")
    script = str(_HERE.parent / "node" / "client.js")
    return ScriptClient(
        ["node", script, *_words(url, isSoap12)], cleanUp, {"NODE_PATH": str(_MODULES)}
    )


def makePHP(url: str, cleanUp: CleanUp, isSoap12: bool = False) -> ForeignClient:
    """PHP's SoapClient. @raise SkipTest: it is not installed"""
    if not _works(
        "php", "-r", "exit((int) !(class_exists('SoapClient') && class_exists('DOMDocument')));"
    ):
        raise SkipTest("PHP with its extensions soap and dom is not installed")
    return ScriptClient(["php", str(_HERE / "client.php"), *_words(url, isSoap12)], cleanUp)


def makePerl(url: str, cleanUp: CleanUp) -> ForeignClient:
    """Perl's SOAP::Lite. @raise SkipTest: it is not installed"""
    if not _works("perl", "-MSOAP::Lite", "-MJSON::PP", "-e", "1"):
        raise SkipTest("Perl's SOAP::Lite is not installed")
    return ScriptClient(["perl", str(_HERE / "client.pl"), url], cleanUp)


def _words(url: str, isSoap12: bool) -> list[str]:
    return [f"{url}?wsdl=soap12", "1.2"] if isSoap12 else [f"{url}?wsdl", "1.1"]


def _works(*command: str) -> bool:
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, capture_output=True, timeout=30, check=False).returncode == 0
