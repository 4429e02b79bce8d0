"""C{/sd/prometheus}: who is registered here, as Prometheus' http_sd reads it."""

import json
import re
from collections.abc import Awaitable, Mapping, Sequence
from urllib.parse import urlsplit

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.web.http import Request

from gma_twisted.console.face import Face
from gma_twisted.console.kept import Kept
from gma_twisted.interfaces import INodeControl
from gma_twisted.model import Registration
from gma_twisted.timing import sleep

__all__ = ["MOST_ENTRIES", "DiscoveryPage"]

log = Logger()

MOST_ENTRIES = 10_000
"""Most entries of the registry that are told; those registered first."""

# As many as are written in one turn of the reactor: a millisecond or two.
_PAGE = 100
_PORTS = {"http": 80, "https": 443}
_OURS = "urn:gma-twisted:"
_NAME, _URL, _INTERFACES, _ATTRIBUTES = 128, 512, 2048, 16
_NO_LABEL = re.compile(r"[^a-zA-Z0-9_]")


class DiscoveryPage(Face):
    """
    C{/sd/prometheus}: a list of targets, this node the first, then one for each entry of its registry whose handle is
    of HTTP; services of one node come with the same target, which Prometheus asks once.

    What members say of themselves stands in labels that begin with C{__meta_gma_}: Prometheus drops them unless its
    configuration says otherwise.
    """

    media = b"application/json"

    def __init__(self, node: INodeControl, clock: IReactorTime) -> None:
        """@param clock: for the turns that a long list takes"""
        super().__init__()  # type: ignore[no-untyped-call]
        self._node = node
        self._clock = clock
        self._kept = Kept(node.uptime)
        self._isMore = False

    def body(self, request: Request) -> Awaitable[bytes]:
        """See L{Face.body}."""
        return self._kept.read(self._document)

    async def _document(self) -> bytes:
        node = self._node
        services = node.services()
        url = node.baseUrl + (services[0] if services else "")
        groups = [_group(url, {"name": node.name, "service": url, "node": "true"})]
        after, told = "", 0
        while told < MOST_ENTRIES:
            rows = node.members(after, _PAGE)
            groups += [_groupOf(row) for row in rows]
            told += len(rows)
            if len(rows) < _PAGE:
                break
            after = rows[-1].entry
            await sleep(self._clock, 0.0)
        self._tellMore(told >= MOST_ENTRIES and bool(node.members(after, 1)))
        return b"[%b]\n" % ",\n".join(group for group in groups if group).encode()

    def _tellMore(self, isMore: bool) -> None:
        if isMore and not self._isMore:
            log.warn(
                "the registry has more than {count} entries; /sd/prometheus leaves the others out",
                count=MOST_ENTRIES,
            )
        self._isMore = isMore


def _groupOf(row: Registration) -> str:
    interfaces = [name.clark for name in row.interfaces]
    labels = {
        "name": row.name,
        "service": row.handle,
        "node": "true"
        if any(name.namespace.startswith(_OURS) for name in row.interfaces)
        else "false",
        "interfaces": _joined(interfaces),
    }
    for key, value in row.attributes[:_ATTRIBUTES]:
        labels.setdefault(f"attribute_{_NO_LABEL.sub('_', key[:_NAME])}", value)
    return _group(row.handle, labels)


def _group(url: str, labels: Mapping[str, str]) -> str:
    """@return: one target as JSON; empty when the URL is none that can be asked"""
    try:
        parts = urlsplit(url)
        default = _PORTS[parts.scheme]
        port = parts.port or default
    except (ValueError, KeyError):
        return ""
    host = parts.hostname
    if not host:
        return ""
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    bounds = {"service": _URL, "interfaces": _INTERFACES}
    meta = {
        f"__meta_gma_{key}": _clean(value, bounds.get(key, _NAME)) for key, value in labels.items()
    }
    found = {"__scheme__": parts.scheme, "__metrics_path__": "/metrics", **meta}
    return json.dumps({"targets": [target], "labels": found})


def _joined(names: Sequence[str]) -> str:
    """As Consul's tags are written: a comma before and after each, so that one is found by C{.*,NAME,.*}."""
    kept, left = [], _INTERFACES - 1
    for name in names:
        left -= len(name) + 1
        if left < 0:
            break
        kept.append(name)
    return f",{','.join(kept)}," if kept else ""


def _clean(text: str, most: int) -> str:
    """Text of whoever registered, for a label: of a bounded length, and nothing in it that is not to be seen."""
    return "".join(one if one.isprintable() else "\ufffd" for one in text[:most])
