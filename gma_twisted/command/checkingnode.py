"""What may be wrong between here and a node: its certificate, its clock, and where its WSDL says it is."""

import ipaddress
from collections.abc import Iterator
from urllib.parse import urlsplit

from gma_twisted.client.blocking import BlockingCaller
from gma_twisted.command.finding import Finding
from gma_twisted.command.place import Place
from gma_twisted.command.reading import Asked
from gma_twisted.errors import GMAError
from gma_twisted.markup import XMLGate
from gma_twisted.markup.namespaces import GMA
from gma_twisted.model import Freshness, QName

__all__ = ["MOST_SKEW", "certificateOf", "clockOf", "wsdlOf"]

MOST_SKEW = 5.0
"""Seconds two clocks may differ before lifetimes are wrong."""

_NODE = QName(GMA, "node")
_ADDRESS = "{http://schemas.xmlsoap.org/wsdl/soap/}address"
_MOST_ADDRESSES = 20
_DAY = 86400
# Days.
_SOON = 14


def clockOf(node: Place, caller: BlockingCaller, timeout: float) -> Finding:
    """Whether a node can be asked, and its clock is ours."""
    about = f"clock {node.base}"
    try:
        service = Asked.at(node, caller, timeout)
        before = caller.wallTime()
        pages = service.pages(_NODE, originator=None, key=None, freshness=Freshness.ANY)
        sent = next(pages).sent
        now = (before + caller.wallTime()) / 2
    except GMAError as error:
        return Finding(about, error.message, "see that the node runs, and that this is its URL")
    if sent is None:
        return Finding(about, "the node does not say its time")
    ahead = sent - now
    if abs(ahead) > MOST_SKEW:
        return Finding(
            about,
            f"the clock of the node is {ahead:+.0f} s from the one here",
            "set both by NTP: lifetimes are told in wall time",
        )
    return Finding(about, f"the clock of the node is {ahead:+.1f} s from the one here")


def certificateOf(node: Place, caller: BlockingCaller, timeout: float) -> Iterator[Finding]:
    """Whether the certificate of an C{https} node is believed here, and for how long."""
    if not node.base.startswith("https:"):
        return
    about = f"certificate {node.base}"
    try:
        left = caller.certificateEnds(node.base, timeout) - caller.wallTime()
    except GMAError as error:
        yield Finding(
            about, error.message, "gma tls init makes certificates; openssl s_client shows them"
        )
        return
    days = int(left // _DAY)
    if days < _SOON:
        yield Finding(about, f"it ends within {days + 1} days", "have a new one made")
        return
    yield Finding(about, f"it is believed here, and good for {days} days")


def wsdlOf(url: str, caller: BlockingCaller, timeout: float) -> Iterator[Finding]:
    """Whether clients that go by a WSDL come where they should. @param url: of the WSDL"""
    about = f"WSDL {url}"
    try:
        root = XMLGate().parse(caller.get(url, timeout), "the WSDL")
    except GMAError as error:
        yield Finding(about, error.message, "see that the node runs; the URL ends in ?wsdl")
        return
    found = dict.fromkeys(str(one.get("location", "")) for one in root.iter(_ADDRESS))
    if not found:
        yield Finding(about, "it names no soap:address", "ask for ?wsdl of a service")
    for address in list(found)[:_MOST_ADDRESSES]:
        yield _addressOf(url, address, caller, timeout)


def _addressOf(url: str, address: str, caller: BlockingCaller, timeout: float) -> Finding:
    about = f"WSDL {url}"
    asked, said = urlsplit(url), urlsplit(address)
    if asked.netloc == said.netloc and asked.scheme == said.scheme:
        return Finding(about, f"clients are sent to {address}, where it was asked")
    cure = f'set public_url = "{asked.scheme}://{asked.netloc}" in [node]'
    if _isLoopback(said.hostname or "") and not _isLoopback(asked.hostname or ""):
        return Finding(
            about, f"it was asked at {asked.netloc} and sends clients to {address}, their own", cure
        )
    try:
        caller.exchange("GET", address, timeout)
    except GMAError as error:
        return Finding(about, f"it sends clients where nobody answers: {error.message}", cure)
    return Finding(about, f"clients are sent to {address}, which answers")


def _isLoopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
