"""The same service as a plain twisted.web Resource, written as everyone writes it."""

import copy
import os
from typing import Any

from lxml import etree
from twisted.internet import endpoints, task
from twisted.python import log
from twisted.web.http import Request
from twisted.web.resource import Resource
from twisted.web.server import Site

from bench.servers.control import portOf
from bench.servers.data import CHANGE_SECONDS, Hosts
from bench.workload import OGSI_NS, SD_NS, SOAP_NS
from gma_twisted.timing import spawn

__all__ = ["serveTuned", "serveUsual"]

_NAMESPACES = {"soapenv": SOAP_NS, "ogsi": OGSI_NS, "sd": SD_NS, "gma": "urn:gma-twisted:2026:core"}


class _Index(Resource):
    """Answers findServiceData by names."""

    isLeaf = True

    def __init__(self, hosts: Hosts) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._hosts = hosts

    def render_POST(self, request: Request) -> bytes:
        """One call."""
        assert request.content is not None
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        root = etree.fromstring(request.content.read(), parser)
        names = root.xpath(
            "/soapenv:Envelope/soapenv:Body/ogsi:findServiceData/ogsi:queryExpression"
            "/ogsi:queryByServiceDataNames/ogsi:name",
            namespaces=_NAMESPACES,
        )
        envelope = etree.Element(f"{{{SOAP_NS}}}Envelope", nsmap=_NAMESPACES)
        body = etree.SubElement(envelope, f"{{{SOAP_NS}}}Body")
        response = etree.SubElement(body, f"{{{OGSI_NS}}}findServiceDataResponse")
        result = etree.SubElement(response, f"{{{OGSI_NS}}}result")
        values = etree.SubElement(result, f"{{{SD_NS}}}serviceDataValues")
        for name in names:
            values.append(copy.deepcopy(self._hosts[name.text.strip()]))
        request.setHeader(b"content-type", b"text/xml; charset=utf-8")
        return etree.tostring(envelope, xml_declaration=True, encoding="utf-8")


def _index() -> _Index:
    hosts = Hosts()
    changing = task.LoopingCall(hosts.change)
    spawn(changing.start(CHANGE_SECONDS), "changing the values")
    return _Index(hosts)


async def _listen(reactor: Any, site: Site) -> int:
    endpoint = endpoints.TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1")
    return portOf(await endpoint.listen(site))


async def serveUsual(reactor: Any) -> int:
    """
    A Site with all its defaults and a log, as C{twistd web} has them; the log's lines go nowhere.

    @return: the port
    """
    log.startLogging(open(os.devnull, "w"), setStdout=False)  # noqa: SIM115 (open until the end)
    return await _listen(reactor, Site(_index()))


class _Unlogged(Site):
    def log(self, request: Request) -> None:
        """No access log."""


async def serveTuned(reactor: Any) -> int:
    """The same without access log and without form parsing, the two costly defaults. @return: the port"""
    site = _Unlogged(_index(), parsePOSTFormSubmission=False)  # type: ignore[no-untyped-call]
    return await _listen(reactor, site)
