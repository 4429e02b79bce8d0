"""The same service with spyne, as a WSGI application under waitress."""

import copy
import os
import signal
import threading
import time

import waitress
from lxml import etree
from spyne import AnyXml, Application, ComplexModel, ServiceBase, Unicode, rpc
from spyne.protocol.soap import Soap11
from spyne.server.wsgi import WsgiApplication

from bench.servers.control import announce, watchInput
from bench.servers.data import CHANGE_SECONDS, Hosts, versionsOf
from bench.workload import OGSI_NS, SD_NS

__all__ = ["serveSpyne"]


class _Names(ComplexModel):  # type: ignore[misc]
    __namespace__ = OGSI_NS
    __type_name__ = "queryByServiceDataNames"
    name = Unicode(max_occurs="unbounded")


class _Expression(ComplexModel):  # type: ignore[misc]
    __namespace__ = OGSI_NS
    queryByServiceDataNames = _Names


_HOSTS = Hosts()


class _GridService(ServiceBase):  # type: ignore[misc]
    @rpc(  # type: ignore[untyped-decorator]
        _Expression,
        _returns=AnyXml,
        _out_variable_name="result",
    )
    def findServiceData(self, queryExpression: _Expression) -> etree._Element:
        values = etree.Element(f"{{{SD_NS}}}serviceDataValues")
        for name in queryExpression.queryByServiceDataNames.name:
            values.append(copy.deepcopy(_HOSTS[name.strip()]))
        return values


def _keepChanging() -> None:
    while True:
        time.sleep(CHANGE_SECONDS)
        _HOSTS.change()


def serveSpyne() -> None:
    """Serve until the standard input ends."""
    application = WsgiApplication(
        Application([_GridService], tns=OGSI_NS, in_protocol=Soap11(), out_protocol=Soap11())
    )
    server = waitress.create_server(application, host="127.0.0.1", port=0)
    announce(server.effective_port, versionsOf("spyne", "waitress"))
    threading.Thread(target=_keepChanging, daemon=True).start()
    # From the thread that reads the input; the main thread is waitress's, which ends on this.
    watchInput(lambda: os.kill(os.getpid(), signal.SIGINT))
    server.run()
